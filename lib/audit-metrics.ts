import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { AuditMetric } from '../core/model/audit-metric.ts';

export const NAMESPACE = 'FinSpaceUserAuditor';
export const SERVICE = 'finspace-auditor';

/** Gives a measurement of the audits of one environment, as `lambda/metrics.ts` publishes it. */
export const auditMetric = (metricName: AuditMetric, environmentId: string, options: MetricOptions = {}) =>
  new Metric({
    namespace: NAMESPACE,
    metricName,
    dimensionsMap: { service: SERVICE, environment: environmentId },
    // A run made again measures the same thing once more: no sums.
    statistic: 'Maximum',
    period: Duration.hours(1),
    ...options,
  });

/** Tells the watch of one stack from those of others in the account. */
export const WATCH_DIMENSION = 'watch';

/** Gives what the watch measures of an environment: 1 where it lacks the run that was due last, 0 where it has it. */
export const silentMetric = (schedulePrefix: string, environmentId: string) =>
  new Metric({
    namespace: NAMESPACE,
    metricName: 'Silent',
    dimensionsMap: { service: SERVICE, [WATCH_DIMENSION]: schedulePrefix, environment: environmentId },
    statistic: 'Maximum',
    period: Duration.hours(1),
  });

/** Gives what the audits of a stack measure of its topics. */
export const unheardMetric = (schedulePrefix: string) =>
  new Metric({
    namespace: NAMESPACE,
    metricName: 'UnheardTopics',
    dimensionsMap: { service: SERVICE, stack: schedulePrefix.slice(0, -1) },
    statistic: 'Maximum',
    period: Duration.hours(1),
  });
