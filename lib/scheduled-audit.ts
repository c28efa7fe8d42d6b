import { resolve } from 'node:path';
import {
  ArnFormat,
  type CfnElement,
  Duration,
  Names,
  RemovalPolicy,
  Size,
  Stack,
  TimeZone,
} from 'aws-cdk-lib';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Alias,
  Architecture,
  type IDestination,
  type IFunction,
  type IVersion,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import {
  type BundlingOptions,
  NodejsFunction,
  type NodejsFunctionProps,
  OutputFormat,
} from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../core/config/config.ts';
import { schedulerExpression } from '../core/schedule/cron.ts';
import { acknowledge } from './acknowledge.ts';
import { NAMESPACE, SERVICE } from './audit-metrics.ts';

export interface ScheduledAuditProps {
  readonly config: Config;
  /** The checked files that go with the code, as absolute paths. */
  readonly configFile: string;
  readonly waiversFile?: string;
  readonly bucket: Bucket;
  /** Where alerts are published. */
  readonly topic: Topic;
  /** Where alarms are published, by others than the function. */
  readonly alarmTopic: ITopic;
  /** Encrypts the bucket and the topic already, and here the failures and the logs. */
  readonly encryptionKey: IKey;
}

const PROJECT = resolve(import.meta.dirname, '..');

/** Past this an audit is late enough for somebody to look: the next one is not far. */
const MAX_EVENT_AGE = Duration.hours(6);

/** How often Lambda tries again what failed, and until when. */
const RETRIES = { maxEventAge: MAX_EVENT_AGE, retryAttempts: 2 } as const;

/** Says what failed and why, which a dead-letter queue does not; the role's permission is granted where it is made. */
const failureDestination = (queue: Queue): IDestination => ({
  bind: () => ({ destination: queue.queueArn }),
});

/** How long an execution may take: an hour more than its listing. */
export const EXECUTION_TIMEOUT = Duration.hours(13);

/** What tells a function of one invocation from one whose executions take as many as they need. */
const byMode = (
  { listing: { mode } }: Config,
  failures: Queue,
): Omit<NodejsFunctionProps, 'entry'> & { readonly entry: string } =>
  mode === 'single'
    ? {
        entry: 'lambda/handler.ts',
        memorySize: 512,
        ...RETRIES,
        onFailure: failureDestination(failures),
      }
    : {
        entry: 'lambda/durable-handler.ts',
        // Judging remembers everybody, and 5 000 000 users must fit. New accounts get no more memory than this.
        memorySize: 3008,
        ephemeralStorageSize: Size.gibibytes(2),
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

/** Quotes a path for the shell that runs the bundling. */
const quoted = (path: string): string => `'${path.replaceAll("'", `'\\''`)}'`;

/** Writes a file that operators edit as the one that the function reads. Fails where it is wrong. */
const asJson = (kind: 'config' | 'waivers', yamlFile: string, jsonFile: string): string =>
  [process.execPath, resolve(import.meta.dirname, 'config-json.ts'), kind, yamlFile, jsonFile]
    .map(quoted)
    .join(' ');

/**
 * Not bundled, and where it is needed loaded from the runtime, which has it: clients that few audits use, and the
 * ways to credentials that a function never goes, since its own stand in its environment.
 */
const LEFT_TO_RUNTIME: string[] = [
  '@aws-sdk/client-eventbridge',
  '@aws-sdk/client-kms',
  '@aws-sdk/client-scheduler',
  '@aws-sdk/client-sts',
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

const bundling = ({ configFile, waiversFile }: ScheduledAuditProps): BundlingOptions => ({
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  sourceMap: true,
  // Traces need names and lines; the text of the sources would be read and parsed at each cold start.
  sourcesContent: false,
  bundleAwsSDK: true,
  externalModules: LEFT_TO_RUNTIME,
  // The same code by two names: the SDK's, and the one that this project asks for.
  esbuildArgs: { '--alias:@smithy/signature-v4': '@aws-sdk/signature-v4' },
  // CommonJS dependencies in the bundle call `require`, which a module doesn't have.
  banner: "import{createRequire as _cr}from'node:module';const require=_cr(import.meta.url);",
  commandHooks: {
    beforeInstall: () => [],
    beforeBundling: () => [],
    afterBundling: (_, outputDir) => [
      asJson('config', configFile, `${outputDir}/audit.json`),
      // Without a file of its own there is an empty one: nothing is waived.
      asJson('waivers', waiversFile ?? '/dev/null', `${outputDir}/waivers.json`),
    ],
  },
});

/** Lets its holder use the key through these services only. */
const useOfKey = (scope: Construct, key: IKey, services: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [key.keyArn],
    conditions: {
      StringEquals: {
        'kms:ViaService': services.map((service) => `${service}.${Stack.of(scope).region}.amazonaws.com`),
      },
    },
  });

/** A policy takes no alias for a key, but it can insist on the alias that the request names. */
const signResource = (key: string): string => key.replace(/alias\/.*$/, 'key/*');

const signPermission = (key: string): PolicyStatement => {
  const [alias] = /alias\/.*$/.exec(key) ?? [];
  return new PolicyStatement({
    actions: ['kms:Sign'],
    resources: [signResource(key)],
    ...(alias !== undefined && { conditions: { StringEquals: { 'kms:RequestAlias': alias } } }),
  });
};

/** What the function exchanges its own credentials at: once a region whose environments it reads by itself. */
const exchangeArns = (scope: Construct, { credentials, environments }: Config): readonly string[] => {
  const stack = Stack.of(scope);
  const own = credentials === 'exchange' ? environments.filter(({ role }) => role === undefined) : [];
  return [...new Set(own.map(({ region = stack.region }) => region))].map((region) =>
    stack.formatArn({
      service: 'finspace-api',
      region,
      resource: '/credentials/programmatic',
      arnFormat: ArnFormat.NO_RESOURCE_NAME,
    }),
  );
};

const busArn = (scope: Construct, bus: string): string =>
  bus.startsWith('arn:')
    ? bus
    : Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: bus });

/** The longest name that the scheduler takes, less the longest environment id and what is between the two. */
const MAX_PREFIX = 64 - 26 - 1;

/**
 * What the names of all schedules begin with; the environment's id follows. The function, which is there before its
 * schedules, so knows them, and may look at these only.
 */
const schedulePrefix = (scope: Construct): string =>
  Names.uniqueResourceName(scope, { maxLength: MAX_PREFIX, separator: '-' });

/** To look whether an audit could be made; an audit itself does without. */
const diagnosis = (
  scope: Construct,
  { config, topic, alarmTopic }: ScheduledAuditProps,
): readonly PolicyStatement[] => [
  new PolicyStatement({
    actions: ['sns:ListSubscriptionsByTopic'],
    resources: [topic.topicArn, alarmTopic.topicArn],
  }),
  new PolicyStatement({
    actions: ['scheduler:GetSchedule'],
    resources: config.environments.map(({ id }) =>
      Stack.of(scope).formatArn({
        service: 'scheduler',
        resource: 'schedule',
        resourceName: `default/${schedulePrefix(scope)}-${id}`,
      }),
    ),
  }),
];

const INLINE = 'the policy is of this role alone, goes with it, and is read beside it';

/** All that the function may do. It can't delete, and reads nothing but its own archive. */
const permissions = (
  scope: Construct,
  { config, bucket, topic, encryptionKey }: ScheduledAuditProps,
  logGroup: LogGroup,
  failures: Queue,
): readonly PolicyStatement[] => {
  const allow = (actions: string[], ...resources: string[]) => new PolicyStatement({ actions, resources });
  const exchanges = exchangeArns(scope, config);
  const roles = config.environments.flatMap(({ role }) => role?.arn ?? []);
  return [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn),
    allow(['s3:GetObject', 's3:PutObject'], bucket.arnForObjects('*')),
    // Without it, an object that doesn't exist is answered as forbidden.
    allow(['s3:ListBucket'], bucket.bucketArn),
    allow(['sns:Publish'], topic.topicArn),
    allow(['sqs:SendMessage'], failures.queueArn),
    useOfKey(scope, encryptionKey, ['s3', 'sns', 'sqs']),
    ...(exchanges.length > 0 ? [allow(['finspace-api:GetProgrammaticAccessCredentials'], ...exchanges)] : []),
    ...(roles.length > 0 ? [allow(['sts:AssumeRole'], ...new Set(roles))] : []),
    ...(config.signing === undefined ? [] : [signPermission(config.signing.key)]),
    ...(config.events ? [allow(['events:PutEvents'], busArn(scope, config.events.bus))] : []),
  ];
};

const DEAD_LETTERS = 'it is the dead-letter queue, of the function and of the schedules';

/** The rules know dead-letter queues only by what names them so. */
const acknowledgeDestination = (auditor: NodejsFunction, failures: Queue): void => {
  const reason = 'has a failure destination, which also tells the error';
  acknowledge(auditor, {
    'NIST.800.53.R5::NIST.800.53.R5-LambdaDLQ': reason,
    'Serverless::Serverless-LambdaDLQ': reason,
  });
  acknowledge(failures, { 'AwsSolutions::AwsSolutions-SQS3': DEAD_LETTERS });
};

const logicalIdOf = (resource: Construct): string =>
  Stack.of(resource).getLogicalId(resource.node.defaultChild as CfnElement);

/** What the function needs to be durable. It names the function, so that it can't stand in the policy that this waits for. */
const allowCheckpoints = (scope: Construct, auditor: NodejsFunction, role: Role): void => {
  const executions = new PolicyStatement({
    actions: ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'],
    resources: [`${auditor.functionArn}:*`],
  });
  const policy = new Policy(scope, 'Checkpoints', { statements: [executions], roles: [role] });
  acknowledge(policy, {
    'NIST.800.53.R5::NIST.800.53.R5-IAMNoInlinePolicy': INLINE,
    [`AwsSolutions::AwsSolutions-IAM5[Resource::<${logicalIdOf(auditor)}.Arn>:*]`]:
      'the executions of this function, which belong to its versions and have names that nobody knows before',
  });
};

/** The alias that schedules invoke where executions are durable. */
const LIVE = 'live';

/** A durable function is invoked by a version or an alias only: this is always that of its newest version. */
const liveAlias = (scope: Construct, auditor: NodejsFunction): IFunction => {
  const version = auditor.currentVersion as IVersion;
  const alias = new Alias(scope, 'Live', { aliasName: LIVE, version, ...RETRIES });
  acknowledge(alias, {
    'Serverless::Serverless-LambdaAsyncFailureDestination':
      'durable functions have no destinations; the function has a dead-letter queue',
  });
  return alias as IFunction;
};

/** The function that audits, and one schedule for each environment that asks it to. */
export class ScheduledAudit extends Construct {
  readonly function: NodejsFunction;
  /** What to invoke: the function, or the alias of its newest version where its executions are durable. */
  readonly target: IFunction;
  readonly role: Role;
  /** The most that Lambda gives: a large directory behind a slow service may need all of it. */
  readonly timeout = Duration.minutes(15);
  /** What could not be delivered, and what failed after all retries. */
  readonly failures: Queue;
  readonly schedules: readonly Schedule[];

  constructor(scope: Construct, id: string, props: ScheduledAuditProps) {
    super(scope, id);
    const { config, bucket, topic, alarmTopic, encryptionKey } = props;

    this.failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: encryptionKey,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    // A year, as PCI DSS 10.5.1 asks of audit logs. The evidence itself stands in the archive.
    const logGroup = new LogGroup(this, 'Logs', { retention: RetentionDays.ONE_YEAR, encryptionKey });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    for (const statement of permissions(this, props, logGroup, this.failures))
      this.role.addToPolicy(statement);
    for (const statement of diagnosis(this, props)) this.role.addToPolicy(statement);

    const mode = byMode(config, this.failures);
    this.function = new NodejsFunction(this, 'Function', {
      description: 'Audits the users of one FinSpace environment',
      ...mode,
      entry: resolve(PROJECT, mode.entry),
      projectRoot: PROJECT,
      depsLockFilePath: resolve(PROJECT, 'package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: this.timeout,
      // One audit at a time for each environment. A retry or a run by hand then waits in the queue of events instead of
      // taking the service's rate from the audit in progress.
      reservedConcurrentExecutions: config.environments.length,
      role: this.role,
      logGroup,
      environment: {
        AUDIT_BUCKET: bucket.bucketName,
        AUDIT_TOPIC_ARN: topic.topicArn,
        AUDIT_ALARM_TOPIC_ARN: alarmTopic.topicArn,
        AUDIT_SCHEDULE_PREFIX: schedulePrefix(this),
        ...(config.listing.mode === 'durable' && { AUDIT_SCHEDULED_ALIAS: LIVE }),
        POWERTOOLS_SERVICE_NAME: SERVICE,
        POWERTOOLS_METRICS_NAMESPACE: NAMESPACE,
        NODE_OPTIONS: '--enable-source-maps',
      },
      awsSdkConnectionReuse: false,
      bundling: bundling(props),
    });

    if (config.listing.mode === 'durable') {
      allowCheckpoints(this, this.function, this.role);
      this.target = liveAlias(this, this.function);
    } else {
      this.target = this.function;
      acknowledgeDestination(this.function, this.failures);
    }

    const schedulerRole = new Role(this, 'SchedulerRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    schedulerRole.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.target.functionArn] }),
    );
    schedulerRole.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.failures.queueArn] }),
    );

    schedulerRole.addToPolicy(useOfKey(this, encryptionKey, ['sqs']));

    this.schedules = config.environments.map(
      (environment) =>
        new Schedule(this, `Schedule-${environment.id}`, {
          scheduleName: `${schedulePrefix(this)}-${environment.id}`,
          description: `Audits the users of FinSpace environment ${environment.id}`,
          schedule: ScheduleExpression.expression(
            schedulerExpression(config.schedule.cron),
            TimeZone.of(config.schedule.timezone),
          ),
          target: new LambdaInvoke(this.target, {
            input: ScheduleTargetInput.fromObject({
              environmentId: environment.id,
              scheduledTime: ContextAttribute.scheduledTime,
            }),
            // The target would add every version of the function to what the role may invoke.
            role: schedulerRole.withoutPolicyUpdates(),
            deadLetterQueue: this.failures,
            maxEventAge: MAX_EVENT_AGE,
            retryAttempts: 10,
          }),
        }),
    );

    const inlinePolicy = { 'NIST.800.53.R5::NIST.800.53.R5-IAMNoInlinePolicy': INLINE };
    acknowledge(this.role, {
      ...inlinePolicy,
      [`AwsSolutions::AwsSolutions-IAM5[Resource::<${logicalIdOf(bucket)}.Arn>/*]`]:
        'every key of its own archive, which holds nothing else; the bucket denies deletion and blind overwriting',
      ...(config.signing !== undefined && {
        [`AwsSolutions::AwsSolutions-IAM5[Resource::${signResource(config.signing.key)}]`]:
          'the condition on the alias leaves the one key that the alias names',
      }),
    });
    acknowledge(schedulerRole, inlinePolicy);
    acknowledge(this.failures, {
      'Serverless::Serverless-SQSRedrivePolicy': DEAD_LETTERS,
    });
    acknowledge(this.function, {
      'NIST.800.53.R5::NIST.800.53.R5-LambdaInsideVPC':
        'reaches public endpoints of AWS only, by TLS and signed requests; nothing can reach it',
      'Serverless::Serverless-LambdaTracing':
        'one function, whose logs and metrics tell all; tracing would need a permission on every resource',
    });
  }
}
