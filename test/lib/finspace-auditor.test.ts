import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { App, CfnOutput, NestedStack, Stack, Validations } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import { addAuditorStacks, FinSpaceAuditor, type FinSpaceAuditorProps } from '../../lib/index.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const newFolder = temporaryFolders();

/** A folder with these files; the result gives the path of one in it. */
const folderOf = async (files: Readonly<Record<string, string>>) => {
  const folder = await newFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return (name: string) => join(folder, name);
};

/** A team's own app: no setting of this project's, and a stack that holds other things too. */
const foreignStack = () => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false });
  return { app, stack: new Stack(app, 'Theirs') };
};

const auditorIn = (stack: Stack, id: string, props: FinSpaceAuditorProps): FinSpaceAuditor =>
  new FinSpaceAuditor(stack, id, props);

const ENVIRONMENT = 'environments: [{ id: abc }]\n';

/** The names of schedules, databases and workgroups, which are known before they are made. */
const namesIn = (template: Template): readonly string[] => [
  ...Object.values(template.findResources('AWS::Scheduler::Schedule')).map(({ Properties }) => Properties.Name),
  ...Object.values(template.findResources('AWS::Glue::Database')).map(
    ({ Properties }) => Properties.DatabaseInput.Name,
  ),
  ...Object.values(template.findResources('AWS::Athena::WorkGroup')).map(({ Properties }) => Properties.Name),
];
const NAMES_OF_ONE = 5;

describe('in the app of another team', () => {
  it('needs no more than the config file', async () => {
    const at = await folderOf({ 'audit.yaml': ENVIRONMENT });
    const { stack } = foreignStack();
    const auditor = auditorIn(stack, 'Audit', { configFile: at('audit.yaml') });
    const { bucket, alertTopic, alarmTopic, encryptionKey, failures, dashboard } = auditor;
    const values = [
      bucket.bucketArn,
      alertTopic.topicArn,
      alarmTopic.topicArn,
      encryptionKey.keyArn,
      auditor.function.functionArn,
      failures.queueArn,
      dashboard.dashboardName,
    ];
    const outputs = values.map((value, index) => new CfnOutput(stack, `Output${index}`, { value }));
    expect(outputs).toHaveLength(7);

    const template = Template.fromStack(stack).toJSON();
    const typeOf = ({ Value }: { Value: { Ref?: string; 'Fn::GetAtt'?: [string] } }): string =>
      template.Resources[Value.Ref ?? Value['Fn::GetAtt']?.[0] ?? ''].Type;
    expect(Object.values<Parameters<typeof typeOf>[0]>(template.Outputs).map(typeOf)).toEqual([
      'AWS::S3::Bucket',
      'AWS::SNS::Topic',
      'AWS::SNS::Topic',
      'AWS::KMS::Key',
      'AWS::Lambda::Function',
      'AWS::SQS::Queue',
      'AWS::CloudWatch::Dashboard',
    ]);
    for (const id of Object.keys(template.Resources)) expect(id).toMatch(/^Audit/);
  });

  it('passes the packs of rules there', async () => {
    const saved = '{ id: def, source: { roster: "s3://their-rosters/finspace/" } }';
    const at = await folderOf({ 'audit.yaml': `environments: [{ id: abc }, ${saved}]` });
    const { app, stack } = foreignStack();
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app), new ServerlessChecks(app));
    auditorIn(stack, 'Audit', { configFile: at('audit.yaml') });
    expect(() => app.synth()).not.toThrow();
  });

  it('stands twice in a stack', async () => {
    const at = await folderOf({ 'one.yaml': ENVIRONMENT, 'two.yaml': 'environments: [{ id: def }]' });
    const { stack } = foreignStack();
    auditorIn(stack, 'One', { configFile: at('one.yaml') });
    auditorIn(stack, 'Two', { configFile: at('two.yaml') });
    expect(Object.keys(Template.fromStack(stack).findResources('AWS::Lambda::Function'))).toHaveLength(6);
    expect(new Set(namesIn(Template.fromStack(stack))).size).toBe(2 * NAMES_OF_ONE);
  });

  it('stands in two nested stacks of the same name, and bears the same names at every synthesis', async () => {
    const at = await folderOf({ 'audit.yaml': ENVIRONMENT });
    const synthesised = () => {
      const { app } = foreignStack();
      const nested = ['One', 'Two'].map((id) => new NestedStack(new Stack(app, id), 'Nested'));
      const auditors = nested.map((stack) => auditorIn(stack, 'Audit', { configFile: at('audit.yaml') }));
      return auditors.flatMap((auditor) => namesIn(Template.fromStack(Stack.of(auditor))));
    };
    const names = synthesised();
    expect(new Set(names).size).toBe(2 * NAMES_OF_ONE);
    for (const name of names) expect(name).toMatch(/^[\w.-]{1,100}$/);
    expect(synthesised()).toEqual(names);
  });

  it('takes what a platform team owns', async () => {
    const at = await folderOf({ 'audit.yaml': `${ENVIRONMENT}alerts: [{ email: a@example.com }]` });
    const { app, stack } = foreignStack();
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app), new ServerlessChecks(app));
    const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const TOPIC = 'arn:aws:sns:us-east-1:111122223333:theirs';
    const BOUNDARY = 'arn:aws:iam::111122223333:policy/boundary';
    const { bucket, alertTopic } = auditorIn(stack, 'Audit', {
      configFile: at('audit.yaml'),
      bucket: Bucket.fromBucketName(stack, 'TheirBucket', 'their-evidence'),
      encryptionKey: Key.fromKeyArn(stack, 'TheirKey', KEY),
      alertTopic: Topic.fromTopicArn(stack, 'TheirTopic', TOPIC),
      vpc: Vpc.fromVpcAttributes(stack, 'TheirVpc', {
        vpcId: 'vpc-1',
        availabilityZones: ['us-east-1a'],
        privateSubnetIds: ['subnet-1'],
      }),
      permissionsBoundary: ManagedPolicy.fromManagedPolicyArn(stack, 'TheirBoundary', BOUNDARY),
      logRetention: RetentionDays.TEN_YEARS,
      namePrefix: 'Governance',
    });
    expect([bucket.bucketName, alertTopic.topicArn]).toEqual(['their-evidence', TOPIC]);

    expect(() => app.synth()).not.toThrow();
    const template = Template.fromStack(stack);
    const propertiesOf = (type: string) =>
      Object.values(template.findResources(type)).map(({ Properties }) => Properties);
    expect(Object.keys(template.findResources('AWS::S3::Bucket')).map((id) => id.slice(0, -8))).toEqual([
      'AuditArchiveAccessLogs',
      'AuditHistoryResults',
    ]);
    expect(Object.keys(template.findResources('AWS::KMS::Key'))).toHaveLength(1);
    for (const { VpcConfig } of propertiesOf('AWS::Lambda::Function'))
      expect(VpcConfig.SubnetIds).toEqual(['subnet-1']);
    for (const { PermissionsBoundary } of propertiesOf('AWS::IAM::Role')) expect(PermissionsBoundary).toBe(BOUNDARY);
    for (const { RetentionInDays, KmsKeyId } of propertiesOf('AWS::Logs::LogGroup'))
      expect([RetentionInDays, KmsKeyId]).toEqual([3653, KEY]);
    expect(propertiesOf('AWS::SNS::Subscription')).toContainEqual(
      expect.objectContaining({ TopicArn: TOPIC, Endpoint: 'a@example.com' }),
    );
    expect(namesIn(template)).toEqual([
      'Governance-abc',
      'Governance-verification',
      'Governance-silence-watch',
      'governance',
      'Governance',
    ]);
  });

  it.each([
    { name: 'nothing where all is its own', given: '', takes: () => ({}), warnings: [] },
    {
      name: 'of bucket and key of an earlier stack',
      given: `archive: { bucket: earlier-evidence, key: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }`,
      takes: () => ({}),
      warnings: ["the archive's bucket and its key"],
    },
    {
      name: 'of a bucket that is given',
      given: '',
      takes: (stack: Stack) => ({ bucket: new Bucket(stack, 'Theirs') }),
      warnings: ["the archive's bucket "],
    },
    {
      name: 'of a key that is given',
      given: '',
      takes: (stack: Stack) => ({ encryptionKey: new Key(stack, 'TheirKey') }),
      warnings: ["the archive's key "],
    },
  ])(
    'warns that breakGlassRoleArn guards nothing of what it does not make: $name',
    async ({ given, takes, warnings }) => {
      const at = await folderOf({
        'audit.yaml': `${ENVIRONMENT}\nbreakGlassRoleArn: arn:aws:iam::111122223333:role/glass\n${given}`,
      });
      const { stack } = foreignStack();
      auditorIn(stack, 'Audit', { configFile: at('audit.yaml'), ...takes(stack) });
      const found = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('breakGlassRoleArn'));
      expect(found.map(({ entry }) => JSON.stringify(entry.data))).toEqual(
        warnings.map((words) => expect.stringContaining(words)),
      );
    },
  );

  it('refuses a prefix of names that is too long for schedules', async () => {
    const at = await folderOf({ 'audit.yaml': ENVIRONMENT });
    const props = { configFile: at('audit.yaml'), namePrefix: 'a'.repeat(38) };
    expect(() => auditorIn(foreignStack().stack, 'Audit', props)).toThrow(
      /^namePrefix: must be 1 to 37 .*, got "a{38}"$/,
    );
  });

  it.each<{
    readonly name: string;
    readonly files: Readonly<Record<string, string>>;
    readonly props: (at: (name: string) => string) => FinSpaceAuditorProps;
    readonly message: RegExp;
  }>([
    {
      name: 'a wrong key of the config file',
      files: { 'audit.yaml': `${ENVIRONMENT}retention: { yeers: 7 }` },
      props: (at) => ({ configFile: at('audit.yaml') }),
      message: /audit\.yaml:2: retention\.yeers: unknown key, did you mean years\?/,
    },
    {
      name: 'a wrong waiver beside the config file',
      files: { 'audit.yaml': ENVIRONMENT, 'waivers.yaml': '- { rule: stale-login }' },
      props: (at) => ({ configFile: at('audit.yaml') }),
      message: /waivers\.yaml:1: \[0\]\.user: must be .*, got nothing/,
    },
    {
      name: 'a wrong waiver in a file that is named',
      files: { 'audit.yaml': ENVIRONMENT, 'accepted.yaml': '- { rule: stale-login }' },
      props: (at) => ({ configFile: at('audit.yaml'), waiversFile: at('accepted.yaml') }),
      message: /accepted\.yaml:1: \[0\]\.user: must be .*, got nothing/,
    },
    {
      name: 'a file of waivers that is named and not there',
      files: { 'audit.yaml': ENVIRONMENT },
      props: (at) => ({ configFile: at('audit.yaml'), waiversFile: at('accepted.yaml') }),
      message: /accepted\.yaml: can't be read \(ENOENT\)$/,
    },
    {
      name: 'a config file that is not there',
      files: {},
      props: (at) => ({ configFile: at('audit.yaml') }),
      message: /audit\.yaml: can't be read \(ENOENT\)$/,
    },
    {
      name: 'a folder for the config file',
      files: {},
      props: (at) => ({ configFile: at('.') }),
      message: /: can't be read \(EISDIR\)$/,
    },
    {
      name: 'an environment that the config has not',
      files: { 'audit.yaml': ENVIRONMENT },
      props: (at) => ({ configFile: at('audit.yaml'), environmentIds: ['abc', 'def'] }),
      message: /^environments: must have def, which is to be audited here, got abc$/,
    },
    {
      name: 'an environment that is named twice',
      files: { 'audit.yaml': ENVIRONMENT },
      props: (at) => ({ configFile: at('audit.yaml'), environmentIds: ['abc', 'abc'] }),
      message: /^environmentIds: must have each environment once, got abc twice$/,
    },
  ])('is stopped by $name', async ({ files, props, message }) => {
    const at = await folderOf(files);
    const error = expect.objectContaining({ name: 'ConfigError', message: expect.stringMatching(message) });
    expect(() => auditorIn(foreignStack().stack, 'Audit', props(at))).toThrow(error);
  });

  it('is stopped by no stacks', async () => {
    const at = await folderOf({ 'audit.yaml': ENVIRONMENT });
    expect(() => addAuditorStacks(new App(), { configFile: at('audit.yaml') }, {})).toThrow(
      'stacks: must name one stack or more, got none',
    );
  });
});
