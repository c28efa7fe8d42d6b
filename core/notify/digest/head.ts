import { DAY_MS } from '../../../rules/engine/time.ts';
import type { Report } from '../../model/report.ts';
import { gapsBetween, trendInstants } from '../../model/trend.ts';
import { attestedText, besideTexts, longestBetween } from '../../model/words.ts';
import { plainLine, plural, wrap } from '../../text/plain-text.ts';
import type { Alert } from '../channel.ts';
import { linesOf, openLines, section, unjudgedLines } from './body.ts';

/** The time after which the head of the chain is mailed by itself. */
export const QUIET_MS = 30 * DAY_MS;

const MAX_TEXT = 800;

/** An environment's id has no more characters; with them the subject is as long as SNS takes one. */
const MOST_ID = 26;

/** Says how often somebody looked in the quiet time, and what the longest time was in which nobody did. */
const lookedText = ({ trend = [] }: Report, since: number): string => {
  const looked = longestBetween(trend, since);
  return looked === undefined
    ? 'How often somebody looked is not known.'
    : `${plural(looked.runs, 'audit')} were complete since ${looked.from}; the longest time between two of them is ${looked.text}.`;
};

/**
 * Composes the mail that holds the head of the chain alone: where nothing changed for a month, nobody would have one
 * that is newer. It says how much was looked at meanwhile, and what stands: that nothing changed is no good news of itself.
 */
export const headAlert = (report: Report): Alert => {
  const { environmentId, run, asOf, verdict, source, trend = [] } = report;
  const since = Date.parse(asOf) - QUIET_MS;
  const days = gapsBetween(trendInstants(trend)).flatMap(([from, to]) => (to > since ? [(to - from) / DAY_MS] : []));
  const attested = attestedText(source);
  const gap = days.length === 0 ? '' : `, ${plural(Math.floor(Math.max(...days)), 'day')} unseen`;
  const facts: readonly (readonly [string, string])[] = [['Run', run], ['As of', asOf], ...besideTexts(report)];
  return {
    subject: `FinSpace ${environmentId.slice(0, MOST_ID)}: ${attested === undefined ? '' : 'ATTESTED, '}nothing changed for a month${gap}`,
    body: linesOf([
      `FinSpace environment ${environmentId}`,
      wrap(`From audit to audit nothing changed for a month, so nobody was mailed. ${lookedText(report, since)}`),
      '',
      ...(attested === undefined ? [] : [wrap(attested), '']),
      ...openLines(report),
      '',
      ...section('NOT FULLY JUDGED', unjudgedLines(report)),
      'THIS AUDIT',
      ...facts.map(([name, fact]) => `  ${`${name}:`.padEnd(14)}${plainLine(fact, MAX_TEXT)}`),
      '',
    ]).join('\n'),
    attributes: { environment: environmentId, verdict, maxSeverity: 'INFORMATIONAL', leastSeverity: 'INFORMATIONAL' },
  };
};
