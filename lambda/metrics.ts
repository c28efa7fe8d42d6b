import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { AuditResult } from '../core/audit/result.ts';
import type { AuditMetric } from '../core/model/audit-metric.ts';
import type { ListingCounts } from '../core/model/listing.ts';
import { foundBySeverity } from '../core/model/report.ts';
import { DAY_MS } from '../rules/engine/time.ts';

type Measured = Pick<AuditResult, 'report'>;

const openCriticalAgeDays = ({ asOf, findings }: Measured['report']): number =>
  findings.oldestOpenCritical === undefined ? 0 : (Date.parse(asOf) - Date.parse(findings.oldestOpenCritical)) / DAY_MS;

/** Measures a run. Users and findings are those of a complete run only: half a directory would look like improvement. */
export const measure = (
  { report }: Measured,
  durationSeconds: number,
): Readonly<Partial<Record<AuditMetric, number>>> => {
  const { verdict, counts, findings, sequence } = report;
  const cost = { Requests: counts.requests, Throttles: counts.throttled, DurationSeconds: durationSeconds };
  // Each metric is paid for in the months in which it is published: these two only where they are not zero.
  if (verdict === 'INCOMPLETE') return { CompleteRuns: 0, IncompleteRuns: 1, ...cost };
  if (verdict === 'FAILED') return { CompleteRuns: 0, FailedRuns: 1, ...cost };

  const { CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL } = foundBySeverity(findings);
  return {
    CompleteRuns: 1,
    ...cost,
    Users: counts.users,
    ...(sequence !== undefined && { Sequence: sequence }),
    CriticalFindings: CRITICAL,
    HighFindings: HIGH,
    MediumFindings: MEDIUM,
    LowFindings: LOW,
    InformationalFindings: INFORMATIONAL,
    OldestOpenCriticalAgeDays: openCriticalAgeDays(report),
  };
};

const unitOf = (name: string) => (name === 'DurationSeconds' ? MetricUnit.Seconds : MetricUnit.Count);

const metrics = new Metrics();

/** Publishes that a listing of many invocations goes on, and how fast. */
export const publishPart = (environmentId: string, { pages }: Pick<ListingCounts, 'pages'>): void => {
  metrics.addDimension('environment', environmentId);
  const name: AuditMetric = 'ListedPages';
  metrics.addMetric(name, MetricUnit.Count, pages);
  metrics.publishStoredMetrics();
};

/**
 * Publishes the measurements of a run, whatever its verdict, at the instant that the run speaks for: an earlier run
 * made again says nothing of today. Of a saved roster they are of the moment at which it is audited, since CloudWatch
 * takes nothing that is two weeks old. Namespace and service come from the environment of the function.
 */
export const publishMetrics = (result: Measured, durationSeconds: number, isSaved: boolean): void => {
  const { environmentId, asOf } = result.report;
  metrics.addDimension('environment', environmentId);
  if (!isSaved) metrics.setTimestamp(new Date(asOf));
  for (const [name, value] of Object.entries(measure(result, durationSeconds)))
    metrics.addMetric(name, unitOf(name), value);
  metrics.publishStoredMetrics();
};

/**
 * Publishes how many topics do not reach everybody whom they should, noughts too: the alarm stands until the next one.
 * All environments of a stack have the same topics, so it is measured by the stack.
 */
export const publishUnheard = (stack: string, topics: number): void => {
  metrics.addDimension('stack', stack);
  metrics.addMetric('UnheardTopics', MetricUnit.Count, topics);
  metrics.publishStoredMetrics();
};
