import { readFileSync } from 'node:fs';
import type { IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport } from 'aws-cdk-lib';
import * as z from 'zod';

const templateShape = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.any()).default({}) }),
  ),
  Outputs: z.record(z.string(), z.unknown()).default({}),
  Parameters: z.record(z.string(), z.unknown()).default({}),
});

/** A template with its references resolved, and its size as it is deployed. */
interface MeasuredTemplate extends z.infer<typeof templateShape> {
  readonly bytes: number;
}

/** The longest that these are anywhere. */
const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': '111122223333',
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'ap-southeast-1',
  'AWS::URLSuffix': 'amazonaws.com.cn',
};

/** Reads a template, with a long ARN in the place of each reference: nobody knows them before the deploy. */
export const measuredTemplate = (text: string, stackName: string): MeasuredTemplate => {
  const arn = (id: string): string =>
    `arn:aws-us-gov:service:ap-southeast-1:111122223333:${`${stackName}-${id}`.slice(0, 51)}-ABCDEFGHIJKL`;
  const resolved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolved);
    if (typeof value !== 'object' || value === null) return value;
    const node = value as Readonly<Record<string, never>>;
    if ('Ref' in node) return PSEUDO[node.Ref] ?? arn(node.Ref);
    if ('Fn::GetAtt' in node) return arn(node['Fn::GetAtt'][0]);
    if ('Fn::Join' in node) {
      const [separator, parts] = node['Fn::Join'] as [string, unknown[]];
      return parts.map(resolved).join(separator);
    }
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, resolved(member)]));
  };
  return { ...templateShape.parse(resolved(JSON.parse(text))), bytes: Buffer.byteLength(text) };
};

/** The amounts that a quota limits: a name of each for messages, and how much of it there is. */
type Measured = readonly (readonly [name: string, amount: number])[];

/** A limit of AWS that synthesis doesn't know by itself. */
export interface Quota {
  readonly name: string;
  readonly limit: number;
  /** The page of AWS that says so. */
  readonly source: string;
  measure(template: MeasuredTemplate): Measured;
}

const size = (value: unknown): number => JSON.stringify(value ?? '').length;

const count = (value: object | undefined): number => Object.keys(value ?? {}).length;

/** Measures each resource of a type by its properties. */
const each =
  // biome-ignore lint/suspicious/noExplicitAny: the properties of any resource
    (type: string, amount: (properties: Record<string, any>) => number): Quota['measure'] =>
    ({ Resources }) =>
      Object.entries(Resources)
        .filter(([, { Type }]) => Type === type)
        .map(([id, { Properties }]) => [id, amount(Properties)]);

/** Measures the policies that a role has of its own, together. */
const inlinePolicies: Quota['measure'] = ({ Resources }) => {
  const amounts = new Map<string, number>();
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type !== 'AWS::IAM::Policy') continue;
    for (const role of Properties.Roles ?? [])
      amounts.set(role, (amounts.get(role) ?? 0) + size(Properties.PolicyDocument));
  }
  return [...amounts];
};

/** Counts the managed policies of each role: what its own policies have no room for goes into some. */
const managedPolicies: Quota['measure'] = ({ Resources }) => {
  const amounts = new Map<string, number>();
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type !== 'AWS::IAM::ManagedPolicy') continue;
    for (const role of Properties.Roles ?? []) amounts.set(role, (amounts.get(role) ?? 0) + 1);
  }
  return [...amounts];
};

interface Widget {
  readonly properties: { readonly metrics?: readonly unknown[]; readonly alarms?: readonly unknown[] };
}

const widgetsOf = ({ DashboardBody }: Readonly<Record<string, string>>): readonly Widget[] =>
  JSON.parse(DashboardBody ?? '{"widgets":[]}').widgets;

const metricsOf = ({ properties: { metrics = [] } }: Widget): number => metrics.length;

const subscriptionsWithFilter: Quota['measure'] = ({ Resources }) => {
  const filters = Object.values(Resources)
    .filter(({ Type, Properties }) => Type === 'AWS::SNS::Subscription' && Properties.FilterPolicy !== undefined)
    .map(({ Properties }) => String(Properties.TopicArn));
  return [...new Set(filters)].map((topic) => [topic, filters.filter((other) => other === topic).length]);
};

const DOCS = 'https://docs.aws.amazon.com/';
const CLOUDFORMATION = `${DOCS}AWSCloudFormation/latest/UserGuide/cloudformation-limits.html`;
const IAM = `${DOCS}IAM/latest/UserGuide/reference_iam-quotas.html`;
const CLOUDWATCH = `${DOCS}AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html`;

/** The quotas of AWS that templates here could come near. None of them can be raised, or not without asking. */
export const QUOTAS: readonly Quota[] = [
  {
    name: 'template bytes',
    limit: 1_000_000,
    source: CLOUDFORMATION,
    measure: ({ bytes }) => [['the template', bytes]],
  },
  {
    name: 'resources',
    limit: 500,
    source: CLOUDFORMATION,
    measure: ({ Resources }) => [['the template', count(Resources)]],
  },
  { name: 'outputs', limit: 200, source: CLOUDFORMATION, measure: ({ Outputs }) => [['the template', count(Outputs)]] },
  {
    name: 'parameters',
    limit: 200,
    source: CLOUDFORMATION,
    measure: ({ Parameters }) => [['the template', count(Parameters)]],
  },
  {
    name: 'characters of an event pattern',
    limit: 2048,
    source: `${DOCS}eventbridge/latest/userguide/eb-quota.html`,
    measure: each('AWS::Events::Rule', ({ EventPattern }) => size(EventPattern)),
  },
  { name: "characters of a role's inline policies", limit: 10_240, source: IAM, measure: inlinePolicies },
  { name: 'managed policies of a role', limit: 10, source: IAM, measure: managedPolicies },
  {
    name: 'characters of a managed policy',
    limit: 6144,
    source: IAM,
    measure: each('AWS::IAM::ManagedPolicy', ({ PolicyDocument }) => size(PolicyDocument)),
  },
  {
    name: 'characters of a trust policy',
    limit: 2048,
    source: IAM,
    measure: each('AWS::IAM::Role', ({ AssumeRolePolicyDocument }) => size(AssumeRolePolicyDocument)),
  },
  {
    name: 'bytes of a bucket policy',
    limit: 20_480,
    source: `${DOCS}AmazonS3/latest/userguide/add-bucket-policy.html`,
    measure: each('AWS::S3::BucketPolicy', ({ PolicyDocument }) => size(PolicyDocument)),
  },
  {
    name: 'bytes of a key policy',
    limit: 32_768,
    source: `${DOCS}kms/latest/developerguide/resource-limits.html`,
    measure: each('AWS::KMS::Key', ({ KeyPolicy }) => size(KeyPolicy)),
  },
  {
    name: 'widgets of a dashboard',
    limit: 500,
    source: CLOUDWATCH,
    measure: each('AWS::CloudWatch::Dashboard', (dashboard) => widgetsOf(dashboard).length),
  },
  {
    name: 'metrics of a widget',
    limit: 500,
    source: CLOUDWATCH,
    measure: each('AWS::CloudWatch::Dashboard', (dashboard) => Math.max(0, ...widgetsOf(dashboard).map(metricsOf))),
  },
  {
    name: 'metrics of a dashboard',
    limit: 2500,
    source: CLOUDWATCH,
    measure: each('AWS::CloudWatch::Dashboard', (dashboard) =>
      widgetsOf(dashboard).reduce((sum, widget) => sum + metricsOf(widget), 0),
    ),
  },
  {
    name: 'alarms of a widget',
    limit: 100,
    source: `${DOCS}AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html`,
    measure: each('AWS::CloudWatch::Dashboard', (dashboard) =>
      Math.max(0, ...widgetsOf(dashboard).map(({ properties: { alarms = [] } }) => alarms.length)),
    ),
  },
  {
    name: 'metrics of an alarm',
    limit: 10,
    source: CLOUDWATCH,
    measure: each('AWS::CloudWatch::Alarm', ({ Metrics = [undefined] }) => Metrics.length),
  },
  {
    name: 'bytes of environment variables',
    limit: 4096,
    source: `${DOCS}lambda/latest/dg/gettingstarted-limits.html`,
    measure: each('AWS::Lambda::Function', ({ Environment }) => size(Environment?.Variables)),
  },
  {
    name: 'filter policies of a topic',
    limit: 200,
    source: `${DOCS}general/latest/gr/sns.html`,
    measure: subscriptionsWithFilter,
  },
  {
    name: 'bytes of a query',
    limit: 262_144,
    source: `${DOCS}athena/latest/ug/service-limits.html`,
    measure: each('AWS::Athena::NamedQuery', ({ QueryString }) => Buffer.byteLength(QueryString)),
  },
];

/** Is of the account, and so of all stacks together; 100 of its 1 000 have to stay unreserved. */
const RESERVED: Quota = {
  name: 'reserved concurrency',
  limit: 900,
  source: `${DOCS}lambda/latest/dg/configuration-concurrency.html`,
  measure: ({ Resources }) => [
    [
      'all stacks',
      Object.values(Resources).reduce((sum, { Properties }) => sum + (Properties.ReservedConcurrentExecutions ?? 0), 0),
    ],
  ],
};

/** The part of a quota that is used. */
export interface Usage {
  readonly quota: Quota;
  readonly stack: string;
  readonly name: string;
  readonly amount: number;
}

/** Measures every quota on every template. */
export const usages = (templates: Readonly<Record<string, MeasuredTemplate>>): readonly Usage[] => {
  const perStack = Object.entries(templates).flatMap(([stack, template]) =>
    QUOTAS.flatMap((quota) => quota.measure(template).map(([name, amount]) => ({ quota, stack, name, amount }))),
  );
  const amounts = Object.values(templates).flatMap((template) => RESERVED.measure(template));
  const reserved = amounts.reduce((sum, [, amount]) => sum + amount, 0);
  const [stack = ''] = Object.keys(templates);
  return [...perStack, { quota: RESERVED, stack, name: 'all stacks', amount: reserved }];
};

/** The share of a quota from which on synthesis warns: what grows reaches it one day. */
const NEAR = 0.8;

/** Fails a synthesis whose templates could not be deployed, and warns of those that soon couldn't. */
export class QuotaChecks implements IPolicyValidationPlugin {
  /** The name under which synthesis reports. */
  readonly name = 'Quotas';

  /** Measures the templates of a synthesis; gives what is over a quota as errors, and what is near one as warnings. */
  validate({ stackTemplates }: IPolicyValidationContext): PolicyValidationPluginReport {
    const templates = stackTemplates.map(({ stackConstructPath, templatePath }) => [
      stackConstructPath,
      measuredTemplate(readFileSync(templatePath, 'utf8'), stackConstructPath),
    ]);
    const near = usages(Object.fromEntries(templates)).filter(({ quota, amount }) => amount >= quota.limit * NEAR);
    return {
      success: near.every(({ quota, amount }) => amount <= quota.limit),
      violations: near.map(({ quota, stack, name, amount }) => ({
        ruleName: quota.name.replaceAll(' ', '-'),
        description: `${stack}, ${name}: ${quota.name} must be at most ${quota.limit}, got ${amount} (${quota.source})`,
        severity: amount > quota.limit ? 'error' : 'warning',
        // Without one, no report is shown and nothing fails.
        violatingResources: [{ constructPath: stack, locations: [] }],
      })),
    };
  }
}
