import { DAY_MS } from '../../../rules/engine/time.ts';
import type { Report } from '../../model/report.ts';
import type { Alert } from '../channel.ts';

/** The time after which the head of the chain is mailed by itself. */
export const QUIET_MS = 30 * DAY_MS;

/**
 * Composes the mail that holds the head of the chain alone: where nothing changed for a month, nobody would have one
 * that is newer.
 */
export const headAlert = ({ environmentId, run, asOf, verdict }: Report): Alert => ({
  subject: `FinSpace ${environmentId.slice(0, 40)}: nothing changed for a month`,
  body: [
    `FinSpace environment ${environmentId}`,
    'Nothing changed for a month, so nobody was mailed. The audits went on.',
    '',
    'THIS AUDIT',
    `  Run:          ${run}`,
    `  As of:        ${asOf}`,
    '',
  ].join('\n'),
  attributes: { environment: environmentId, verdict, maxSeverity: 'INFORMATIONAL', leastSeverity: 'INFORMATIONAL' },
});
