import { describe, expect, it } from '@jest/globals';
import { ACCOUNT, askIam, type Context, deployed, REGION } from './iam.ts';
import { only, stackTemplate } from './stack-template.ts';

const template = stackTemplate(`environments:
  - { id: abc }
  - { id: def, region: eu-west-1 }
  - { id: ghi, region: eu-central-1, assumeRoleArn: "arn:aws:iam::222233334444:role/audited", externalId: agreed }
alerts: [{ email: a@example.com }]
events: { bus: security }
securityHub: {}
auditors: ["arn:aws:iam::222233334444:role/examiner"]
replicateTo: { bucket: copy-of-evidence, account: "222233334444", key: "arn:aws:kms:eu-west-1:222233334444:key/1234abcd-12ab-34cd-56ef-1234567890ab" }`);
const { arnOf, resolve } = deployed(template);

const arn = (type: string, part = ''): string => arnOf(only(template, type, part).id);

const archive = arn('AWS::S3::Bucket', 'ArchiveBucket');
const accessLogs = arn('AWS::S3::Bucket', 'AccessLogs');
const answers = arn('AWS::S3::Bucket', 'Results');
const alerts = arn('AWS::SNS::Topic', 'AlertsTopic');
const alarms = arn('AWS::SNS::Topic', 'AlarmTopic');
const failures = arn('AWS::SQS::Queue');
const key = arn('AWS::KMS::Key', 'Encryption');
const alarmKey = arn('AWS::KMS::Key', 'AlarmTopic');
const auditor = arn('AWS::Lambda::Function', 'AuditFunction');
const logStream = `${arn('AWS::Logs::LogGroup', 'AuditLogs').slice(0, -1)}log-stream:2026`;
const credentials = `arn:aws:finspace-api:${REGION}:${ACCOUNT}:/credentials/programmatic`;
const securityHub = (resource: string): string => `arn:aws:securityhub:${REGION}:${ACCOUNT}:${resource}`;
const eventBus = (name: string): string => `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/${name}`;
const schedules = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default`;
const ownSchedule = `${schedules}/${only(template, 'AWS::Scheduler::Schedule', 'abc').properties.Name}`;
const manifest = `${archive}/manifests/environment=abc/dt=2026-11-24/20261124T020000Z.json`;
const snapshot = `${archive}/snapshots/environment=abc/dt=2026-11-24/20261124T020000Z.jsonl.gz`;
const page = `${archive}/reports/environment=abc/index.html`;
const overviewPage = `${archive}/reports/index.html`;
const mailMarker = `${archive}/alerts/auditor=${ACCOUNT}-Auditor/dt=2026-11-24/20261124T093000Z.json`;
const latest = `${archive}/latest/environment=abc.json`;

const policy = (type: string, part = '', member = 'PolicyDocument'): unknown =>
  resolve(only(template, type, part).properties[member]);

/** The policies of the resources themselves, by the ARN they protect. */
const RESOURCE_POLICIES: readonly (readonly [string, unknown])[] = [
  [archive, policy('AWS::S3::BucketPolicy', 'ArchiveBucket')],
  [accessLogs, policy('AWS::S3::BucketPolicy', 'AccessLogs')],
  [answers, policy('AWS::S3::BucketPolicy', 'Results')],
  [alerts, policy('AWS::SNS::TopicPolicy', 'AlertsTopic')],
  [alarms, policy('AWS::SNS::TopicPolicy', 'AlarmTopic')],
  [failures, policy('AWS::SQS::QueuePolicy')],
  [key, policy('AWS::KMS::Key', 'Encryption', 'KeyPolicy')],
  [alarmKey, policy('AWS::KMS::Key', 'AlarmTopic', 'KeyPolicy')],
];

const ROLES = {
  function: [policy('AWS::IAM::Policy', 'AuditRole')],
  scheduler: [policy('AWS::IAM::Policy', 'AuditSchedulerRole')],
  verification: [policy('AWS::IAM::Policy', 'VerificationRole')],
  auditors: [policy('AWS::IAM::Policy', 'AuditorsRole')],
  replication: [policy('AWS::IAM::Policy', 'ReplicationRole')],
  watch: [policy('AWS::IAM::Policy', 'WatchRole')],
  watchSchedule: [policy('AWS::IAM::Policy', 'WatchSchedulerRole')],
  rules: [policy('AWS::IAM::Policy', 'AlarmsRulesRole')],
  administrator: [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }],
} as const;

const ask = (
  principal: string,
  identityPolicies: readonly unknown[],
  action: string,
  resource: string,
  context?: Context,
  resourcePolicies = RESOURCE_POLICIES,
) => askIam(principal, identityPolicies, action, resource, context, resourcePolicies);

const askAs = (role: keyof typeof ROLES, action: string, resource: string, context?: Context) =>
  ask(`arn:aws:iam::${ACCOUNT}:role/${role}`, ROLES[role], action, resource, context);

const NEW: Context = { 's3:if-none-match': '*' };
const SWAP: Context = { 's3:if-match': '"etag"' };
const via = (service: string): Context => ({ 'kms:ViaService': `${service}.${REGION}.amazonaws.com` });

type Case = readonly [action: string, resource: string, context?: Context];

const WRITTEN_ONCE = [
  'chain/environment=abc/000000000001.json',
  'keys/arn_aws_kms_us-east-1_1_key_a.pem',
  'rulesets/ff.json',
  ...['principals', 'groups', 'findings', 'resolved', 'verifications'].map(
    (area) => `${area}/environment=abc/dt=2026-11-24/20261124T020000Z.json`,
  ),
  ...['reports', 'incomplete', 'listings'].map(
    (area) => `${area}/environment=abc/dt=2026-11-24/20261124T020000Z-try/report.json`,
  ),
];

describe('the function may', () => {
  it.each<Case>([
    ['finspace-api:GetProgrammaticAccessCredentials', credentials],
    ['finspace-api:GetProgrammaticAccessCredentials', credentials.replace(REGION, 'eu-west-1')],
    ['sts:AssumeRole', 'arn:aws:iam::222233334444:role/audited'],
    ['s3:GetObject', snapshot],
    ['s3:ListBucket', archive],
    ['s3:PutObject', manifest, NEW],
    ['s3:PutObject', snapshot, NEW],
    ['s3:PutObject', latest, SWAP],
    ['s3:PutObjectTagging', page],
    ['s3:PutObjectRetention', page, { 's3:object-lock-remaining-retention-days': '1' }],
    ['s3:PutObjectRetention', `${archive}/reports/index.html`, { 's3:object-lock-remaining-retention-days': '1' }],
    ['sns:Publish', alerts],
    ['sns:ListSubscriptionsByTopic', alerts],
    ['sns:ListSubscriptionsByTopic', alarms],
    ['sns:GetSubscriptionAttributes', alerts],
    ['sns:GetSubscriptionAttributes', alarms],
    ['scheduler:GetSchedule', ownSchedule],
    ['s3:GetBucketVersioning', archive],
    ['s3:GetBucketPolicy', archive],
    ['kms:DescribeKey', key],
    ['sqs:SendMessage', failures],
    ['events:PutEvents', eventBus('security')],
    ['securityhub:BatchImportFindings', securityHub(`product/${ACCOUNT}/default`)],
    ['securityhub:DescribeHub', securityHub('hub/default')],
    ['logs:CreateLogStream', logStream],
    ['logs:PutLogEvents', logStream],
    ['kms:GenerateDataKey', key, via('s3')],
    ['kms:Decrypt', key, via('s3')],
    ['kms:GenerateDataKey', key, via('sns')],
    ['kms:GenerateDataKey', key, via('sqs')],
  ])('%s on %s', async (...request) => {
    expect(await askAs('function', ...request)).toBe('allowed');
  });
});

describe('the function must not', () => {
  it.each<Case>([
    ['finspace-api:GetProgrammaticAccessCredentials', credentials.replace(ACCOUNT, '999999999999')],
    ['finspace-api:GetProgrammaticAccessCredentials', credentials.replace(REGION, 'eu-central-1')],
    ['sts:AssumeRole', 'arn:aws:iam::222233334444:role/another'],
    ['sts:AssumeRole', 'arn:aws:iam::222233334444:role/audited/too'],
    ['sts:AssumeRole', 'arn:aws:iam::333344445555:role/audited'],
    ['finspace:CreateUser', `arn:aws:finspace:${REGION}:${ACCOUNT}:environment/abc`],
    ['finspace:UpdateUser', `arn:aws:finspace:${REGION}:${ACCOUNT}:environment/abc`],
    ['s3:PutObject', latest],
    ['s3:PutObject', manifest, SWAP],
    ['s3:PutObject', snapshot, SWAP],
    ...WRITTEN_ONCE.map((name): Case => ['s3:PutObject', `${archive}/${name}`, SWAP]),
    ['s3:PutObject', manifest, { ...NEW, 'aws:SecureTransport': 'false' }],
    ['s3:PutObject', 'arn:aws:s3:::another/key', NEW],
    ['s3:GetObject', 'arn:aws:s3:::another/key'],
    ['s3:GetObject', `${accessLogs}/archive/log`],
    ['s3:ListBucket', accessLogs],
    ['s3:GetObject', `${answers}/answer.csv`],
    ['s3:PutObject', `${answers}/answer.csv`, NEW],
    ['athena:StartQueryExecution', `arn:aws:athena:${REGION}:${ACCOUNT}:workgroup/Auditor`],
    ['s3:DeleteObject', latest],
    ['s3:DeleteObjectVersion', manifest],
    ['s3:BypassGovernanceRetention', manifest],
    ['s3:PutObjectRetention', manifest],
    ['s3:PutObjectRetention', manifest, { 's3:object-lock-remaining-retention-days': '1' }],
    ['s3:PutObjectRetention', page, { 's3:object-lock-remaining-retention-days': '3' }],
    ['s3:PutObjectTagging', manifest],
    ['s3:PutObjectTagging', latest],
    ['s3:GetBucketPolicy', accessLogs],
    ['kms:DescribeKey', alarmKey],
    ['s3:PutBucketPolicy', archive],
    ['s3:PutLifecycleConfiguration', archive],
    ['s3:PutBucketVersioning', archive],
    ['sns:Publish', alarms],
    ['sns:Publish', `arn:aws:sns:${REGION}:${ACCOUNT}:another`],
    ['sns:Subscribe', alerts],
    ['sns:Unsubscribe', alerts],
    ['events:PutEvents', eventBus('default')],
    ['securityhub:BatchImportFindings', securityHub('product/aws/guardduty')],
    ['securityhub:BatchImportFindings', securityHub(`product/${ACCOUNT}/default`).replace(REGION, 'eu-central-1')],
    ['securityhub:BatchUpdateFindings', securityHub('hub/default')],
    ['securityhub:GetFindings', securityHub('hub/default')],
    ['events:PutRule', `arn:aws:events:${REGION}:${ACCOUNT}:rule/any`],
    ['sqs:ReceiveMessage', failures],
    ['sqs:DeleteMessage', failures],
    ['kms:Decrypt', key],
    ['kms:Decrypt', key, via('dynamodb')],
    ['kms:Decrypt', alarmKey, via('sns')],
    ['kms:ScheduleKeyDeletion', key],
    ['kms:PutKeyPolicy', key],
    ['logs:DeleteLogGroup', logStream.split(':log-stream')[0] ?? ''],
    ['logs:PutRetentionPolicy', logStream.split(':log-stream')[0] ?? ''],
    ['lambda:InvokeFunction', auditor],
    ['lambda:UpdateFunctionCode', auditor],
    ['sns:ListSubscriptionsByTopic', `arn:aws:sns:${REGION}:${ACCOUNT}:another`],
    ['sns:GetSubscriptionAttributes', `arn:aws:sns:${REGION}:${ACCOUNT}:another`],
    ['sns:SetSubscriptionAttributes', alerts],
    ['scheduler:GetSchedule', `${schedules}/another`],
    ['scheduler:GetSchedule', ownSchedule.replace(`${schedules}/`, `${schedules}/not-`)],
    ['scheduler:ListSchedules', '*'],
    ['scheduler:UpdateSchedule', ownSchedule],
    ['scheduler:DeleteSchedule', ownSchedule],
    ['cloudwatch:DeleteAlarms', `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:silence`],
    ['iam:CreateUser', `arn:aws:iam::${ACCOUNT}:user/someone`],
    ['iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/another`],
    ['iam:PutRolePolicy', `arn:aws:iam::${ACCOUNT}:role/function`],
    ['sts:AssumeRole', `arn:aws:iam::${ACCOUNT}:role/another`],
    ['secretsmanager:GetSecretValue', `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:any`],
  ])('%s on %s', async (...request) => {
    expect(await askAs('function', ...request)).toBe('denied');
  });
});

describe('the schedule', () => {
  it.each<Case>([
    ['lambda:InvokeFunction', auditor],
    ['sqs:SendMessage', failures],
    ['kms:GenerateDataKey', key, via('sqs')],
  ])('may %s on %s', async (...request) => {
    expect(await askAs('scheduler', ...request)).toBe('allowed');
  });

  it.each<Case>([
    ['lambda:InvokeFunction', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:another`],
    ['lambda:UpdateFunctionCode', auditor],
    ['sqs:ReceiveMessage', failures],
    ['kms:Decrypt', key, via('s3')],
    ['s3:GetObject', snapshot],
    ['sns:Publish', alerts],
    ['finspace-api:GetProgrammaticAccessCredentials', credentials],
  ])('must not %s on %s', async (...request) => {
    expect(await askAs('scheduler', ...request)).toBe('denied');
  });
});

describe('the watch of silence', () => {
  it.each<Case>([
    ['s3:GetObject', latest],
    ['s3:ListBucket', archive],
    ['sns:Publish', alarms],
    ['kms:GenerateDataKey', alarmKey, via('sns')],
    ['kms:Decrypt', key, via('s3')],
    ['sqs:SendMessage', failures],
    ['s3:PutObject', overviewPage, SWAP],
    ['s3:PutObject', mailMarker, NEW],
    ['scheduler:GetSchedule', ownSchedule],
  ])('may %s on %s', async (...request) => {
    expect(await askAs('watch', ...request)).toBe('allowed');
  });

  it.each<Case>([
    ['s3:PutObject', latest, SWAP],
    ['s3:PutObject', manifest, NEW],
    ['s3:PutObject', overviewPage],
    ['s3:PutObject', `${archive}/reports/environment=abc/index.html`, SWAP],
    ['s3:PutObject', `${archive}/alerts/environment=abc/dt=2026-11-24/20261124T020000Z.json`, NEW],
    ['s3:DeleteObject', latest],
    ['sns:Publish', alerts],
    ['sns:Subscribe', alarms],
    ['finspace-api:GetProgrammaticAccessCredentials', credentials],
    ['sts:AssumeRole', 'arn:aws:iam::222233334444:role/audited'],
    ['kms:Decrypt', alarmKey],
    ['kms:Decrypt', key, via('sns')],
    ['lambda:InvokeFunction', auditor],
    ['scheduler:GetSchedule', `${schedules}/another`],
    ['scheduler:UpdateSchedule', ownSchedule],
    ['scheduler:DeleteSchedule', ownSchedule],
  ])('must not %s on %s', async (...request) => {
    expect(await askAs('watch', ...request)).toBe('denied');
  });

  it('is all that its schedule may invoke', async () => {
    expect(await askAs('watchSchedule', 'lambda:InvokeFunction', arn('AWS::Lambda::Function', 'Watch'))).toBe(
      'allowed',
    );
    expect(await askAs('watchSchedule', 'lambda:InvokeFunction', auditor)).toBe('denied');
  });
});

const verification = `${archive}/verifications/environment=abc/dt=2026-11-24/20261124T123700Z.json`;

describe('the function that verifies', () => {
  it.each<Case>([
    ['s3:GetObject', snapshot],
    ['s3:ListBucket', archive],
    ['s3:PutObject', verification, NEW],
    ['kms:Decrypt', key, via('s3')],
    ['kms:GenerateDataKey', key, via('s3')],
    ['sqs:SendMessage', failures],
  ])('may %s on %s', async (...request) => {
    expect(await askAs('verification', ...request)).toBe('allowed');
  });

  it.each<Case>([
    ['s3:PutObject', verification, SWAP],
    ['s3:PutObject', verification],
    ['s3:PutObject', manifest, NEW],
    ['s3:PutObject', latest, SWAP],
    ['s3:DeleteObject', verification],
    ['s3:DeleteObjectVersion', verification],
    ['s3:PutObjectRetention', verification],
    ['s3:GetObject', `${accessLogs}/archive/log`],
    ['sns:Publish', alerts],
    ['sns:Publish', alarms],
    ['finspace-api:GetProgrammaticAccessCredentials', credentials],
    ['sts:AssumeRole', 'arn:aws:iam::222233334444:role/audited'],
    ['kms:Decrypt', key],
    ['kms:Decrypt', key, via('sns')],
    ['lambda:InvokeFunction', auditor],
    ['s3:PutLifecycleConfiguration', archive],
  ])('must not %s on %s', async (...request) => {
    expect(await askAs('verification', ...request)).toBe('denied');
  });
});

describe('an auditor', () => {
  it.each<Case>([
    ['s3:GetObject', snapshot],
    ['s3:GetObject', verification],
    ['s3:GetObjectVersion', manifest],
    ['s3:ListBucket', archive],
    ['s3:ListBucketVersions', archive],
    ['kms:Decrypt', key, via('s3')],
  ])('may %s on %s', async (...request) => {
    expect(await askAs('auditors', ...request)).toBe('allowed');
  });

  it.each<Case>([
    ['s3:PutObject', manifest, NEW],
    ['s3:PutObject', latest, SWAP],
    ['s3:DeleteObject', latest],
    ['s3:DeleteObjectVersion', manifest],
    ['s3:PutObjectRetention', manifest],
    ['s3:PutObjectLegalHold', manifest],
    ['s3:BypassGovernanceRetention', manifest],
    ['s3:PutBucketPolicy', archive],
    ['s3:GetObject', `${accessLogs}/archive/log`],
    ['s3:GetObject', `${answers}/answer.csv`],
    ['s3:GetObject', 'arn:aws:s3:::another/key'],
    ['s3:ListAllMyBuckets', '*'],
    ['kms:Decrypt', key],
    ['kms:Decrypt', key, via('sns')],
    ['kms:GenerateDataKey', key, via('s3')],
    ['kms:Decrypt', alarmKey, via('s3')],
    ['sns:Publish', alerts],
    ['sns:Subscribe', alerts],
    ['sqs:ReceiveMessage', failures],
    ['lambda:InvokeFunction', auditor],
    ['logs:GetLogEvents', logStream],
    ['athena:StartQueryExecution', `arn:aws:athena:${REGION}:${ACCOUNT}:workgroup/Auditor`],
    ['sts:AssumeRole', `arn:aws:iam::${ACCOUNT}:role/another`],
    ['iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/another`],
  ])('must not %s on %s', async (...request) => {
    expect(await askAs('auditors', ...request)).toBe('denied');
  });

  it('is who the config names, and nobody else', () => {
    const trust = resolve(only(template, 'AWS::IAM::Role', 'AuditorsRole').properties.AssumeRolePolicyDocument);
    expect(trust).toEqual({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::222233334444:role/examiner' } },
      ],
    });
  });
});

describe('the copying', () => {
  const copy = 'arn:aws:s3:::copy-of-evidence';
  const copyKey = 'arn:aws:kms:eu-west-1:222233334444:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const ofAccount = (account: string): Context => ({ 'aws:ResourceAccount': account });
  const through = (region: string): Context => ({ 'kms:ViaService': `s3.${region}.amazonaws.com` });
  /** The grant of the owner of the other key, as the runbook says: everything is for the role's own policy to keep small. */
  const allowed = (Action: string) => ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action,
        Resource: '*',
        Condition: { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/Auditor-*` } },
      },
    ],
  });
  const copier = `arn:aws:iam::${ACCOUNT}:role/Auditor-Replication`;
  const askCopying = (action: string, resource: string, context?: Context) =>
    ask(copier, ROLES.replication, action, resource, { ...context, 'aws:PrincipalArn': copier }, [
      ...RESOURCE_POLICIES,
      [copyKey, allowed('kms:*')],
    ]);

  it.each<Case>([
    ['s3:GetReplicationConfiguration', archive],
    ['s3:ListBucket', archive],
    ['s3:GetObjectVersionForReplication', snapshot],
    ['s3:GetObjectRetention', snapshot],
    ['s3:GetObjectLegalHold', snapshot],
    ['s3:ReplicateObject', `${copy}/key`, ofAccount('222233334444')],
    ['kms:Decrypt', key, through(REGION)],
    ['kms:Encrypt', copyKey, through('eu-west-1')],
  ])('may %s on %s', async (...request) => {
    expect(await askCopying(...request)).toBe('allowed');
  });

  it.each<Case>([
    ['s3:ReplicateObject', `${copy}/key`, ofAccount('999999999999')],
    ['s3:ReplicateDelete', `${copy}/key`, ofAccount('222233334444')],
    ['s3:ObjectOwnerOverrideToBucketOwner', `${copy}/key`, ofAccount('222233334444')],
    ['s3:ReplicateObject', 'arn:aws:s3:::another/key', ofAccount('222233334444')],
    ['s3:PutObject', manifest, NEW],
    ['s3:DeleteObjectVersion', manifest],
    ['s3:GetObject', snapshot],
    ['kms:Decrypt', key],
    ['kms:Decrypt', copyKey, through('eu-west-1')],
    ['kms:Encrypt', copyKey, through(REGION)],
    ['kms:Encrypt', key, through(REGION)],
  ])('must not %s on %s', async (...request) => {
    expect(await askCopying(...request)).toBe('denied');
  });
});

describe('a rule', () => {
  it.each<Case>([
    ['sns:Publish', alarms],
    ['kms:GenerateDataKey', alarmKey, via('sns')],
  ])('may %s on %s', async (...request) => {
    expect(await askAs('rules', ...request)).toBe('allowed');
  });

  it.each<Case>([
    ['sns:Publish', alerts],
    ['sns:Subscribe', alarms],
    ['kms:Decrypt', alarmKey],
    ['kms:GenerateDataKey', key, via('sns')],
    ['lambda:InvokeFunction', auditor],
  ])('must not %s on %s', async (...request) => {
    expect(await askAs('rules', ...request)).toBe('denied');
  });
});

describe('an administrator of the account', () => {
  it('may write anew', async () => {
    expect(await askAs('administrator', 's3:PutObject', manifest, NEW)).toBe('allowed');
  });

  it.each<Case>([
    ['s3:DeleteObject', latest],
    ['s3:DeleteObjectVersion', manifest],
    ['s3:PutObject', latest],
    ['s3:PutObject', manifest, SWAP],
    ['s3:PutObject', snapshot, SWAP],
    ['s3:GetObject', snapshot, { 'aws:SecureTransport': 'false' }],
    ['s3:GetObject', snapshot, { 's3:TlsVersion': '1.1' }],
    ['s3:GetObject', `${answers}/answer.csv`, { 'aws:SecureTransport': 'false' }],
  ])('must not %s on %s', async (...request) => {
    expect(await askAs('administrator', ...request)).toBe('denied');
  });
});

describe('the roles that services take', () => {
  const rule = (account: string) => `arn:aws:events:${REGION}:${account}:rule/any`;
  const ANOTHER = '999999999999';

  it.each<[role: string, service: string, context: Context, outcome: 'allowed' | 'denied']>([
    ...['EvidenceWatchRulesRole', 'AlarmsRulesRole'].flatMap(
      (role): readonly [string, string, Context, 'allowed' | 'denied'][] => {
        const from = (account: string, source = rule(account)) => ({
          'aws:SourceAccount': account,
          'aws:SourceArn': source,
        });
        return [
          [role, 'events.amazonaws.com', from(ACCOUNT), 'allowed'],
          [role, 'events.amazonaws.com', from(ANOTHER), 'denied'],
          [role, 'events.amazonaws.com', from(ACCOUNT, rule(ANOTHER)), 'denied'],
          [role, 'events.amazonaws.com', {}, 'denied'],
          [role, 'scheduler.amazonaws.com', from(ACCOUNT), 'denied'],
        ];
      },
    ),
    ...['AuditSchedulerRole', 'WatchSchedulerRole'].flatMap(
      (role): readonly [string, string, Context, 'allowed' | 'denied'][] => [
        [role, 'scheduler.amazonaws.com', { 'aws:SourceAccount': ACCOUNT }, 'allowed'],
        [role, 'scheduler.amazonaws.com', { 'aws:SourceAccount': ANOTHER }, 'denied'],
        [role, 'scheduler.amazonaws.com', {}, 'denied'],
      ],
    ),
  ])('%s by %s from %j: %s', async (role, service, context, outcome) => {
    const trust = policy('AWS::IAM::Role', role, 'AssumeRolePolicyDocument');
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/${role}`;
    expect(await ask(service, [], 'sts:AssumeRole', roleArn, context, [[roleArn, trust]])).toBe(outcome);
  });
});

describe('services', () => {
  const ownRule = `arn:aws:events:${REGION}:${ACCOUNT}:rule/any`;
  const from = (account: string): Context => ({
    'aws:SourceAccount': account,
    'aws:SourceArn': `arn:aws:cloudwatch:${REGION}:${account}:alarm:any`,
  });

  it.each<[string, string, string, Context?]>([
    ['cloudwatch.amazonaws.com', 'sns:Publish', alarms, from(ACCOUNT)],
    ['cloudwatch.amazonaws.com', 'kms:GenerateDataKey', alarmKey, from(ACCOUNT)],
  ])('%s may %s on %s', async (service, ...request) => {
    expect(await ask(service, [], ...request)).toBe('allowed');
  });

  it.each<[string, string, string, Context?]>([
    ['cloudwatch.amazonaws.com', 'sns:Publish', alarms, from('999999999999')],
    ['cloudwatch.amazonaws.com', 'kms:GenerateDataKey', alarmKey, from('999999999999')],
    ['cloudwatch.amazonaws.com', 'sns:Publish', alerts, from(ACCOUNT)],
    ['cloudwatch.amazonaws.com', 'kms:Decrypt', key, from(ACCOUNT)],
    ['cloudwatch.amazonaws.com', 'sns:Publish', alarms, { ...from(ACCOUNT), 'aws:SourceArn': ownRule }],
    ['cloudwatch.amazonaws.com', 'sns:Publish', alarms],
    ['cloudwatch.amazonaws.com', 'kms:GenerateDataKey', alarmKey],
    // EventBridge tells KMS of no source: its rules publish by a role of this account.
    ['events.amazonaws.com', 'sns:Publish', alarms],
    ['events.amazonaws.com', 'sns:Publish', alarms, { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': ownRule }],
    ['events.amazonaws.com', 'kms:GenerateDataKey', alarmKey],
    ['events.amazonaws.com', 'kms:Decrypt', key],
    ['events.amazonaws.com', 'sns:Publish', alerts],
    ['s3.amazonaws.com', 'sns:Publish', alarms, from(ACCOUNT)],
  ])('%s must not %s on %s', async (service, ...request) => {
    expect(await ask(service, [], ...request)).toBe('denied');
  });
});

describe('where a role alone may change how evidence is kept', () => {
  const BREAK_GLASS = `arn:aws:iam::${ACCOUNT}:role/break-glass`;
  const guarded = stackTemplate(`environments: [{ id: abc }]\nbreakGlassRoleArn: ${BREAK_GLASS}`);
  const { arnOf: guardedArnOf, resolve: resolveGuarded } = deployed(guarded);
  const bucket = guardedArnOf(only(guarded, 'AWS::S3::Bucket', 'ArchiveBucket').id);
  const guardedKey = guardedArnOf(only(guarded, 'AWS::KMS::Key', 'Encryption').id);
  const policies: typeof RESOURCE_POLICIES = [
    [bucket, resolveGuarded(only(guarded, 'AWS::S3::BucketPolicy', 'ArchiveBucket').properties.PolicyDocument)],
    [guardedKey, resolveGuarded(only(guarded, 'AWS::KMS::Key', 'Encryption').properties.KeyPolicy)],
  ];
  const askBy = (principal: string, action: string, resource: string, context: Context = {}) =>
    ask(principal, ROLES.administrator, action, resource, { ...context, 'aws:PrincipalArn': principal }, policies);

  const CHANGES: readonly (readonly [string, string])[] = [
    ...[
      's3:PutBucketPolicy',
      's3:DeleteBucketPolicy',
      's3:PutLifecycleConfiguration',
      's3:PutBucketObjectLockConfiguration',
      's3:PutBucketOwnershipControls',
      's3:PutBucketPublicAccessBlock',
      's3:PutBucketVersioning',
      's3:PutReplicationConfiguration',
      's3:PutEncryptionConfiguration',
      's3:DeleteBucket',
    ].map((action) => [action, bucket] as const),
    ['s3:BypassGovernanceRetention', `${bucket}/latest/environment=abc.json`],
    ...['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:PutKeyPolicy', 'kms:DisableKeyRotation'].map(
      (action) => [action, guardedKey] as const,
    ),
  ];

  it.each(CHANGES)('%s on %s is denied to administrators and CloudFormation, and that role may', async (action, on) => {
    expect(await askBy(`arn:aws:iam::${ACCOUNT}:role/administrator`, action, on)).toBe('denied');
    expect(await askBy(`arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}`, action, on)).toBe(
      'denied',
    );
    expect(await askBy(`${BREAK_GLASS}-not`, action, on)).toBe('denied');
    expect(await askBy(BREAK_GLASS, action, on)).toBe('allowed');
  });

  it('that role may not delete evidence either', async () => {
    expect(await askBy(BREAK_GLASS, 's3:DeleteObjectVersion', `${bucket}/latest/environment=abc.json`)).toBe('denied');
  });

  it('evidence is read and written as before', async () => {
    const administrator = `arn:aws:iam::${ACCOUNT}:role/administrator`;
    expect(await askBy(administrator, 's3:GetBucketPolicy', bucket)).toBe('allowed');
    expect(await askBy(administrator, 's3:PutObject', `${bucket}/latest/environment=abc.json`, SWAP)).toBe('allowed');
    expect(await askBy(administrator, 'kms:Decrypt', guardedKey)).toBe('allowed');
  });

  it('all that is denied is watched, either way', () => {
    for (const stack of [guarded, template]) {
      const { detail } = only(stack, 'AWS::Events::Rule', 'EvidenceWatch').properties.EventPattern;
      expect(detail.$or[0]).toEqual({
        requestParameters: { bucketName: [{ Ref: only(stack, 'AWS::S3::Bucket', 'ArchiveBucket').id }] },
      });
      expect(detail.$or[1]).toEqual({ resources: { ARN: [only(stack, 'AWS::KMS::Key', 'Encryption').arn] } });
      // CloudTrail has names of its own for some of IAM's actions, of which some let in two calls: to set, and to delete.
      const CALLED: Readonly<Record<string, readonly string[]>> = {
        PutLifecycleConfiguration: ['PutBucketLifecycle', 'DeleteBucketLifecycle'],
        PutReplicationConfiguration: ['PutBucketReplication', 'DeleteBucketReplication'],
        PutEncryptionConfiguration: ['PutBucketEncryption', 'DeleteBucketEncryption'],
        PutBucketPublicAccessBlock: ['PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock'],
        PutBucketOwnershipControls: ['PutBucketOwnershipControls', 'DeleteBucketOwnershipControls'],
      };
      const calls = CHANGES.map(([action]) => action.split(':')[1] ?? '').filter((name) => !name.startsWith('Bypass'));
      expect(detail.eventName).toEqual(expect.arrayContaining(calls.flatMap((name) => CALLED[name] ?? [name])));
    }
  });
});

describe('where executions are durable', () => {
  const durable = stackTemplate('environments: [{ id: abc }]\nlisting: { mode: durable }');
  const { arnOf: durableArnOf, resolve: resolveDurable } = deployed(durable);
  const policies = (...parts: readonly string[]) =>
    parts.map((part) => resolveDurable(only(durable, 'AWS::IAM::Policy', part).properties.PolicyDocument));
  const own = durableArnOf(only(durable, 'AWS::Lambda::Function', 'AuditFunction').id);
  const alias = durableArnOf(only(durable, 'AWS::Lambda::Alias').id);
  const execution = `${own}:1/durable-execution/any/any`;
  const foreign = execution.replace(own, `${own}2`);
  const HOLDERS = { function: policies('AuditRole', 'Checkpoints'), schedule: policies('AuditSchedulerRole') };

  it.each<[keyof typeof HOLDERS, string, string, string]>([
    ['function', 'allowed', 'lambda:CheckpointDurableExecution', execution],
    ['function', 'allowed', 'lambda:GetDurableExecutionState', execution],
    ['function', 'denied', 'lambda:CheckpointDurableExecution', foreign],
    ['function', 'denied', 'lambda:GetDurableExecutionState', foreign],
    ['function', 'denied', 'lambda:StopDurableExecution', execution],
    ['function', 'denied', 'lambda:GetDurableExecutionHistory', execution],
    ['function', 'denied', 'lambda:InvokeFunction', own],
    ['function', 'denied', 'lambda:InvokeFunction', alias],
    ['schedule', 'allowed', 'lambda:InvokeFunction', alias],
    ['schedule', 'denied', 'lambda:InvokeFunction', own],
    ['schedule', 'denied', 'lambda:CheckpointDurableExecution', execution],
  ])('the %s is %s %s on %s', async (holder, answer, ...request) => {
    expect(await ask(`arn:aws:iam::${ACCOUNT}:role/${holder}`, HOLDERS[holder], ...request)).toBe(answer);
  });
});

describe('a function that audits saved rosters', () => {
  const rosterKey = `arn:aws:kms:${REGION}:${ACCOUNT}:key/12345678-1234-1234-1234-123456789012`;
  const farKey = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/12345678-1234-1234-1234-123456789013`;
  const viaFar = { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' };
  const byTheAccount = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
    ],
  };
  const saved = stackTemplate(`environments:
  - { id: ghi, source: { roster: "s3://far-rosters/", key: "${farKey}" } }
  - { id: abc, source: { roster: "s3://their-rosters/finspace/", key: "${rosterKey}" } }
  - { id: def, source: { roster: "s3://our-rosters/" } }`);
  const document = deployed(saved).resolve(only(saved, 'AWS::IAM::Policy', 'AuditRole').properties.PolicyDocument);
  const askIt = (action: string, resource: string, context?: Context) =>
    ask(`arn:aws:iam::${ACCOUNT}:role/function`, [document], action, resource, context, [
      [rosterKey, byTheAccount],
      [farKey, byTheAccount],
    ]);

  it.each<Case>([
    ['s3:GetObject', 'arn:aws:s3:::their-rosters/finspace/2026-10-06.json'],
    ['s3:GetObject', 'arn:aws:s3:::their-rosters/finspace/2026-10-06.json.attestation.json'],
    ['s3:GetObject', 'arn:aws:s3:::our-rosters/users.json.gz'],
    ['s3:ListBucket', 'arn:aws:s3:::their-rosters', { 's3:prefix': 'finspace/' }],
    ['s3:ListBucket', 'arn:aws:s3:::our-rosters', { 's3:prefix': '' }],
    ['kms:Decrypt', rosterKey, via('s3')],
    ['kms:Decrypt', farKey, viaFar],
  ])('may %s on %s', async (...request) => {
    expect(await askIt(...request)).toBe('allowed');
  });

  it.each<Case>([
    ['s3:GetObject', 'arn:aws:s3:::their-rosters/payroll/2026-10-06.json'],
    ['s3:PutObject', 'arn:aws:s3:::their-rosters/finspace/2026-10-06.json.attestation.json'],
    ['s3:DeleteObject', 'arn:aws:s3:::our-rosters/users.json.gz'],
    ['s3:ListBucket', 'arn:aws:s3:::another', { 's3:prefix': 'finspace/' }],
    ['kms:Decrypt', rosterKey],
    ['kms:GenerateDataKey', rosterKey, via('s3')],
    ['finspace-api:GetProgrammaticAccessCredentials', credentials],
  ])('must not %s on %s', async (...request) => {
    expect(await askIt(...request)).toBe('denied');
  });
});
