import { beforeAll, describe, expect, it } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { parseConfig } from '../../lambda/config.ts';
import { AuditorStack } from '../../lib/auditor-stack.ts';

const template = (text: string): Template => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false });
  const config = parseConfig(text, 'audit.yaml', []);
  return Template.fromStack(new AuditorStack(app, 'Auditor', { config, configFile: '/audit.yaml' }));
};

/** The logical id of the only resource of a type (whose id matches). */
const idOf = (stack: Template, type: string, id = ''): string => {
  const [found = 'none', ...others] = Object.keys(stack.findResources(type)).filter((name) =>
    name.includes(id),
  );
  expect(others).toEqual([]);
  return found;
};

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

const statementsOf = (stack: Template, policyId: string): unknown => {
  const [policy] = Object.entries(stack.findResources('AWS::IAM::Policy')).flatMap(([id, { Properties }]) =>
    id.includes(policyId) ? [Properties.PolicyDocument.Statement] : [],
  );
  return policy;
};

const ONE = 'environments: [{ id: abc }]\n';
const THREE = 'environments: [{ id: abc }, { id: def }, { id: ghi }]\n';

describe('the stack of one environment', () => {
  let stack: Template;
  beforeAll(() => {
    stack = template(ONE);
  });

  it('says when the service ended', () => {
    expect(stack.toJSON().Description).toContain('2026-10-07');
  });

  it('runs the function with room for the largest directory', () => {
    stack.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 512,
      Timeout: 900,
      ReservedConcurrentExecutions: 1,
      LoggingConfig: { LogGroup: { Ref: idOf(stack, 'AWS::Logs::LogGroup') } },
      Role: arnOf(idOf(stack, 'AWS::IAM::Role', 'AuditRole')),
      Environment: {
        Variables: {
          AUDIT_BUCKET: { Ref: idOf(stack, 'AWS::S3::Bucket') },
          AUDIT_TOPIC_ARN: { Ref: idOf(stack, 'AWS::SNS::Topic') },
          POWERTOOLS_SERVICE_NAME: 'finspace-auditor',
          NODE_OPTIONS: '--enable-source-maps',
        },
      },
    });
  });

  it('keeps the logs for a year', () => {
    stack.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 365 });
  });

  it('retries what fails, and then keeps it', () => {
    stack.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
      DestinationConfig: { OnFailure: { Destination: arnOf(idOf(stack, 'AWS::SQS::Queue')) } },
    });
  });

  it('schedules the audit, retries its delivery, and keeps what was not delivered', () => {
    stack.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(0 2 * * ? *)',
      ScheduleExpressionTimezone: 'America/New_York',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: arnOf(idOf(stack, 'AWS::Lambda::Function')),
        Input: '{"environmentId":"abc","scheduledTime":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 10 },
        DeadLetterConfig: { Arn: arnOf(idOf(stack, 'AWS::SQS::Queue')) },
        RoleArn: arnOf(idOf(stack, 'AWS::IAM::Role', 'SchedulerRole')),
      },
    });
  });

  it('lets the function do what it needs, and no more', () => {
    const bucket = idOf(stack, 'AWS::S3::Bucket');
    expect(statementsOf(stack, 'AuditRole')).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: arnOf(idOf(stack, 'AWS::Logs::LogGroup')),
      },
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: { 'Fn::Join': ['', [arnOf(bucket), '/*']] },
      },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: arnOf(bucket) },
      { Effect: 'Allow', Action: 'sns:Publish', Resource: { Ref: idOf(stack, 'AWS::SNS::Topic') } },
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf(idOf(stack, 'AWS::SQS::Queue')) },
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
    ]);
  });

  it('lets the scheduler of this account invoke the function, and no more', () => {
    expect(statementsOf(stack, 'SchedulerRole')).toEqual([
      {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Resource: arnOf(idOf(stack, 'AWS::Lambda::Function')),
      },
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf(idOf(stack, 'AWS::SQS::Queue')) },
    ]);
    stack.hasResourceProperties('AWS::IAM::Role', {
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
    stack.allResourcesProperties('AWS::IAM::Role', {
      ManagedPolicyArns: Match.absent(),
      Policies: Match.absent(),
    });
    stack.resourceCountIs('AWS::IAM::Role', 2);
    stack.resourceCountIs('AWS::IAM::Policy', 2);
  });

  it.each(['AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy'])(
    'refuses what is not encrypted on its way: %s',
    (type) => {
      stack.resourceCountIs(type, 1);
      stack.hasResourceProperties(type, {
        PolicyDocument: {
          Statement: [
            Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          ],
        },
      });
    },
  );

  it('encrypts failures, and keeps them for two weeks', () => {
    stack.hasResourceProperties('AWS::SQS::Queue', {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 1_209_600,
    });
  });

  it('mails nobody', () => {
    stack.resourceCountIs('AWS::SNS::Subscription', 0);
  });

  it('tells where things are', () => {
    expect(Object.keys(stack.toJSON().Outputs)).toEqual([
      'BucketName',
      'TopicArn',
      'FunctionName',
      'FailuresQueueUrl',
      'ScheduleNames',
    ]);
  });
});

describe('the stack of three environments', () => {
  it('has one function, and a schedule for each', () => {
    const stack = template(THREE);
    stack.resourceCountIs('AWS::Lambda::Function', 1);
    stack.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: 3 });
    const inputs = Object.values(stack.findResources('AWS::Scheduler::Schedule')).map(
      ({ Properties }) => JSON.parse(Properties.Target.Input).environmentId,
    );
    expect(inputs).toEqual(['abc', 'def', 'ghi']);
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
    { name: 'every minute', cron: '* * * * *', expression: 'cron(* * * * ? *)' },
  ])('is $name', ({ cron, expression }) => {
    template(`${ONE}schedule: { cron: "${cron}", timezone: Europe/London }`).hasResourceProperties(
      'AWS::Scheduler::Schedule',
      { ScheduleExpression: expression, ScheduleExpressionTimezone: 'Europe/London' },
    );
  });
});

describe('direct credentials', () => {
  it('need no permission to exchange any', () => {
    const stack = template(`${ONE}credentials: direct`);
    expect(JSON.stringify(statementsOf(stack, 'AuditRole'))).not.toContain('finspace-api');
  });
});
