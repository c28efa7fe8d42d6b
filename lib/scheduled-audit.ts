import { Annotations, Duration, Names, RemovalPolicy, Size, Stack, TimeZone, Token } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Policy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Alias,
  type FunctionProps,
  type IDestination,
  type IFunction,
  type IVersion,
  Function as LambdaFunction,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { ContextAttribute, Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../core/config/config.ts';
import { ConfigError } from '../core/config/errors.ts';
import { reservedBy } from '../core/config/stacks.ts';
import { schedulerExpression } from '../core/schedule/cron.ts';
import type { Schedule as AuditSchedule } from '../core/schedule/schedule.ts';
import { disturbedTimes } from '../core/schedule/scheduled-runs.ts';
import { DAY_MS } from '../rules/engine/time.ts';
import { acknowledge, FAILURE_DESTINATION, findingText, INLINE_POLICY } from './acknowledge.ts';
import { NAMESPACE, SERVICE } from './audit-metrics.ts';
import { type BundledFiles, type FunctionBundle, functionDefaults } from './bundling.ts';
import {
  archiveRegion,
  asksOwnRoles,
  everyRole,
  forThisAccount,
  functionPermissions,
  hintArns,
  LAMBDA,
  mayListRoles,
  NETWORK_INTERFACES,
  rosterObjects,
  signResource,
  useOfKey,
} from './permissions.ts';

/** The function's files, and all that it reads and writes to. */
export interface ScheduledAuditProps extends BundledFiles {
  /** The config, as it was read and checked. */
  readonly config: Config;
  /** The archive. */
  readonly bucket: IBucket;
  /** The topic of alerts. */
  readonly topic: ITopic;
  /** The topic of alarms, which others than the function publish. */
  readonly alarmTopic: ITopic;
  /** The topic of the one mail about all environments, for `doctor` to look at. */
  readonly overviewTopic?: ITopic | undefined;
  /** The key of the bucket. */
  readonly archiveKey: IKey;
  /** The key of the topic, and here of the failures and the logs. */
  readonly encryptionKey: IKey;
  /** The network that the function is in. @default - Lambda's own */
  readonly vpc?: IVpc;
  /** @default - a year, as PCI DSS 10.5.1 asks of audit logs; the evidence itself stands in the archive */
  readonly logRetention?: RetentionDays;
  /** The beginning of the names of schedules, of at most 37 characters. @default - by the construct's path */
  readonly namePrefix?: string;
}

/** The age at which an audit is late enough for somebody to look: the next one is not far. */
const MAX_EVENT_AGE = Duration.hours(6);

/** The times that Lambda tries again what failed. */
const RETRIES = { maxEventAge: MAX_EVENT_AGE, retryAttempts: 2 } as const;

/** Sends what failed to a queue with its error, which a dead-letter queue lacks; the role is allowed to elsewhere. */
const failureDestination = (queue: Queue): IDestination => ({ bind: () => ({ destination: queue.queueArn }) });

/** The longest that an execution may take: an hour more than its listing. */
export const EXECUTION_TIMEOUT = Duration.hours(13);

/** Gives the longest that a run may be late: by retries, a change of clocks, and a whole execution. */
export const graceHours = ({ listing: { mode } }: Pick<Config, 'listing'>): number =>
  mode === 'single' ? 2 : 2 + EXECUTION_TIMEOUT.toHours();

/** Gives a function of one invocation an audit, or one whose audits take as many as they need, what only it has. */
const byMode = (
  { listing: { mode }, outputs = [] }: Config,
  failures: Queue,
): Partial<FunctionProps> & { readonly bundle: FunctionBundle } =>
  mode === 'single'
    ? {
        bundle: 'handler',
        memorySize: 512,
        // A million users and their findings are 1.7 GB as OCSF events.
        ...(outputs.includes('ocsf') && { ephemeralStorageSize: Size.gibibytes(4) }),
        ...RETRIES,
        onFailure: failureDestination(failures),
      }
    : {
        bundle: 'durable-handler',
        // Judging keeps everybody in memory, and 5 000 000 users must fit. New accounts get no more than this.
        memorySize: 3008,
        ephemeralStorageSize: Size.gibibytes(outputs.includes('ocsf') ? 10 : 2),
        durableConfig: {
          executionTimeout: EXECUTION_TIMEOUT,
          // As long as the queue keeps what failed.
          retentionPeriod: Duration.days(14),
        },
        // Durable functions have no destinations.
        deadLetterQueue: failures,
        // An execution ends by the code that it began with.
        currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      };

/** The longest name that the scheduler takes, less the longest environment id and what is between the two. */
const MAX_PREFIX = 64 - 26 - 1;

/**
 * Makes the beginning of the names of all schedules. So the function knows them, which is there before its schedules,
 * and may look at these only.
 */
const schedulePrefix = (scope: Construct, namePrefix: string | undefined): string => {
  if (namePrefix === undefined) {
    // Nested stacks of two parents may have the same path up to their own: they need that of the whole app.
    const isNested = Token.isUnresolved(Stack.of(scope).stackName);
    return isNested
      ? Names.uniqueId(scope).slice(-MAX_PREFIX)
      : Names.uniqueResourceName(scope, { maxLength: MAX_PREFIX, separator: '-' });
  }
  if (/^[\w.-]{1,37}$/.test(namePrefix)) return namePrefix;
  throw new ConfigError([
    `namePrefix: must be 1 to ${MAX_PREFIX} letters, digits or characters of _.-, got ${JSON.stringify(namePrefix)}`,
  ]);
};

const DEAD_LETTERS = 'it is the dead-letter queue, of the function and of the schedules';

/** Accepts what the rule packs find, which know dead-letter queues only by what names them so. */
const acknowledgeDestination = (auditor: LambdaFunction, failures: Queue): void => {
  acknowledge(auditor, FAILURE_DESTINATION);
  acknowledge(failures, { 'AwsSolutions::AwsSolutions-SQS3': DEAD_LETTERS });
};

/** Lets a durable function keep its executions, in a policy of its own: the other one must not name the function. */
const allowCheckpoints = (scope: Construct, auditor: LambdaFunction, role: Role): void => {
  const executions = new PolicyStatement({
    actions: ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'],
    resources: [`${auditor.functionArn}:*`],
  });
  const policy = new Policy(scope, 'Checkpoints', { statements: [executions], roles: [role] });
  acknowledge(policy, {
    ...INLINE_POLICY,
    [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(scope, auditor.functionArn)}:*]`]:
      'the executions of this function, which belong to its versions and have names that nobody knows before',
  });
};

/** The alias that schedules invoke where executions are durable. */
const LIVE = 'live';

/** Makes the alias of the newest version: a durable function is invoked by a version or an alias only. */
const liveAlias = (scope: Construct, auditor: LambdaFunction): IFunction => {
  const version = auditor.currentVersion as IVersion;
  const alias = new Alias(scope, 'Live', { aliasName: LIVE, version, ...RETRIES });
  acknowledge(alias, {
    'Serverless::Serverless-LambdaAsyncFailureDestination':
      'durable functions have no destinations; the function has a dead-letter queue',
  });
  return alias as IFunction;
};

/** Warns of a schedule whose next two years have times that its clocks skip or repeat: one that was meant so is none. */
const warnOfClocks = (scope: Construct, schedule: AuditSchedule): void => {
  const times = [...disturbedTimes(schedule, Date.now(), Date.now() + 2 * 365 * DAY_MS)];
  for (const { kind, says } of [
    { kind: 'skipped', says: 'skips: nothing is audited then' },
    { kind: 'repeated', says: 'has twice: AWS does not say at which of the two an audit starts' },
  ]) {
    const first = times.find((time) => time.kind === kind);
    if (first === undefined) continue;
    Annotations.of(scope).addWarningV2(
      `finspace-user-auditor:clocks-${kind}`,
      `schedule.cron "${schedule.cron}" names ${first.localTime}, a time that ${schedule.timezone} ${says}; from 04:00 to 20:59 no zone puts its clocks forward or back`,
    );
  }
};

/** Tells a function where the archive is. */
export const archiveVariables = ({
  bucket,
  config,
}: Pick<ScheduledAuditProps, 'bucket' | 'config'>): Readonly<Record<string, string>> => {
  const region = archiveRegion(config);
  return { AUDIT_BUCKET: bucket.bucketName, ...(region !== undefined && { AUDIT_BUCKET_REGION: region }) };
};

/**
 * The function that audits, and for each environment a schedule that invokes it.
 * @throws an error named `ConfigError` where `namePrefix` or a file is wrong
 */
export class ScheduledAudit extends Construct {
  /** The function itself; to invoke it, take `target`. */
  readonly function: LambdaFunction;
  /** The function, or the alias of its newest version where its executions are durable: this is what to invoke. */
  readonly target: IFunction;
  /** The role of the function. */
  readonly role: Role;
  /** The most time that Lambda gives: a large directory behind a slow service may need all of it. */
  readonly timeout = Duration.minutes(15);
  /** The queue of what could not be delivered, and of what failed after all retries. */
  readonly failures: Queue;
  /** A schedule for each environment. */
  readonly schedules: readonly Schedule[];
  /** The beginning of the names of all schedules, which the environment's id follows. */
  readonly schedulePrefix: string;
  /** Names all of them, and those that bear the same beginning. */
  readonly scheduleArns: string;

  constructor(scope: Construct, id: string, props: ScheduledAuditProps) {
    super(scope, id);
    const { config, bucket, topic, alarmTopic, encryptionKey, vpc, logRetention = RetentionDays.ONE_YEAR } = props;
    this.schedulePrefix = `${schedulePrefix(this, props.namePrefix)}-`;

    this.failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: encryptionKey,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const logGroup = new LogGroup(this, 'Logs', { retention: logRetention, encryptionKey });
    this.role = new Role(this, 'Role', { assumedBy: LAMBDA });
    this.scheduleArns = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `default/${this.schedulePrefix}*`,
    });
    const resources = { ...props, logGroup, failures: this.failures, scheduleArns: this.scheduleArns };
    for (const statement of functionPermissions(this, resources)) this.role.addToPolicy(statement);
    if (vpc !== undefined) this.role.addToPolicy(NETWORK_INTERFACES);

    const { bundle, ...mode } = byMode(config, this.failures);
    this.function = new LambdaFunction(this, 'Function', {
      ...functionDefaults(bundle, ['audit', 'waivers', 'custom-rules'], props),
      description: 'Audits the users of one FinSpace environment',
      ...mode,
      timeout: this.timeout,
      // One audit at a time for each environment. A retry or a run by hand then waits in the queue of events instead of
      // taking the service's rate from the audit in progress.
      reservedConcurrentExecutions: reservedBy(config.environments.length),
      ...(vpc && { vpc }),
      role: this.role,
      logGroup,
      environment: {
        ...archiveVariables(props),
        AUDIT_TOPIC_ARN: topic.topicArn,
        AUDIT_ALARM_TOPIC_ARN: alarmTopic.topicArn,
        ...(props.overviewTopic && { AUDIT_OVERVIEW_TOPIC_ARN: props.overviewTopic.topicArn }),
        AUDIT_SCHEDULE_PREFIX: this.schedulePrefix.slice(0, -1),
        ...(config.listing.mode === 'durable' && { AUDIT_SCHEDULED_ALIAS: LIVE }),
        POWERTOOLS_SERVICE_NAME: SERVICE,
        POWERTOOLS_METRICS_NAMESPACE: NAMESPACE,
        NODE_OPTIONS: '--enable-source-maps',
      },
    });

    if (config.listing.mode === 'durable') {
      allowCheckpoints(this, this.function, this.role);
      this.target = liveAlias(this, this.function);
    } else {
      this.target = this.function;
      acknowledgeDestination(this.function, this.failures);
    }

    this.schedules = this.schedule(props);
    warnOfClocks(this, config.schedule);

    acknowledge(this.role, {
      ...INLINE_POLICY,
      [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, bucket.arnForObjects('*'))}]`]:
        'every key of its own archive, which holds nothing else; the bucket denies deletion and blind overwriting',
      [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, hintArns(bucket)[0] ?? '')}]`]:
        'the pages about all runs, one an environment',
      [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, this.scheduleArns)}]`]:
        'its own schedules, which bear its name: one pattern is as long for a thousand of them as for one',
      ...Object.fromEntries(
        rosterObjects(this, config).map((arn) => [
          `AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, arn)}]`,
          'the newest saved roster of its prefix, whatever its name, and what attests it; it is read only',
        ]),
      ),
      ...((vpc !== undefined || mayListRoles(config)) && {
        'AwsSolutions::AwsSolutions-IAM5[Resource::*]':
          'network interfaces have no names before they are made, and roles are listed without any',
      }),
      ...(asksOwnRoles(config) && {
        [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, everyRole(this))}]`]:
          'reads roles only, and which of them users are bound to is known once they are listed',
      }),
      ...(config.signing !== undefined && {
        [`AwsSolutions::AwsSolutions-IAM5[Resource::${signResource(config.signing.key)}]`]:
          'the condition on the alias leaves the one key that the alias names',
      }),
    });
    acknowledge(this.failures, { 'Serverless::Serverless-SQSRedrivePolicy': DEAD_LETTERS });
    acknowledge(this.function, {
      ...(vpc === undefined && {
        'NIST.800.53.R5::NIST.800.53.R5-LambdaInsideVPC':
          'reaches public endpoints of AWS only, by TLS and signed requests; nothing can reach it',
      }),
      'Serverless::Serverless-LambdaTracing':
        'one function, whose logs and metrics tell all; tracing would need a permission on every resource',
    });
  }

  /** Makes a schedule for each environment. */
  private schedule({ config, encryptionKey }: ScheduledAuditProps): readonly Schedule[] {
    const role = new Role(this, 'SchedulerRole', { assumedBy: forThisAccount(this, 'scheduler.amazonaws.com') });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.target.functionArn] }));
    role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.failures.queueArn] }));
    role.addToPolicy(useOfKey(this, encryptionKey, ['sqs']));
    acknowledge(role, INLINE_POLICY);

    const { cron, timezone } = config.schedule;
    return config.environments.map(
      ({ id }) =>
        new Schedule(this, `Schedule-${id}`, {
          scheduleName: `${this.schedulePrefix}${id}`,
          description: `Audits the users of FinSpace environment ${id}`,
          schedule: ScheduleExpression.expression(schedulerExpression(cron), TimeZone.of(timezone)),
          target: new LambdaInvoke(this.target, {
            input: ScheduleTargetInput.fromObject({ environmentId: id, scheduledTime: ContextAttribute.scheduledTime }),
            // The target would add every version of the function to what the role may invoke.
            role: role.withoutPolicyUpdates(),
            deadLetterQueue: this.failures,
            maxEventAge: MAX_EVENT_AGE,
            retryAttempts: 10,
          }),
        }),
    );
  }
}
