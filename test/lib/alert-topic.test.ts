import { PublishCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { AlertRecipient } from '../../core/config/recipient.ts';
import type { Alert } from '../../core/notify/channel.ts';
import { AlarmTopic } from '../../lib/alarm-topic.ts';
import { AlertTopic } from '../../lib/alert-topic.ts';
import { SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import { type AwsEmulator, startAwsEmulator } from '../support/aws-emulator.ts';
import { only } from './stack-template.ts';

const email = (endpoint: string): AlertRecipient => ({ protocol: 'email', endpoint });
const https: AlertRecipient = { protocol: 'https', endpoint: 'https://hooks.example.com/a' };
const sqs: AlertRecipient = { protocol: 'sqs', endpoint: 'arn:aws:sqs:us-east-1:111122223333:tickets' };
const lambda: AlertRecipient = {
  protocol: 'lambda',
  endpoint: 'arn:aws:lambda:us-east-1:111122223333:function:paging',
};

const templateOf = (...recipients: readonly AlertRecipient[]): Template => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  const { topic } = new AlertTopic(stack, 'Alerts', { recipients, encryptionKey: new Key(stack, 'Key') });
  expect(topic.node.path).toBe('Stack/Alerts/Topic');
  return Template.fromStack(stack);
};

const subscriptionsOf = (...recipients: readonly AlertRecipient[]) =>
  templateOf(...recipients).findResources('AWS::SNS::Subscription');

const policyOf = (minSeverity: Severity): object => {
  const [subscription] = Object.values(subscriptionsOf({ ...email('a@example.com'), minSeverity }));
  return subscription?.Properties.FilterPolicy;
};

const topicRef = { Ref: expect.stringContaining('AlertsTopic') };

describe('the subscriptions', () => {
  it('are by mail, and all-embracing where no severity is set', () => {
    const [subscription] = Object.values(subscriptionsOf(email('a@example.com')));
    expect(subscription?.Properties).toEqual({ Protocol: 'email', Endpoint: 'a@example.com', TopicArn: topicRef });
  });

  it.each([https, sqs, lambda])('by $protocol keep what was not delivered', ({ protocol, endpoint }) => {
    const template = templateOf({ protocol, endpoint, minSeverity: 'CRITICAL' });
    const queue = only(template, 'AWS::SQS::Queue');
    expect(only(template, 'AWS::SNS::Subscription').properties).toEqual({
      Protocol: protocol,
      Endpoint: endpoint,
      TopicArn: topicRef,
      FilterPolicy: { $or: [{ band: ['CRITICAL-CRITICAL'] }, expect.anything()] },
      RedrivePolicy: { deadLetterTargetArn: queue.arn },
    });
    expect(queue.properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
    expect(only(template, 'AWS::SQS::QueuePolicy').properties.PolicyDocument.Statement).toContainEqual({
      Sid: 'UndeliveredAlerts',
      Effect: 'Allow',
      Principal: { Service: 'sns.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: queue.arn,
      Condition: { ArnEquals: { 'aws:SourceArn': topicRef } },
    });
  });

  it('by mail alone need no queue', () => {
    expect(templateOf(email('a@example.com')).findResources('AWS::SQS::Queue')).toEqual({});
  });

  it('share one queue, which mails have no part in', () => {
    const template = templateOf(https, sqs, email('a@example.com'));
    expect(Object.keys(template.findResources('AWS::SQS::Queue'))).toHaveLength(1);
    const redriven = Object.values(template.findResources('AWS::SNS::Subscription'))
      .filter(({ Properties }) => Properties.RedrivePolicy !== undefined)
      .map(({ Properties }) => Properties.Protocol);
    expect(redriven).toEqual(['https', 'sqs']);
  });

  it('let this topic alone invoke the function, before it is subscribed', () => {
    const template = templateOf(lambda);
    const permission = only(template, 'AWS::Lambda::Permission');
    expect(permission.properties).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: lambda.endpoint,
      Principal: 'sns.amazonaws.com',
      SourceArn: topicRef,
    });
    const { id } = only(template, 'AWS::SNS::Subscription');
    expect(template.findResources('AWS::SNS::Subscription')[id]?.DependsOn).toEqual([permission.id]);
  });

  it('keep their names when another comes before them', () => {
    const [alone] = Object.keys(subscriptionsOf(email('a@example.com')));
    const both = Object.keys(subscriptionsOf(https, email('a@example.com')));
    expect(both).toHaveLength(2);
    expect(both).toContain(alone);
  });

  it('filter by the band, and what has none by its worst severity', () => {
    expect(policyOf('HIGH')).toEqual({
      $or: [{ band: ['HIGH-CRITICAL'] }, { band: [{ exists: false }], maxSeverity: ['HIGH', 'CRITICAL'] }],
    });
  });

  it('of whoever wants all pass nothing that is for others of some severities', () => {
    const policies = Object.values(
      subscriptionsOf(email('a@example.com'), { ...email('b@example.com'), maxSeverity: 'LOW' }),
    ).map(({ Properties }) => Properties.FilterPolicy);
    expect(policies).toEqual([
      { band: ['INFORMATIONAL-CRITICAL', { exists: false }] },
      { band: ['INFORMATIONAL-LOW', { exists: false }] },
    ]);
  });
});

describe('alarms', () => {
  it('are told by mail and https, whatever their severity, and to no program', () => {
    const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
    const recipients = [{ ...email('a@example.com'), minSeverity: 'CRITICAL' as const }, https, sqs, lambda];
    expect(new AlarmTopic(stack, 'Alarms', { recipients }).topic.node.path).toBe('Stack/Alarms/Topic');
    const subscriptions = Object.values(Template.fromStack(stack).findResources('AWS::SNS::Subscription'));
    expect(subscriptions.map(({ Properties }) => Properties)).toEqual([
      { Protocol: 'email', Endpoint: 'a@example.com', TopicArn: expect.anything() },
      { Protocol: 'https', Endpoint: https.endpoint, TopicArn: expect.anything() },
    ]);
  });

  it.each([
    { recipients: [], warnings: 1 },
    { recipients: [sqs, lambda], warnings: 1 },
    { recipients: [sqs, email('a@example.com')], warnings: 0 },
    { recipients: [https], warnings: 0 },
  ])('warns where nobody would hear: $recipients', ({ recipients, warnings }) => {
    const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
    expect(new AlarmTopic(stack, 'Alarms', { recipients }).topic.node.path).toBe('Stack/Alarms/Topic');
    const given = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('nobody is told'));
    expect(given).toHaveLength(warnings);
  });
});

describe('the filter, at work', () => {
  let aws: AwsEmulator;
  beforeAll(async () => {
    aws = await startAwsEmulator({ bucket: 'archive', topicName: 'alerts' });
  });
  afterAll(() => aws.close());

  const publish = (subject: string, attributes: Alert['attributes']) =>
    aws.sns.send(
      new PublishCommand({
        TopicArn: aws.topicArn,
        Subject: subject,
        Message: 'body',
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
        ),
      }),
    );

  it('passes the mails of the band, and of what has none what is severe enough', async () => {
    const received = await aws.subscribe(policyOf('MEDIUM'));
    const common = { environment: 'abc', verdict: 'COMPLETE' };
    for (const maxSeverity of SEVERITIES) await publish(`of no band, ${maxSeverity}`, { ...common, maxSeverity });
    for (const band of ['MEDIUM-CRITICAL', 'INFORMATIONAL-CRITICAL', 'HIGH-CRITICAL'])
      await publish(`of ${band}`, { ...common, maxSeverity: 'CRITICAL', band });

    expect((await received()).map(({ subject }) => subject)).toEqual([
      'of no band, MEDIUM',
      'of no band, HIGH',
      'of no band, CRITICAL',
      'of MEDIUM-CRITICAL',
    ]);
  });
});
