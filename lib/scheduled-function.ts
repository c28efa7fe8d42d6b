import { Duration } from 'aws-cdk-lib';
import { type PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ContextAttribute, Schedule, type ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Construct } from 'constructs';
import { acknowledge, FAILURE_DESTINATION, findingText, INLINE_POLICY } from './acknowledge.ts';
import { NAMESPACE, SERVICE } from './audit-metrics.ts';
import { type BundledFiles, type FunctionBundle, functionDefaults, type Settings } from './bundling.ts';
import { allow, forThisAccount, LAMBDA, NETWORK_INTERFACES } from './permissions.ts';
import { archiveVariables, type ScheduledAudit, type ScheduledAuditProps } from './scheduled-audit.ts';

/** The parts that the auditor gives the functions that stand beside it. */
export interface BesideAuditProps
  extends BundledFiles,
    Pick<ScheduledAuditProps, 'config' | 'bucket' | 'archiveKey' | 'encryptionKey' | 'vpc' | 'logRetention'> {
  readonly audit: Pick<ScheduledAudit, 'failures' | 'schedulePrefix'>;
}

/** Settings of one of them. */
export interface ScheduledFunction {
  readonly description: string;
  /** Its code, and those of the operators' files that go with it. */
  readonly bundle: FunctionBundle;
  readonly settings: readonly Settings[];
  readonly memorySize: number;
  readonly timeout: Duration;
  readonly retryAttempts: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** All that it may do, but to log, to read the whole archive and to leave what failed. */
  readonly permissions: readonly PolicyStatement[];
  /** The reason for which it may read every key. */
  readonly readsAll: string;
  /** Why the patterns among its permissions are as wide as they are, by the pattern as a rule's finding has it. */
  readonly patterns: Readonly<Record<string, string>>;
  /** The reason for which it is not traced. */
  readonly untraced: string;
  /** The end of the schedule's name, after the prefix of the auditor's. */
  readonly schedule: string;
  readonly expression: ScheduleExpression;
  /** Members of the event besides the time and the environments. */
  readonly event?: Readonly<Record<string, unknown>>;
}

/** Names the finding of cdk-nag on a pattern. */
export const patternFinding = (scope: Construct, pattern: string): string =>
  `AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(scope, pattern)}]`;

/** Has the function asked about all environments; whoever fails is asked again within the hour. */
const askHourly = (
  scope: Construct,
  { config, audit }: Pick<BesideAuditProps, 'config' | 'audit'>,
  { description, schedule, expression, event }: ScheduledFunction,
  asked: LambdaFunction,
  role: Role,
): Schedule =>
  new Schedule(scope, 'Schedule', {
    scheduleName: `${audit.schedulePrefix}${schedule}`,
    description,
    schedule: expression,
    target: new LambdaInvoke(asked, {
      input: ScheduleTargetInput.fromObject({
        scheduledTime: ContextAttribute.scheduledTime,
        environmentIds: config.environments.map((environment) => environment.id),
        ...event,
      }),
      // The target would add every version of the function to what the role may invoke.
      role: role.withoutPolicyUpdates(),
      maxEventAge: Duration.hours(1),
      retryAttempts: 10,
    }),
  });

/**
 * Makes a function that a schedule asks about all environments, beside the one that audits: with a role, a log and a
 * schedule of its own. A change of the schedule is told as that of an audit's: it bears the same beginning.
 */
export const scheduledFunction = (
  scope: Construct,
  props: BesideAuditProps,
  one: ScheduledFunction,
): LambdaFunction => {
  const { bucket, encryptionKey, audit, vpc, logRetention = RetentionDays.ONE_YEAR } = props;
  const everyKey = bucket.arnForObjects('*');
  const logGroup = new LogGroup(scope, 'Logs', { retention: logRetention, encryptionKey });
  const role = new Role(scope, 'Role', { assumedBy: LAMBDA });
  for (const statement of [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn),
    allow(['s3:GetObject'], everyKey),
    allow(['s3:ListBucket'], bucket.bucketArn),
    allow(['sqs:SendMessage'], audit.failures.queueArn),
    ...one.permissions,
    ...(vpc === undefined ? [] : [NETWORK_INTERFACES]),
  ])
    role.addToPolicy(statement);

  const made = new LambdaFunction(scope, 'Function', {
    ...functionDefaults(one.bundle, one.settings, props),
    description: one.description,
    memorySize: one.memorySize,
    timeout: one.timeout,
    // The schedule asks again an hour later.
    reservedConcurrentExecutions: 1,
    maxEventAge: Duration.hours(1),
    retryAttempts: one.retryAttempts,
    onFailure: { bind: () => ({ destination: audit.failures.queueArn }) },
    ...(vpc && { vpc }),
    role,
    logGroup,
    environment: {
      ...archiveVariables(props),
      ...one.environment,
      POWERTOOLS_SERVICE_NAME: SERVICE,
      POWERTOOLS_METRICS_NAMESPACE: NAMESPACE,
      NODE_OPTIONS: '--enable-source-maps',
    },
  });

  const schedulerRole = new Role(scope, 'SchedulerRole', {
    assumedBy: forThisAccount(scope, 'scheduler.amazonaws.com'),
  });
  schedulerRole.addToPolicy(allow(['lambda:InvokeFunction'], made.functionArn));
  acknowledge(schedulerRole, INLINE_POLICY);
  askHourly(scope, props, one, made, schedulerRole);

  acknowledge(role, {
    ...INLINE_POLICY,
    [patternFinding(scope, everyKey)]: one.readsAll,
    ...one.patterns,
    ...(vpc !== undefined && {
      'AwsSolutions::AwsSolutions-IAM5[Resource::*]': 'network interfaces have no names before they are made',
    }),
  });
  acknowledge(made, {
    ...FAILURE_DESTINATION,
    ...(vpc === undefined && {
      'NIST.800.53.R5::NIST.800.53.R5-LambdaInsideVPC':
        'reaches public endpoints of AWS only, by TLS and signed requests; nothing can reach it',
    }),
    'Serverless::Serverless-LambdaTracing': one.untraced,
  });
  return made;
};
