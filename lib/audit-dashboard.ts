import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Row,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AuditMetric } from '../core/model/audit-metric.ts';
import type { AuditAlarms, AuditAlarmsProps } from './audit-alarms.ts';
import { auditMetric } from './audit-metrics.ts';
import { EXECUTION_TIMEOUT, type ScheduledAudit } from './scheduled-audit.ts';

export interface AuditDashboardProps extends Omit<AuditAlarmsProps, 'alarms' | 'watch'> {
  readonly alarms: AuditAlarms;
}

/** The width of a graph: a quarter of the dashboard. */
const WIDTH = 6;

const graph = (title: string, left: IMetric[], right: IMetric[] = []): IWidget =>
  new GraphWidget({ title, width: WIDTH, left, right, leftYAxis: { min: 0 }, rightYAxis: { min: 0 } });

const durationGraph = (left: IMetric, limit: number): IWidget =>
  new GraphWidget({
    title: 'Duration of an audit, and its limit',
    width: WIDTH,
    left: [left],
    leftAnnotations: [{ value: limit, label: 'time-out' }],
    leftYAxis: { min: 0 },
  });

/** Graphs audits that are one invocation each. */
const invocationGraphs = ({ function: auditor, timeout }: ScheduledAudit): readonly IWidget[] => [
  graph('Audits that failed or were not started', [
    auditor.metricErrors({ label: 'errors' }),
    auditor.metricThrottles({ label: 'throttles' }),
  ]),
  durationGraph(auditor.metricDuration({ statistic: 'Maximum', label: 'longest' }), timeout.toMilliseconds()),
];

/**
 * Graphs audits that are executions of many invocations: those fail, run and end by themselves.
 * https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
 */
const executionGraphs = ({ function: auditor }: ScheduledAudit): readonly IWidget[] => {
  const metric = (name: string, label: string, statistic: string): IMetric =>
    auditor.metric(name, { label, statistic });
  return [
    graph(
      'Executions',
      [
        metric('DurableExecutionFailed', 'failed', 'Sum'),
        metric('DurableExecutionTimedOut', 'timed out', 'Sum'),
        auditor.metricThrottles({ label: 'throttles' }),
      ],
      [metric('ApproximateRunningDurableExecutions', 'running', 'Maximum')],
    ),
    durationGraph(metric('DurableExecutionDuration', 'longest', 'Maximum'), EXECUTION_TIMEOUT.toMilliseconds()),
  ];
};

/** The dashboard of a month's runs: what happened, what was found, what it cost. */
export class AuditDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: AuditDashboardProps) {
    super(scope, id);
    const { config, audit, alerts, alarms } = props;

    this.dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.days(30) });
    this.dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms', width: 24, height: 4, alarms: [...alarms.all] }),
    );
    this.dashboard.addWidgets(
      ...(config.listing.mode === 'durable' ? executionGraphs(audit) : invocationGraphs(audit)),
      graph('Failures queue', [audit.failures.metricApproximateNumberOfMessagesVisible({ label: 'messages' })]),
      ...(alerts === undefined
        ? []
        : [
            graph('Alerts', [
              alerts.metricNumberOfNotificationsDelivered({ label: 'delivered' }),
              alerts.metricNumberOfNotificationsFailed({ label: 'failed' }),
            ]),
          ]),
    );

    for (const environment of config.environments) {
      const of = (metric: AuditMetric, label: string) => auditMetric(metric, environment.id, { label });
      this.dashboard.addWidgets(
        new TextWidget({ markdown: `## ${environment.name ?? environment.id}`, width: 24, height: 1 }),
      );
      this.dashboard.addWidgets(
        new Row(
          graph(
            'Verdicts, and users',
            [of('CompleteRuns', 'COMPLETE'), of('IncompleteRuns', 'INCOMPLETE'), of('FailedRuns', 'FAILED')],
            [of('Users', 'users')],
          ),
          graph('Findings by severity', [
            of('CriticalFindings', 'CRITICAL'),
            of('HighFindings', 'HIGH'),
            of('MediumFindings', 'MEDIUM'),
            of('LowFindings', 'LOW'),
            of('InformationalFindings', 'INFORMATIONAL'),
          ]),
          graph('Age of the oldest open CRITICAL', [of('OldestOpenCriticalAgeDays', 'days')]),
          graph(
            'What a run costs',
            [of('Requests', 'requests'), of('Throttles', 'throttled')],
            [of('DurationSeconds', 'seconds')],
          ),
        ),
      );
    }
  }
}
