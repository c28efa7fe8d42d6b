import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Template } from 'aws-cdk-lib/assertions';
import { schedulerExpression } from '../../core/schedule/cron.ts';
import { appTemplates, only, statementsOf, stackTemplate as template } from './stack-template.ts';

const ONE = 'environments: [{ id: abc }]\n';
const THREE = 'environments: [{ id: abc }, { id: def }, { id: ghi }]\n';

describe('the stack of one environment', () => {
  let stack: Template;
  beforeAll(() => {
    stack = template(ONE);
  });

  const useOfKey = (...services: readonly string[]) => {
    const names = services.map((service) => ({
      'Fn::Join': ['', [`${service}.`, { Ref: 'AWS::Region' }, '.amazonaws.com']],
    }));
    return {
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: only(stack, 'AWS::KMS::Key', 'Encryption').arn,
      Condition: { StringEquals: { 'kms:ViaService': names } },
    };
  };

  it('says when the service ended', () => {
    expect(stack.toJSON().Description).toContain('2026-10-07');
  });

  it('runs the function with room for the largest directory', () => {
    expect(only(stack, 'AWS::Lambda::Function', 'AuditFunction').properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 512,
      Timeout: 900,
      ReservedConcurrentExecutions: 1,
      LoggingConfig: { LogGroup: { Ref: only(stack, 'AWS::Logs::LogGroup', 'AuditLogs').id } },
      Role: only(stack, 'AWS::IAM::Role', 'AuditRole').arn,
      Environment: {
        Variables: {
          AUDIT_BUCKET: { Ref: only(stack, 'AWS::S3::Bucket', 'ArchiveBucket').id },
          AUDIT_TOPIC_ARN: { Ref: only(stack, 'AWS::SNS::Topic', 'AlertsTopic').id },
          AUDIT_ALARM_TOPIC_ARN: { Ref: only(stack, 'AWS::SNS::Topic', 'AlarmTopic').id },
          POWERTOOLS_SERVICE_NAME: 'finspace-auditor',
          POWERTOOLS_METRICS_NAMESPACE: 'FinSpaceUserAuditor',
          NODE_OPTIONS: '--enable-source-maps',
        },
      },
    });
  });

  it('keeps the logs for a year', () => {
    expect(only(stack, 'AWS::Logs::LogGroup', 'AuditLogs').properties).toMatchObject({ RetentionInDays: 365 });
  });

  it('retries what fails, and then keeps it', () => {
    expect(only(stack, 'AWS::Lambda::EventInvokeConfig', 'AuditFunction').properties).toMatchObject({
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
      DestinationConfig: { OnFailure: { Destination: only(stack, 'AWS::SQS::Queue').arn } },
    });
  });

  it('schedules the audit, retries its delivery, and keeps what was not delivered', () => {
    expect(only(stack, 'AWS::Scheduler::Schedule', 'AuditSchedule').properties).toMatchObject({
      ScheduleExpression: 'cron(30 4 * * ? *)',
      ScheduleExpressionTimezone: 'America/New_York',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: only(stack, 'AWS::Lambda::Function', 'AuditFunction').arn,
        Input: '{"environmentId":"abc","scheduledTime":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 10 },
        DeadLetterConfig: { Arn: only(stack, 'AWS::SQS::Queue').arn },
        RoleArn: only(stack, 'AWS::IAM::Role', 'AuditSchedulerRole').arn,
      },
    });
  });

  it('lets the function do what it needs, and no more', () => {
    const bucket = only(stack, 'AWS::S3::Bucket', 'ArchiveBucket');
    const pages = ['environment=*/', ''].map((part) => ({
      'Fn::Join': ['', [bucket.arn, `/reports/${part}index.html`]],
    }));
    expect(statementsOf(stack, 'AuditRole')).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: only(stack, 'AWS::Logs::LogGroup', 'AuditLogs').arn,
      },
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: { 'Fn::Join': ['', [bucket.arn, '/*']] } },
      { Effect: 'Allow', Action: 's3:PutObjectTagging', Resource: pages },
      {
        Effect: 'Allow',
        Action: 's3:PutObjectRetention',
        Resource: pages,
        Condition: { NumericLessThanEquals: { 's3:object-lock-remaining-retention-days': '2' } },
      },
      {
        Effect: 'Allow',
        Action: [
          's3:GetBucketObjectLockConfiguration',
          's3:GetBucketPolicy',
          's3:GetBucketPublicAccessBlock',
          's3:GetBucketVersioning',
          's3:GetEncryptionConfiguration',
          's3:GetLifecycleConfiguration',
          's3:GetReplicationConfiguration',
          's3:ListBucket',
        ],
        Resource: bucket.arn,
      },
      { Effect: 'Allow', Action: 'sns:Publish', Resource: { Ref: only(stack, 'AWS::SNS::Topic', 'AlertsTopic').id } },
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: only(stack, 'AWS::SQS::Queue').arn },
      useOfKey('s3', 'sns', 'sqs'),
      {
        Effect: 'Allow',
        Action: 'finspace-api:GetProgrammaticAccessCredentials',
        Resource: {
          'Fn::Join': [
            '',
            [
              'arn:',
              { Ref: 'AWS::Partition' },
              ':finspace-api:',
              { Ref: 'AWS::Region' },
              ':',
              { Ref: 'AWS::AccountId' },
              ':/credentials/programmatic',
            ],
          ],
        },
      },
      {
        Effect: 'Allow',
        Action: ['sns:GetSubscriptionAttributes', 'sns:ListSubscriptionsByTopic'],
        Resource: ['AlarmTopic', 'AlertsTopic'].map((name) => ({ Ref: only(stack, 'AWS::SNS::Topic', name).id })),
      },
      {
        Effect: 'Allow',
        Action: 'scheduler:GetSchedule',
        Resource: {
          'Fn::Join': [
            '',
            [
              'arn:',
              { Ref: 'AWS::Partition' },
              ':scheduler:',
              { Ref: 'AWS::Region' },
              ':',
              { Ref: 'AWS::AccountId' },
              `:schedule/default/${only(stack, 'AWS::Scheduler::Schedule', 'AuditSchedule').properties.Name.replace(/abc$/, '*')}`,
            ],
          ],
        },
      },
      {
        Effect: 'Allow',
        Action: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus'],
        Resource: only(stack, 'AWS::KMS::Key', 'Encryption').arn,
      },
    ]);
  });

  it('lets the scheduler of this account invoke the function, and no more', () => {
    expect(statementsOf(stack, 'AuditSchedulerRole')).toEqual([
      {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Resource: only(stack, 'AWS::Lambda::Function', 'AuditFunction').arn,
      },
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: only(stack, 'AWS::SQS::Queue').arn },
      useOfKey('sqs'),
    ]);
    expect(only(stack, 'AWS::IAM::Role', 'AuditSchedulerRole').properties).toMatchObject({
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
    });
  });

  it('uses no managed policy, and has no policy that was not looked at here', () => {
    const roles = Object.values(stack.findResources('AWS::IAM::Role'));
    for (const { Properties } of roles) expect(Object.keys(Properties)).toEqual(['AssumeRolePolicyDocument']);
    const policies = Object.keys(stack.findResources('AWS::IAM::Policy'));
    expect(policies.map((id) => id.replace(/DefaultPolicy\w+$/, ''))).toEqual([
      'EvidenceWatchRulesRole',
      'AuditRole',
      'AuditSchedulerRole',
      'VerificationRole',
      'VerificationSchedulerRole',
      'WatchRole',
      'WatchSchedulerRole',
      'AlarmsRulesRole',
    ]);
  });

  it.each(['AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy'])(
    'refuses what is not encrypted on its way: every %s',
    (type) => {
      for (const { Properties } of Object.values(stack.findResources(type))) {
        expect(Properties.PolicyDocument.Statement).toContainEqual(
          expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        );
      }
    },
  );

  it('encrypts archive, alerts, failures and logs by its own key, which turns every year and outlives it', () => {
    const key = only(stack, 'AWS::KMS::Key', 'Encryption');
    expect(key.properties).toMatchObject({ EnableKeyRotation: true });
    expect(stack.findResources('AWS::KMS::Key')[key.id]).toMatchObject({ DeletionPolicy: 'Retain' });
    const encryption = only(stack, 'AWS::S3::Bucket', 'ArchiveBucket').properties.BucketEncryption;
    expect(encryption.ServerSideEncryptionConfiguration).toEqual([
      { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key.arn } },
    ]);
    expect(only(stack, 'AWS::SNS::Topic', 'AlertsTopic').properties).toMatchObject({ KmsMasterKeyId: key.arn });
    expect(only(stack, 'AWS::SQS::Queue').properties).toMatchObject({ KmsMasterKeyId: key.arn });
    expect(only(stack, 'AWS::Logs::LogGroup', 'AuditLogs').properties).toMatchObject({ KmsKeyId: key.arn });
  });

  it('lets no service use that key but the logs, for groups of this stack', () => {
    const { KeyPolicy } = only(stack, 'AWS::KMS::Key', 'Encryption').properties;
    expect(KeyPolicy.Statement.slice(1)).toEqual([
      expect.objectContaining({
        Principal: { Service: { 'Fn::Join': ['', ['logs.', { Ref: 'AWS::Region' }, '.amazonaws.com']] } },
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': {
              'Fn::Join': [
                '',
                [
                  'arn:',
                  { Ref: 'AWS::Partition' },
                  ':logs:',
                  { Ref: 'AWS::Region' },
                  ':',
                  { Ref: 'AWS::AccountId' },
                  ':log-group:Auditor-*',
                ],
              ],
            },
          },
        },
      }),
    ]);
  });

  it('keeps failures for two weeks', () => {
    expect(only(stack, 'AWS::SQS::Queue').properties).toMatchObject({ MessageRetentionPeriod: 1_209_600 });
  });

  // A change of one of them is a new bucket, key or topic beside the old one, whose evidence nobody would find.
  it.each([
    ['EncryptionKey3A692D6E', 'AWS::KMS::Key'],
    ['ArchiveAccessLogs31F4F9D7', 'AWS::S3::Bucket'],
    ['ArchiveBucket49F1AC64', 'AWS::S3::Bucket'],
    ['AlertsTopicCF7C81C9', 'AWS::SNS::Topic'],
    ['AlarmTopicKeyBA1A4AA7', 'AWS::KMS::Key'],
    ['AlarmTopicC2164170', 'AWS::SNS::Topic'],
    ['AuditFailuresE874CBAC', 'AWS::SQS::Queue'],
    ['AuditLogsA35F3E1F', 'AWS::Logs::LogGroup'],
    ['HistoryResultsF34F8131', 'AWS::S3::Bucket'],
  ])('has %s where stacks have it that are deployed', (id, type) => {
    expect(Object.keys(stack.findResources(type))).toContain(id);
  });

  it('mails nobody', () => {
    expect(stack.findResources('AWS::SNS::Subscription')).toEqual({});
  });

  it('tells where things are', () => {
    expect(Object.keys(stack.toJSON().Outputs)).toEqual([
      'BucketName',
      'TopicArn',
      'AlarmTopicArn',
      'WorkGroupName',
      'DatabaseName',
      'DashboardName',
      'FunctionName',
      'VerificationFunctionName',
      'RoleArn',
      'FailuresQueueUrl',
      'SchedulePrefix',
    ]);
  });
});

describe('the stack of three environments', () => {
  it('has one function, and a schedule for each', () => {
    const stack = template(THREE);
    expect(only(stack, 'AWS::Lambda::Function', 'AuditFunction').properties).toMatchObject({
      ReservedConcurrentExecutions: 3,
    });
    const inputs = Object.values(stack.findResources('AWS::Scheduler::Schedule')).map(
      ({ Properties }) => JSON.parse(Properties.Target.Input).environmentId,
    );
    expect(inputs).toEqual(['abc', 'def', 'ghi', undefined, undefined]);
  });

  it('gives schedules the names by which the function looks for them', () => {
    const longest = 'a'.repeat(26);
    const stack = template(`environments: [{ id: abc }, { id: ${longest} }]`);
    const { AUDIT_SCHEDULE_PREFIX: prefix } = only(stack, 'AWS::Lambda::Function', 'AuditFunction').properties
      .Environment.Variables;
    const names = Object.values(stack.findResources('AWS::Scheduler::Schedule')).map(
      ({ Properties }) => Properties.Name,
    );
    expect(names).toEqual([
      `${prefix}-abc`,
      `${prefix}-${longest}`,
      `${prefix}-verification`,
      `${prefix}-silence-watch`,
    ]);
    // https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
    expect(names[1]).toMatch(/^[\w.-]{1,64}$/);
  });
});

describe('the schedule', () => {
  it.each([
    { name: 'every day', cron: '30 3 * * *', expression: 'cron(30 3 * * ? *)' },
    { name: 'a day of the month', cron: '0 0 1,15 * *', expression: 'cron(0 0 1,15 * ? *)' },
    { name: 'working days', cron: '0 2 * * 1-5', expression: 'cron(0 2 ? * MON,TUE,WED,THU,FRI *)' },
    { name: 'Sundays, as 7', cron: '0 2 * * 7', expression: 'cron(0 2 ? * SUN *)' },
    { name: 'some months', cron: '0 2 1 */6 *', expression: 'cron(0 2 1 1,7 ? *)' },
    { name: 'four times a day', cron: '0 */6 * * *', expression: 'cron(0 0,6,12,18 * * ? *)' },
    { name: 'every quarter of an hour', cron: '*/15 * * * *', expression: 'cron(0,15,30,45 * * * ? *)' },
  ])('is $name', ({ cron, expression }) => {
    const stack = template(`${ONE}schedule: { cron: "${cron}", timezone: Europe/London }`);
    expect(only(stack, 'AWS::Scheduler::Schedule', 'AuditSchedule').properties).toMatchObject({
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: 'Europe/London',
    });
    // What `doctor` compares the schedule with.
    expect(schedulerExpression(cron)).toBe(expression);
  });
});

describe('the archive of an earlier stack', () => {
  const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const stack = template(`${ONE}archive: { bucket: earlier-evidence, key: "${KEY}" }`);

  it('is written to in place of one of its own, in its own region, by the key that encrypts it there', () => {
    const { Environment } = only(stack, 'AWS::Lambda::Function', 'AuditFunction').properties;
    const place = { AUDIT_BUCKET: 'earlier-evidence', AUDIT_BUCKET_REGION: 'us-east-1' };
    expect(Environment.Variables).toMatchObject(place);
    const watch = only(stack, 'AWS::Lambda::Function', 'WatchFunction').properties;
    expect(watch.Environment.Variables).toMatchObject(place);
    expect(Object.keys(stack.findResources('AWS::S3::Bucket')).filter((id) => id.startsWith('ArchiveBucket'))).toEqual(
      [],
    );
    for (const role of ['AuditRole', 'WatchRole']) {
      const statements = statementsOf(stack, role);
      expect(JSON.stringify(statements)).toContain(':s3:::earlier-evidence/*');
      expect(statements).toContainEqual({
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: KEY,
        Condition: { StringEquals: { 'kms:ViaService': ['s3.us-east-1.amazonaws.com'] } },
      });
    }
    expect(stack.findOutputs('BucketName').BucketName?.Value).toBe('earlier-evidence');
  });

  it('leaves its key to it: of another region or name, the stack could encrypt nothing else by it', () => {
    const own = only(stack, 'AWS::KMS::Key', 'Encryption').arn;
    for (const { Properties } of Object.values(stack.findResources('AWS::Logs::LogGroup')))
      expect(Properties.KmsKeyId).toEqual(own);
    expect(only(stack, 'AWS::SNS::Topic', 'AlertsTopic').properties.KmsMasterKeyId).toEqual(own);
    expect(only(stack, 'AWS::SQS::Queue').properties.KmsMasterKeyId).toEqual(own);
  });
});

describe('the one mail about all environments', () => {
  const stack = template(`${THREE}alerts:
  - { email: a@example.com, minSeverity: HIGH }
  - { email: a@example.com, digest: all }
  - { email: b@example.com, digest: all, minSeverity: HIGH }
  - { sqs: "arn:aws:sqs:us-east-1:111122223333:tickets", digest: all }`);

  const subscribedTo = (part: string) => {
    const topic = { Ref: only(stack, 'AWS::SNS::Topic', part).id };
    return Object.values(stack.findResources('AWS::SNS::Subscription'))
      .filter(({ Properties }) => JSON.stringify(Properties.TopicArn) === JSON.stringify(topic))
      .map(({ Properties }) => [Properties.Endpoint, Properties.FilterPolicy !== undefined]);
  };

  it('goes to who wants it by a topic of its own, and each digest to the others', () => {
    expect(subscribedTo('OverviewAlertsTopic')).toEqual([
      ['a@example.com', true],
      ['b@example.com', true],
      ['arn:aws:sqs:us-east-1:111122223333:tickets', true],
    ]);
    const [each] = Object.keys(stack.findResources('AWS::SNS::Topic')).filter((id) => id.startsWith('AlertsTopic'));
    expect(subscribedTo(each ?? '')).toEqual([['a@example.com', true]]);
    // Of an alarm everybody is told once.
    expect(subscribedTo('AlarmTopic')).toEqual([
      ['a@example.com', false],
      ['b@example.com', false],
    ]);
    expect(Object.keys(stack.findOutputs('*')).filter((name) => name.startsWith('Overview'))).toEqual([
      'OverviewTopicArn',
      'OverviewUndeliveredQueueArn',
    ]);
  });

  it('may be looked at by the function, for doctor', () => {
    const topic = { Ref: only(stack, 'AWS::SNS::Topic', 'OverviewAlertsTopic').id };
    const { Environment } = only(stack, 'AWS::Lambda::Function', 'AuditFunction').properties;
    expect(Environment.Variables).toMatchObject({ AUDIT_OVERVIEW_TOPIC_ARN: topic });
    const of = statementsOf(stack, 'AuditRole').filter((statement: object) =>
      JSON.stringify(statement).includes(topic.Ref),
    );
    expect(of.flatMap(({ Action }: { Action: string | string[] }) => Action)).toEqual([
      'sns:GetSubscriptionAttributes',
      'sns:ListSubscriptionsByTopic',
    ]);
  });

  it('is sent by the watch of the first stack, which knows all environments, and is an alarm where it is not delivered', () => {
    const topic = { Ref: only(stack, 'AWS::SNS::Topic', 'OverviewAlertsTopic').id };
    const { Environment } = only(stack, 'AWS::Lambda::Function', 'WatchFunction').properties;
    expect(Environment.Variables).toMatchObject({ AUDIT_OVERVIEW: 'true', AUDIT_OVERVIEW_TOPIC_ARN: topic });
    expect(only(stack, 'AWS::CloudWatch::Alarm', 'OverviewNotDelivered').properties).toMatchObject({
      MetricName: 'NumberOfNotificationsFailed',
    });
    const [first, second] = Object.values(
      appTemplates(`environments: [${Array.from({ length: 61 }, (_, index) => `{ id: e${index} }`).join(', ')}]`),
    );
    const variablesOf = (of: Template | undefined) =>
      of && only(of, 'AWS::Lambda::Function', 'WatchFunction').properties.Environment.Variables;
    expect(variablesOf(first)).toHaveProperty('AUDIT_OVERVIEW');
    expect(variablesOf(second)).not.toHaveProperty('AUDIT_OVERVIEW');
  });

  it('has no topic where nobody wants it', () => {
    const none = template(`${ONE}alerts: [{ email: a@example.com }]`);
    expect(Object.keys(none.findResources('AWS::SNS::Topic'))).toHaveLength(2);
  });
});

describe('direct credentials', () => {
  it('need no permission to exchange any', () => {
    const stack = template(`${ONE}credentials: direct`);
    expect(JSON.stringify(statementsOf(stack, 'AuditRole'))).not.toContain('finspace-api');
  });
});

describe('signing', () => {
  const KMS = 'arn:aws:kms:us-east-1:123456789012:';
  const KEY = `${KMS}key/1234abcd-12ab-34cd-56ef-1234567890ab`;

  it.each([
    { by: 'a key', key: KEY, statement: { Effect: 'Allow', Action: ['kms:GetPublicKey', 'kms:Sign'], Resource: KEY } },
    {
      by: 'an alias',
      key: `${KMS}alias/finspace/audit`,
      statement: {
        Effect: 'Allow',
        Action: ['kms:GetPublicKey', 'kms:Sign'],
        Resource: `${KMS}key/*`,
        Condition: { StringEquals: { 'kms:RequestAlias': 'alias/finspace/audit' } },
      },
    },
  ])('by $by lets the function sign with it, and do nothing else with it or with other keys', ({ key, statement }) => {
    const stack = template(`${ONE}signing: { key: "${key}" }`);
    const statements: readonly unknown[] = statementsOf(stack, 'AuditRole');
    expect(statements.filter((entry) => JSON.stringify(entry).includes(KMS))).toEqual([statement]);
  });
});

describe('Security Hub', () => {
  const ROLE = 'arn:aws:iam::222233334444:role/audited';
  const others = `environments: [{ id: far, region: eu-west-1 }, { id: other, assumeRoleArn: "${ROLE}", externalId: agreed }]\n`;
  const OWN = '",{"Ref":"AWS::Region"}';
  const regionsOf = (config: string): readonly unknown[] => {
    const statements: readonly unknown[] = statementsOf(template(config), 'AuditRole');
    const [statement] = statements.filter((one) => Object(one).Action === 'securityhub:BatchImportFindings');
    const parts: readonly unknown[] = [Object(statement).Resource ?? []].flat();
    return parts.map((arn) => /:securityhub:([\w-]+|",\{"Ref":"AWS::Region"\})/.exec(JSON.stringify(arn))?.[1]);
  };

  it.each([
    { account: 'environment', config: `${ONE}securityHub: {}`, regions: [OWN] },
    // Of the account of a role, the role there lets in.
    { account: 'environment, of others', config: `${others}securityHub: {}`, regions: ['eu-west-1'] },
    { account: 'auditor', config: `${others}securityHub: { account: auditor }`, regions: [OWN] },
    { account: 'none', config: ONE, regions: [] },
  ])('of the $account is told in its region', ({ config, regions }) => {
    expect(regionsOf(config)).toEqual(regions);
  });
});

describe('events', () => {
  const ARN = 'arn:aws:events:us-east-1:999999999999:event-bus/security';
  const own = (name: string) => ({
    'Fn::Join': [
      '',
      [
        'arn:',
        { Ref: 'AWS::Partition' },
        ':events:',
        { Ref: 'AWS::Region' },
        ':',
        { Ref: 'AWS::AccountId' },
        `:event-bus/${name}`,
      ],
    ],
  });

  it.each([
    { bus: 'default', resource: own('default') },
    { bus: 'security', resource: own('security') },
    { bus: ARN, resource: ARN },
  ])('to $bus need to be put there, and no more', ({ bus, resource }) => {
    const statements = statementsOf(template(`${ONE}events: { bus: "${bus}" }`), 'AuditRole');
    expect(statements).toContainEqual({ Effect: 'Allow', Action: 'events:PutEvents', Resource: resource });
    expect(JSON.stringify(statements).match(/events:PutEvents/g)).toHaveLength(1);
  });

  it('need nothing where nobody wants them', () => {
    expect(JSON.stringify(statementsOf(template(ONE), 'AuditRole'))).not.toContain('events:');
  });
});

describe('environments of another account', () => {
  const named = (id: string, role: string) =>
    `{ id: ${id}, assumeRoleArn: "arn:aws:iam::222233334444:role/${role}", externalId: agreed }`;
  const allowed = (text: string, action: string) =>
    statementsOf(template(text), 'AuditRole')
      .filter(({ Action }: { Action: unknown }) => Action === action)
      .map(({ Resource }: { Resource: unknown }) => Resource);

  it('are read through exactly the roles that are named, and need no exchange of own keys', () => {
    const text = `environments: [${named('abc', 'one')}, ${named('def', 'two')}, ${named('ghi', 'two')}]`;
    expect(allowed(text, 'sts:AssumeRole')).toEqual([
      ['arn:aws:iam::222233334444:role/one', 'arn:aws:iam::222233334444:role/two'],
    ]);
    expect(allowed(text, 'finspace-api:GetProgrammaticAccessCredentials')).toEqual([]);
  });

  it('need no role to be assumed where there are none', () => {
    expect(allowed(ONE, 'sts:AssumeRole')).toEqual([]);
  });
});
