import { resolve } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Role } from 'aws-cdk-lib/aws-iam';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ContextAttribute, Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { OVERVIEW_PAGE } from '../core/archive/keys.ts';
import { acknowledge, findingText, INLINE_POLICY } from './acknowledge.ts';
import type { AlertTopic } from './alert-topic.ts';
import { NAMESPACE, SERVICE } from './audit-metrics.ts';
import { type BundledFiles, bundling, codeBundling, FUNCTION_DEFAULTS, PROJECT } from './bundling.ts';
import {
  allow,
  forThisAccount,
  keepingBriefly,
  LAMBDA,
  NETWORK_INTERFACES,
  useOfKey,
  useOfKeys,
} from './permissions.ts';
import { archiveVariables, graceHours, type ScheduledAudit, type ScheduledAuditProps } from './scheduled-audit.ts';

export interface SilenceWatchProps
  extends Pick<
    ScheduledAuditProps,
    keyof BundledFiles | 'config' | 'bucket' | 'alarmTopic' | 'archiveKey' | 'encryptionKey' | 'vpc' | 'logRetention'
  > {
  readonly audit: Pick<ScheduledAudit, 'failures' | 'schedulePrefix' | 'scheduleArns'>;
  /** Undefined where another stack of the auditor tells of all environments. */
  readonly overview: OverviewProps | undefined;
}

/** What tells of all environments together. */
export interface OverviewProps {
  /** The topic of the one mail; undefined where nobody wants it. */
  readonly alerts: Pick<AlertTopic, 'topic' | 'undelivered'> | undefined;
}

/** The page of all environments, and what says that a mail was sent: all that the watch writes to an archive. */
const WRITTEN = [OVERVIEW_PAGE, 'alerts/auditor=*'];

/** The dimension that tells the watch of one stack from those of others in the account. */
const DIMENSION = 'watch';

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
    const { bucket, alarmTopic, encryptionKey, audit, overview, vpc, logRetention = RetentionDays.ONE_YEAR } = props;
    const written = overview === undefined ? [] : WRITTEN.map((keys) => bucket.arnForObjects(keys));
    const overviewTopic = overview?.alerts?.topic;

    const logGroup = new LogGroup(this, 'Logs', { retention: logRetention, encryptionKey });
    const role = new Role(this, 'Role', { assumedBy: LAMBDA });
    for (const statement of [
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn),
      allow(['s3:GetObject'], bucket.arnForObjects('*')),
      allow(['s3:ListBucket'], bucket.bucketArn),
      // To look since when audits are asked for, where there never was one.
      allow(['scheduler:GetSchedule'], audit.scheduleArns),
      allow(['sns:Publish'], alarmTopic.topicArn),
      allow(['sqs:SendMessage'], audit.failures.queueArn),
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
      ...(vpc === undefined ? [] : [NETWORK_INTERFACES]),
    ])
      role.addToPolicy(statement);

    const watch = new NodejsFunction(this, 'Function', {
      ...FUNCTION_DEFAULTS,
      description: 'Looks whether the audits of FinSpace environments were made',
      entry: resolve(PROJECT, 'lambda/silence-handler.ts'),
      memorySize: overview === undefined ? 256 : 512,
      timeout: Duration.minutes(5),
      reservedConcurrentExecutions: 1,
      maxEventAge: Duration.hours(1),
      retryAttempts: 2,
      onFailure: { bind: () => ({ destination: audit.failures.queueArn }) },
      ...(vpc && { vpc }),
      role,
      logGroup,
      environment: {
        ...archiveVariables(props),
        AUDIT_ALARM_TOPIC_ARN: alarmTopic.topicArn,
        ...(overview !== undefined && { AUDIT_OVERVIEW: 'true' }),
        ...(overviewTopic && { AUDIT_OVERVIEW_TOPIC_ARN: overviewTopic.topicArn }),
        AUDIT_WATCH: audit.schedulePrefix,
        POWERTOOLS_SERVICE_NAME: SERVICE,
        POWERTOOLS_METRICS_NAMESPACE: NAMESPACE,
        NODE_OPTIONS: '--enable-source-maps',
      },
      // The config names the environments of all stacks: too many for an event.
      bundling: overview === undefined ? codeBundling : bundling(props),
    });

    const schedulerRole = new Role(this, 'SchedulerRole', {
      assumedBy: forThisAccount(this, 'scheduler.amazonaws.com'),
    });
    schedulerRole.addToPolicy(allow(['lambda:InvokeFunction'], watch.functionArn));
    this.schedule(props, watch, schedulerRole);

    const metric = (metricName: string): Metric =>
      new Metric({
        namespace: NAMESPACE,
        metricName,
        dimensionsMap: { service: SERVICE, [DIMENSION]: audit.schedulePrefix },
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

    acknowledge(role, {
      ...INLINE_POLICY,
      [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, bucket.arnForObjects('*'))}]`]:
        'reads the chain of every environment of its own archive, which holds nothing else',
      [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, audit.scheduleArns)}]`]:
        'the schedules of its own stack, which bear its name: one pattern is as long for a thousand of them as for one',
      ...(overview !== undefined && {
        [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, bucket.arnForObjects('alerts/auditor=*'))}]`]:
          'the markers of its own mails, whose names bear the night',
      }),
      ...(vpc !== undefined && {
        'AwsSolutions::AwsSolutions-IAM5[Resource::*]': 'network interfaces have no names before they are made',
      }),
    });
    acknowledge(schedulerRole, INLINE_POLICY);
    const destination = 'has a failure destination, which also tells the error';
    acknowledge(watch, {
      'NIST.800.53.R5::NIST.800.53.R5-LambdaDLQ': destination,
      'Serverless::Serverless-LambdaDLQ': destination,
      ...(vpc === undefined && {
        'NIST.800.53.R5::NIST.800.53.R5-LambdaInsideVPC':
          'reaches public endpoints of AWS only, by TLS and signed requests; nothing can reach it',
      }),
      'Serverless::Serverless-LambdaTracing':
        'one function, whose log and alarm tell all; tracing would need a permission on every resource',
    });
  }

  /** Makes the schedule of the watch, whose change is told as that of an audit's: it bears the same beginning. */
  private schedule({ config, audit }: SilenceWatchProps, watch: NodejsFunction, role: Role): Schedule {
    const { cron, timezone } = config.schedule;
    return new Schedule(this, 'Schedule', {
      scheduleName: `${audit.schedulePrefix}silence-watch`,
      description: 'Looks whether the audits of FinSpace environments were made',
      schedule: ScheduleExpression.cron({ minute: '17' }),
      target: new LambdaInvoke(watch, {
        input: ScheduleTargetInput.fromObject({
          scheduledTime: ContextAttribute.scheduledTime,
          environmentIds: config.environments.map((environment) => environment.id),
          schedule: { cron, timezone },
          graceHours: graceHours(config),
        }),
        // The target would add every version of the function to what the role may invoke.
        role: role.withoutPolicyUpdates(),
        maxEventAge: Duration.hours(1),
        retryAttempts: 10,
      }),
    });
  }
}
