import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { bucketArchive } from '../core/archive/bucket.ts';
import type { AuditMetric } from '../core/model/audit-metric.ts';
import type { ReportedVerification } from '../core/verify/verification-report.ts';
import { archiveClient } from './archive-client.ts';
import { readBundledAccepted, readBundledConfig } from './bundled-config.ts';
import type { InvocationContext } from './invocation.ts';
import { verifyByEvent } from './verification.ts';

// Once a cold start.
const archive = bucketArchive(archiveClient(process.env), process.env.AUDIT_BUCKET ?? '');
const files = { config: readBundledConfig(import.meta.dirname), accepted: readBundledAccepted(import.meta.dirname) };
const logger = new Logger();
const metrics = new Metrics();
const PROBLEMS: AuditMetric = 'VerificationProblems';

/** A verification of a large archive takes most of the time that there is. */
const ENOUGH_MS = 10 * 60_000;

/** The problems that are logged; the report has all of them. */
const MOST_LOGGED = 20;

/** Verifies archives each week. A problem in one is no failure of the function: the watch tells of it. */
export const handler = async (event: unknown, context: InvocationContext) => {
  const verified: ReportedVerification[] = [];
  await verifyByEvent(event, {
    archive,
    files,
    hasTime: () => verified.length === 0 || context.getRemainingTimeInMillis() > ENOUGH_MS,
    onVerified(one) {
      const { environmentId, problems, notes, objects, known, head, readUpTo } = one.report.verification;
      const facts = { environmentId, key: one.key, notes: notes.length, objects, known, head, readUpTo };
      const level = problems.length === 0 ? 'info' : 'error';
      logger[level]('verified', { ...facts, problems: problems.length, found: problems.slice(0, MOST_LOGGED) });
      metrics.addDimension('environment', environmentId);
      metrics.addMetric(PROBLEMS, MetricUnit.Count, problems.length);
      metrics.publishStoredMetrics();
      verified.push(one);
    },
  });
  return verified.map(({ key, report }) => ({ key, problems: report.verification.problems.length }));
};
