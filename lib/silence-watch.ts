import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { OVERVIEW_PAGE } from '../core/archive/keys.ts';
import type { AlertTopic } from './alert-topic.ts';
import { NAMESPACE, SERVICE, WATCH_DIMENSION } from './audit-metrics.ts';
import { allow, keepingBriefly, useOfKey, useOfKeys } from './permissions.ts';
import { graceHours, type ScheduledAudit, type ScheduledAuditProps } from './scheduled-audit.ts';
import { type BesideAuditProps, patternFinding, scheduledFunction } from './scheduled-function.ts';

export interface SilenceWatchProps extends BesideAuditProps, Pick<ScheduledAuditProps, 'alarmTopic'> {
  readonly audit: Pick<ScheduledAudit, 'failures' | 'schedulePrefix' | 'scheduleArns'>;
  /** Undefined where another stack of the auditor tells of all environments. */
  readonly overview: OverviewProps | undefined;
}

/** Settings of what tells of all environments together. */
export interface OverviewProps {
  /** The topic of the one mail; undefined where nobody wants it. */
  readonly alerts: Pick<AlertTopic, 'topic' | 'undelivered'> | undefined;
}

/** The page of all environments, and what says that a mail was sent: all that the watch writes to an archive. */
const WRITTEN = [OVERVIEW_PAGE, 'alerts/auditor=*'];

/**
 * Looks each hour whether every environment has the run that was due last, whatever its schedule: CloudWatch looks back
 * a week at the most. A function of its own, since the one that audits may be what is ill; where this one is, its
 * measurement is missing, and the alarm rings as well.
 */
export class SilenceWatch extends Construct {
  /** Rings where an environment is silent, or nobody looked. */
  readonly alarm: Alarm;
  /** Rings where an environment's archive was not verified of late, or had a problem when it was. */
  readonly unverified: Alarm;

  constructor(scope: Construct, id: string, props: SilenceWatchProps) {
    super(scope, id);
    const { config, bucket, alarmTopic, audit, overview } = props;
    const { cron, timezone } = config.schedule;
    const written = overview === undefined ? [] : WRITTEN.map((keys) => bucket.arnForObjects(keys));
    const overviewTopic = overview?.alerts?.topic;

    scheduledFunction(this, props, {
      description: 'Looks whether the audits of FinSpace environments were made',
      bundle: 'silence-handler',
      // The config names the environments of all stacks: too many for an event.
      settings: overview === undefined ? [] : ['audit'],
      memorySize: overview === undefined ? 256 : 512,
      timeout: Duration.minutes(5),
      retryAttempts: 2,
      environment: {
        AUDIT_ALARM_TOPIC_ARN: alarmTopic.topicArn,
        ...(overview !== undefined && { AUDIT_OVERVIEW: 'true' }),
        ...(overviewTopic && { AUDIT_OVERVIEW_TOPIC_ARN: overviewTopic.topicArn }),
        AUDIT_WATCH: audit.schedulePrefix,
      },
      permissions: [
        // To look since when audits are asked for, where there never was one.
        allow(['scheduler:GetSchedule'], audit.scheduleArns),
        allow(['sns:Publish'], alarmTopic.topicArn),
        ...(written.length > 0
          ? [allow(['s3:PutObject'], ...written), ...keepingBriefly([bucket.arnForObjects(OVERVIEW_PAGE)])]
          : []),
        ...(overviewTopic === undefined
          ? []
          : [
              allow(
                ['sns:GetSubscriptionAttributes', 'sns:ListSubscriptionsByTopic', 'sns:Publish'],
                overviewTopic.topicArn,
              ),
            ]),
        ...useOfKeys(this, props, overviewTopic === undefined ? ['sqs'] : ['sqs', 'sns']),
        ...(alarmTopic.masterKey === undefined ? [] : [useOfKey(this, alarmTopic.masterKey, ['sns'])]),
      ],
      readsAll: 'reads the chain of every environment of its own archive, which holds nothing else',
      patterns: {
        [patternFinding(this, audit.scheduleArns)]:
          'the schedules of its own stack, which bear its name: one pattern is as long for a thousand of them as for one',
        ...(overview !== undefined && {
          [patternFinding(this, bucket.arnForObjects('alerts/auditor=*'))]:
            'the markers of its own mails, whose names bear the night',
        }),
      },
      untraced: 'one function, whose log and alarm tell all; tracing would need a permission on every resource',
      schedule: 'silence-watch',
      expression: ScheduleExpression.cron({ minute: '17' }),
      event: { schedule: { cron, timezone }, graceHours: graceHours(config) },
    });

    const metric = (metricName: string): Metric =>
      new Metric({
        namespace: NAMESPACE,
        metricName,
        dimensionsMap: { service: SERVICE, [WATCH_DIMENSION]: audit.schedulePrefix },
        statistic: 'Maximum',
        period: Duration.hours(1),
      });
    const common = { comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD, threshold: 1 };
    this.alarm = new Alarm(this, 'Alarm', {
      ...common,
      metric: metric('SilentEnvironments'),
      alarmDescription:
        'An environment of this stack has not had the run that was due last, or nobody has looked for 3 hours, or yet. What to do: docs/runbook.md#no-complete-run',
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.BREACHING,
    });
    this.unverified = new Alarm(this, 'Unverified', {
      ...common,
      metric: metric('UnverifiedEnvironments'),
      alarmDescription:
        'An archive of this stack had a problem when it was verified last, or was not verified for 8 days. What to do: docs/runbook.md#the-archive-was-verified',
      evaluationPeriods: 1,
      // That nobody looks is the other alarm's to tell; until somebody does, this one stays as it is.
      treatMissingData: TreatMissingData.IGNORE,
    });
  }
}
