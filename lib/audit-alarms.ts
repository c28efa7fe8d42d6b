import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { OpsItemCategory, OpsItemSeverity, SnsAction, SsmAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config, Environment } from '../core/config/config.ts';
import { MOST_AT_ONCE } from '../core/config/stacks.ts';
import { acknowledge } from './acknowledge.ts';
import { roleOfRules } from './alarm-topic.ts';
import { REPLICATION_RULE } from './archive-replication.ts';
import { silentMetric, unheardMetric } from './audit-metrics.ts';
import type { ScheduledAudit } from './scheduled-audit.ts';
import type { OverviewProps, SilenceWatch } from './silence-watch.ts';

export interface AuditAlarmsProps {
  readonly config: Pick<Config, 'environments' | 'schedule' | 'listing' | 'replicateTo'>;
  readonly audit: ScheduledAudit;
  readonly watch: Pick<SilenceWatch, 'alarm' | 'unverified'>;
  /** The topic of alerts: what it fails to deliver is an alarm. Undefined where another stack watches both topics. */
  readonly alerts: ITopic | undefined;
  /** The queue of alerts that a subscriber did not take; undefined where none would be kept. */
  readonly undelivered: Queue | undefined;
  /** Tells of all environments together, by a topic of its own. */
  readonly overview: OverviewProps | undefined;
  /** The bucket whose copying is watched; undefined where nothing is copied, or another stack watches it. */
  readonly replicated?: IBucket | undefined;
  /** The topic of alarms. */
  readonly alarms: ITopic;
}

/** The share of the time limit from which on an audit is about to be cut off. */
const NEAR_TIME_OUT = 0.8;

const runbook = (section: string): string => `What to do: docs/runbook.md#${section}`;

/** An alarm for the first period in which the metric reaches the least value. */
interface Watch {
  readonly id: string;
  readonly metric: IMetric;
  readonly least: number;
  /** The times in a row, of 5 minutes each. @default 1 */
  readonly periods?: number;
  readonly says: string;
  readonly section: string;
}

/** Lists alarms of executions: where they are durable, an audit that fails is no invocation that fails. */
const executionWatches = (audit: ScheduledAudit): readonly Watch[] => {
  const watch = (ending: string, says: string): Watch => ({
    id: `Executions${ending}`,
    metric: audit.function.metric(`DurableExecution${ending}`, { statistic: 'Sum' }),
    least: 1,
    says,
    section: 'an-audit-failed',
  });
  return [
    watch('Failed', 'An audit failed: its run is not COMPLETE, or people could not be told.'),
    watch('TimedOut', 'An audit was cut off at the time limit of its execution.'),
    watch('Stopped', 'Somebody stopped an audit.'),
  ];
};

/** Lists the alarms of what the topics do not deliver. */
const deliveryWatches = (alerts: ITopic, alarms: ITopic): readonly Watch[] => [
  {
    id: 'AlertsNotDelivered',
    metric: alerts.metricNumberOfNotificationsFailed(),
    least: 1,
    says: 'An alert did not reach a subscriber.',
    section: 'an-alert-did-not-come',
  },
  {
    id: 'AlarmsNotDelivered',
    metric: alarms.metricNumberOfNotificationsFailed(),
    least: 1,
    says: 'An alarm did not reach a subscriber.',
    section: 'an-alert-did-not-come',
  },
];

const undeliveredWatch = (id: string, queue: Queue | undefined): readonly Watch[] =>
  queue === undefined
    ? []
    : [
        {
          id,
          metric: queue.metricApproximateNumberOfMessagesVisible(),
          least: 1,
          says: 'An alert waits in the queue of those that a URL, a queue or a function did not take.',
          section: 'an-alert-did-not-come',
        },
      ];

/** Lists the alarms of what the topic of all environments does not deliver. */
const overviewWatches = ({ alerts }: OverviewProps): readonly Watch[] =>
  alerts === undefined
    ? []
    : [
        {
          id: 'OverviewNotDelivered',
          metric: alerts.topic.metricNumberOfNotificationsFailed(),
          least: 1,
          says: 'The mail about all environments did not reach a subscriber.',
          section: 'an-alert-did-not-come',
        },
        ...undeliveredWatch('OverviewUndelivered', alerts.undelivered),
      ];

/** Lists the alarms of what S3 does not copy: https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html */
const replicationWatches = (bucket: IBucket, destination: string): readonly Watch[] => {
  const metric = (metricName: string): IMetric =>
    new Metric({
      namespace: 'AWS/S3',
      metricName,
      dimensionsMap: { SourceBucket: bucket.bucketName, DestinationBucket: destination, RuleId: REPLICATION_RULE },
      statistic: 'Maximum',
      period: Duration.minutes(5),
    });
  const section = 'the-copy-is-behind';
  return [
    {
      id: 'ReplicationFailed',
      metric: metric('OperationsFailedReplication'),
      least: 1,
      says: 'S3 failed to copy something of the archive.',
      section,
    },
    {
      id: 'ReplicationBehind',
      metric: metric('OperationsPendingReplication'),
      least: 1,
      periods: 12 * 12,
      says: 'Something of the archive has waited for 12 hours to be copied.',
      section,
    },
  ];
};

const watchesOf = ({
  config,
  audit,
  alerts,
  undelivered,
  overview,
  replicated,
  alarms,
}: AuditAlarmsProps): readonly Watch[] => {
  const limit = audit.timeout.toMilliseconds();
  const duration = audit.function.metricDuration({ statistic: 'Maximum' });
  return [
    {
      id: 'Errors',
      metric: audit.function.metricErrors(),
      least: 1,
      says: 'An audit failed: its run is not COMPLETE, or people could not be told.',
      section: 'an-audit-failed',
    },
    ...(config.listing.mode === 'durable' ? executionWatches(audit) : []),
    {
      id: 'Throttles',
      metric: audit.function.metricThrottles(),
      least: 1,
      // Where there are more environments than audits at once, the last ones wait for the first.
      ...(config.environments.length > MOST_AT_ONCE
        ? { periods: 12, says: 'Lambda did not start an audit for an hour.' }
        : { says: 'Lambda did not start an audit at once.' }),
      section: 'an-audit-was-not-started',
    },
    {
      id: 'NearTimeOut',
      metric: duration,
      least: limit * NEAR_TIME_OUT,
      says: `An audit took over ${NEAR_TIME_OUT * 100} % of its time limit.`,
      section: 'an-audit-is-running-out-of-time',
    },
    {
      id: 'TimeOut',
      metric: duration,
      least: limit,
      says: 'An audit was cut off at its time limit.',
      section: 'an-audit-is-running-out-of-time',
    },
    {
      id: 'Failures',
      metric: audit.failures.metricApproximateNumberOfMessagesVisible(),
      least: 1,
      says: 'An audit or a verification failed after all retries, or could not be started.',
      section: 'the-failures-queue-is-not-empty',
    },
    ...undeliveredWatch('Undelivered', undelivered),
    ...(alerts === undefined ? [] : deliveryWatches(alerts, alarms)),
    ...(overview === undefined ? [] : overviewWatches(overview)),
    ...(replicated === undefined || config.replicateTo === undefined
      ? []
      : replicationWatches(replicated, config.replicateTo.bucket)),
  ];
};

/** The alarms that say when the auditor is ill, and above all when it says nothing. */
export class AuditAlarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AuditAlarmsProps) {
    super(scope, id);
    const { config } = props;

    const silence = [
      ...config.environments.map((environment) => this.watchSilence(environment, props.audit)),
      props.watch.alarm,
      props.watch.unverified,
    ];
    const unheard = this.watchTopics(props.audit);
    this.all = [...silence, unheard, ...watchesOf(props).map((watch) => this.watch(watch))];
    for (const alarm of this.all) alarm.addAlarmAction(new SnsAction(props.alarms));
    // That silence is over is told as well: what fails instead is told each time it does.
    for (const alarm of silence) alarm.addOkAction(new SnsAction(props.alarms));
    // Where nobody hears of alarms, this one would be as silent as they are.
    unheard.addAlarmAction(new SsmAction(OpsItemSeverity.HIGH, OpsItemCategory.AVAILABILITY));
    this.watchSchedules(props);
  }

  /**
   * Rings by what the watch sees, which knows since when runs are asked for: before the first one is due there is nothing to
   * tell, and nothing is told. Where nobody looks it stays as it is, and the watch's own alarm rings.
   */
  private watchSilence({ id, name }: Environment, { schedulePrefix }: ScheduledAudit): Alarm {
    return new Alarm(this, `Silence-${id}`, {
      metric: silentMetric(schedulePrefix, id),
      alarmDescription: `No COMPLETE run of environment ${name === undefined ? id : `${id} (${name})`} since one was due. ${runbook('no-complete-run')}`,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.IGNORE,
    });
  }

  /** Stands from a run whose alerts or alarms nobody would hear until one whose somebody would. */
  private watchTopics({ schedulePrefix }: ScheduledAudit): Alarm {
    return new Alarm(this, 'Unheard', {
      metric: unheardMetric(schedulePrefix),
      alarmDescription: `Nobody would hear of some alerts, or of alarms. ${runbook('nobody-would-hear')}`,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.IGNORE,
    });
  }

  private watch({ id, metric, least, periods = 1, says, section }: Watch): Alarm {
    return new Alarm(this, id, {
      metric,
      alarmDescription: `${says} ${runbook(section)}`,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: least,
      evaluationPeriods: periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /** Makes a rule over what CloudTrail passes on: it needs a trail of management events, which says who did it. */
  private watchSchedules({ audit, alarms }: AuditAlarmsProps): void {
    const names = [{ prefix: audit.schedulePrefix }];
    const rule = new Rule(this, 'ScheduleChanged', {
      description: 'Tells when a schedule of the FinSpace user auditor is disabled, changed or deleted',
      eventPattern: {
        source: ['aws.scheduler'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['scheduler.amazonaws.com'],
          eventName: ['UpdateSchedule', 'DeleteSchedule'],
          // CloudTrail's records differ in how they write the names of parameters.
          $or: [{ requestParameters: { name: names } }, { requestParameters: { Name: names } }],
        },
      },
    });
    const call = EventField.fromPath('$.detail.eventName');
    const time = EventField.fromPath('$.detail.eventTime');
    const event = EventField.fromPath('$.detail.eventID');
    rule.addTarget(
      new SnsTopic(alarms, {
        role: roleOfRules(this, alarms).withoutPolicyUpdates(),
        message: RuleTargetInput.fromText(
          `A schedule of the FinSpace user auditor was changed: ${call} at ${time}, CloudTrail event ${event}. ${runbook('a-schedule-was-changed')}`,
        ),
      }),
    );
    acknowledge(rule, {
      'Serverless::Serverless-EventBusDLQ':
        'EventBridge retries for a day, and the alarm of silence tells of a schedule that stopped; CloudTrail keeps the call',
    });
  }
}
