import { ArnFormat, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { BREAK_GLASS, butFor } from '../core/archive/denials.ts';
import { HINT_DAYS } from '../core/archive/hint.ts';
import { s3Prefix } from '../core/aws/s3-url.ts';
import type { ArchiveWriter, Config } from '../core/config/config.ts';

/** Trusts a service on behalf of this account only: whoever can make it act in another account is not let in. */
export const forThisAccount = (scope: Construct, service: string): ServicePrincipal =>
  new ServicePrincipal(service, { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } } });

/**
 * Lambda, as the principal of a function's role: the only service that is let in without a source. No documentation says
 * that Lambda sends one when it takes a role: `aws:SourceArn` is of calls whose resource is a function, and
 * `lambda:SourceFunctionArn` counts in identity policies and for what the function asks, not in a trust policy
 * (https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html). A condition on one could keep every
 * function from starting, and a role goes only to functions of its own account as it is
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html).
 */
export const LAMBDA = new ServicePrincipal('lambda.amazonaws.com');

/** Lets a function have its interfaces in a network: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
export const NETWORK_INTERFACES = new PolicyStatement({
  actions: [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ],
  resources: ['*'],
});

/** Denies actions to everybody but one role: CloudFormation too, unless it acts by that role. */
export const onlyBy = (roleArn: string, actions: readonly string[], resources: string[]): PolicyStatement =>
  new PolicyStatement({
    sid: BREAK_GLASS,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: [...actions],
    resources,
    conditions: butFor(roleArn),
  });

/** Names the accounts of other auditors, each once. */
export const accountsOf = (writers: readonly ArchiveWriter[]): AccountPrincipal[] =>
  [...new Set(writers.map(({ account }) => account))].map((account) => new AccountPrincipal(account));

/**
 * Names the roles of other auditors, in whatever account: CloudFormation shortens the name of a stack before what it
 * adds to that.
 */
export const rolesOf = (writers: readonly ArchiveWriter[]): string[] => [
  ...new Set(writers.map(({ auditor }) => `arn:*:iam::*:role/${auditor.slice(0, 24)}*`)),
];

/** Makes the use of a key conditional upon these services of a region asking for it. */
export const throughServices = (scope: Construct, services: readonly string[], region = Stack.of(scope).region) => ({
  StringEquals: { 'kms:ViaService': services.map((service) => `${service}.${region}.amazonaws.com`) },
});

export const allow = (actions: string[], ...resources: string[]) => new PolicyStatement({ actions, resources });

/** Lets its holder use a key through these services only, in the region of the stack unless another one is given. */
export const useOfKey = (scope: Construct, key: IKey, services: readonly string[], region?: string): PolicyStatement =>
  new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [key.keyArn],
    conditions: throughServices(scope, services, region),
  });

/** An archive that is there already may be in another region than the stack: in that of its key. */
export const archiveRegion = ({ archive }: Pick<Config, 'archive'>): string | undefined => archive?.key.split(':')[3];

/** Lets its holder use the key of the archive by S3, and that of everything else by these services: often they are one. */
export const useOfKeys = (
  scope: Construct,
  { config, archiveKey, encryptionKey }: Pick<FunctionResources, 'config' | 'archiveKey' | 'encryptionKey'>,
  services: readonly string[],
): readonly PolicyStatement[] =>
  archiveKey === encryptionKey
    ? [useOfKey(scope, encryptionKey, ['s3', ...services])]
    : [useOfKey(scope, encryptionKey, services), useOfKey(scope, archiveKey, ['s3'], archiveRegion(config))];

/** Names the keys that an alias may stand for: a policy takes no alias, but can insist on the one of a request. */
export const signResource = (key: string): string => key.replace(/alias\/.*$/, 'key/*');

const signPermission = (key: string): PolicyStatement => {
  const [alias] = /alias\/.*$/.exec(key) ?? [];
  return new PolicyStatement({
    actions: ['kms:Sign', 'kms:GetPublicKey'],
    resources: [signResource(key)],
    ...(alias !== undefined && { conditions: { StringEquals: { 'kms:RequestAlias': alias } } }),
  });
};

/** Lists where the function exchanges its own credentials: once a region whose environments it reads by itself. */
const exchangeArns = (scope: Construct, { credentials, environments }: Config): readonly string[] => {
  const stack = Stack.of(scope);
  const own =
    credentials === 'exchange'
      ? environments.filter(({ role, source }) => role === undefined && source === undefined)
      : [];
  return [...new Set(own.map(({ region = stack.region }) => region))].map((region) =>
    stack.formatArn({
      service: 'finspace-api',
      region,
      resource: '/credentials/programmatic',
      arnFormat: ArnFormat.NO_RESOURCE_NAME,
    }),
  );
};

/** The permissions to read roles: those of the own account by itself, and those of others by a role in each. */
const rolePermissions = (scope: Construct, config: Config): readonly PolicyStatement[] => {
  const others = config.environments.flatMap(({ enrich }) =>
    (enrich?.iamRoles?.accounts ?? []).map(({ roleArn }) => roleArn),
  );
  return [
    ...(asksOwnRoles(config) ? [allow(['iam:GetRole'], everyRole(scope))] : []),
    // It has no resources. Only where many roles may be listed at once, which does not tell when they were used.
    ...(mayListRoles(config) ? [allow(['iam:ListRoles'], '*')] : []),
    ...(others.length > 0 ? [allow(['sts:AssumeRole'], ...new Set(others))] : []),
  ];
};

/** Tells whether the function reads roles of its own account by itself. */
export const asksOwnRoles = ({ environments }: Config): boolean =>
  environments.some(({ role, enrich }) => role === undefined && enrich?.iamRoles !== undefined);

/** Tells whether it may list them, where nobody asks when they were used. */
export const mayListRoles = (config: Config): boolean =>
  asksOwnRoles(config) && config.rules['idle-principal']?.enabled === false;

/** Names the roles of the account: which of them users are bound to is known once they are listed. */
export const everyRole = (scope: Construct): string =>
  Stack.of(scope).formatArn({ service: 'iam', region: '', resource: 'role', resourceName: '*' });

/** Names the objects that saved rosters are among. */
export const rosterObjects = (scope: Construct, { environments }: Config): readonly string[] => {
  const places = environments.flatMap(({ source }) => s3Prefix(source?.roster ?? '') ?? []);
  return [...new Set(places.map(({ bucket, key }) => `arn:${Stack.of(scope).partition}:s3:::${bucket}/${key}*`))];
};

/** The places that one statement names: policies are split between statements, and one has room for some of them only. */
const PLACES_A_STATEMENT = 15;

function* inParts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += PLACES_A_STATEMENT)
    yield all.slice(start, start + PLACES_A_STATEMENT);
}

/** Lets the function read saved rosters, and nothing else of their buckets. */
const rosterPermissions = (scope: Construct, config: Config): readonly PolicyStatement[] => {
  const keys = new Set(config.environments.flatMap(({ source }) => source?.key ?? []));
  return [
    ...[...inParts(rosterObjects(scope, config))].flatMap((objects) => [
      allow(['s3:GetObject'], ...objects),
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [...new Set(objects.map((arn) => arn.slice(0, arn.indexOf('/'))))],
        conditions: { StringLike: { 's3:prefix': objects.map((arn) => arn.slice(arn.indexOf('/') + 1)) } },
      }),
    ]),
    ...[...inParts([...keys])].map((some) => {
      // S3 has a key of the bucket's region, which may be another than the stack's.
      const services = some.map((key) => `s3.${key.split(':')[3]}.amazonaws.com`);
      return new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [...some],
        conditions: { StringEquals: { 'kms:ViaService': [...new Set(services)] } },
      });
    }),
  ];
};

const busArn = (scope: Construct, bus: string): string =>
  bus.startsWith('arn:')
    ? bus
    : Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: bus });

/** Lets the function tell Security Hub by itself, in each region where it does; of other accounts, the role there does. */
const hubPermissions = (scope: Construct, { securityHub, environments }: Config): readonly PolicyStatement[] => {
  if (securityHub === undefined) return [];
  const stack = Stack.of(scope);
  const own = environments.filter(({ role }) => securityHub.account === 'auditor' || role === undefined);
  const regions = own.map(({ region = stack.region }) => (securityHub.account === 'auditor' ? stack.region : region));
  const arns = (resource: string): string[] =>
    [...new Set(regions)].map((region) => stack.formatArn({ service: 'securityhub', region, resource }));
  if (regions.length === 0) return [];
  return [
    allow(['securityhub:BatchImportFindings'], ...arns(`product/${stack.account}/default`)),
    // To look whether it is on; an audit itself does without.
    allow(['securityhub:DescribeHub'], ...arns('hub/default')),
  ];
};

/** S3 does not say how it rounds. */
export const MOST_HINT_DAYS = `${HINT_DAYS + 1}`;

/** Lets pages about all runs, which are no evidence, be kept briefly, where the bucket would keep them for as long. */
export const keepingBriefly = (resources: string[]): readonly PolicyStatement[] => [
  allow(['s3:PutObjectTagging'], ...resources),
  new PolicyStatement({
    actions: ['s3:PutObjectRetention'],
    resources,
    conditions: { NumericLessThanEquals: { 's3:object-lock-remaining-retention-days': MOST_HINT_DAYS } },
  }),
];

/** The things that the function has to do with. */
export interface FunctionResources {
  readonly config: Config;
  readonly bucket: IBucket;
  readonly topic: ITopic;
  readonly alarmTopic: ITopic;
  /** The topic of the one mail about all environments, where it is made here. */
  readonly overviewTopic?: ITopic | undefined;
  /** Of the archive. */
  readonly archiveKey: IKey;
  /** Of everything else. */
  readonly encryptionKey: IKey;
  readonly logGroup: LogGroup;
  readonly failures: Queue;
  /** Names all schedules of the function, by the beginning of their names. */
  readonly scheduleArns: string;
}

/** Names the pages about all runs, of each environment and of all. */
export const hintArns = (bucket: IBucket): string[] =>
  ['reports/environment=*/index.html', 'reports/index.html'].map((keys) => bucket.arnForObjects(keys));

/** Lists all that the function may do. It can't delete, and reads nothing but its own archive. */
export const functionPermissions = (scope: Construct, resources: FunctionResources): readonly PolicyStatement[] => {
  const { config, bucket, topic, alarmTopic, overviewTopic, archiveKey, logGroup, failures } = resources;
  const exchanges = exchangeArns(scope, config);
  const roles = config.environments.flatMap(({ role }) => role?.arn ?? []);
  return [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn),
    allow(['s3:GetObject', 's3:PutObject'], bucket.arnForObjects('*')),
    ...keepingBriefly(hintArns(bucket)),
    // Without it, an object that doesn't exist is answered as forbidden.
    allow(['s3:ListBucket'], bucket.bucketArn),
    allow(['sns:Publish'], topic.topicArn),
    allow(['sqs:SendMessage'], failures.queueArn),
    ...useOfKeys(scope, resources, ['sns', 'sqs']),
    ...(exchanges.length > 0 ? [allow(['finspace-api:GetProgrammaticAccessCredentials'], ...exchanges)] : []),
    ...(roles.length > 0 ? [allow(['sts:AssumeRole'], ...new Set(roles))] : []),
    ...rolePermissions(scope, config),
    ...rosterPermissions(scope, config),
    ...(config.signing === undefined ? [] : [signPermission(config.signing.key)]),
    ...(config.events ? [allow(['events:PutEvents'], busArn(scope, config.events.bus))] : []),
    ...hubPermissions(scope, config),
    // SNS lets look at a subscription whom its topic's ARN lets in.
    allow(
      ['sns:GetSubscriptionAttributes', 'sns:ListSubscriptionsByTopic'],
      ...[topic, alarmTopic, ...(overviewTopic === undefined ? [] : [overviewTopic])].map(({ topicArn }) => topicArn),
    ),
    // To look whether an audit could be made; an audit itself does without.
    allow(['scheduler:GetSchedule'], resources.scheduleArns),
    allow(
      [
        's3:GetBucketObjectLockConfiguration',
        's3:GetBucketPolicy',
        's3:GetBucketPublicAccessBlock',
        's3:GetBucketVersioning',
        's3:GetEncryptionConfiguration',
        's3:GetLifecycleConfiguration',
        's3:GetReplicationConfiguration',
      ],
      bucket.bucketArn,
    ),
    allow(['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus'], archiveKey.keyArn),
  ];
};
