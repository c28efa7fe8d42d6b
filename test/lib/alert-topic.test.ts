import { PublishCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { AlertRecipient } from '../../lambda/config.ts';
import type { Alert } from '../../lambda/ports.ts';
import { AlertTopic } from '../../lib/alert-topic.ts';
import { SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import { type AwsEmulator, startAwsEmulator } from '../support/aws-emulator.ts';

const subscriptionsOf = (...recipients: readonly AlertRecipient[]) => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  const { topic } = new AlertTopic(stack, 'Alerts', { recipients, encryptionKey: new Key(stack, 'Key') });
  expect(topic.node.path).toBe('Stack/Alerts/Topic');
  return Template.fromStack(stack).findResources('AWS::SNS::Subscription');
};

const policyOf = (minSeverity: Severity): object => {
  const [subscription] = Object.values(subscriptionsOf({ email: 'a@example.com', minSeverity }));
  return subscription?.Properties.FilterPolicy;
};

describe('the subscriptions', () => {
  it('are by mail, and all-embracing where no severity is set', () => {
    const [subscription] = Object.values(subscriptionsOf({ email: 'a@example.com' }));
    expect(subscription?.Properties).toEqual({
      Protocol: 'email',
      Endpoint: 'a@example.com',
      TopicArn: { Ref: expect.stringContaining('AlertsTopic') },
    });
  });

  it('keep their names when another comes before them', () => {
    const [alone] = Object.keys(subscriptionsOf({ email: 'a@example.com' }));
    const both = Object.keys(subscriptionsOf({ email: 'b@example.com' }, { email: 'a@example.com' }));
    expect(both).toHaveLength(2);
    expect(both).toContain(alone);
  });

  it('filter by a list of severities, from the least one on', () => {
    expect(policyOf('HIGH')).toMatchObject({ $or: [{ maxSeverity: ['HIGH', 'CRITICAL'] }, {}] });
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
          Object.entries(attributes).map(([name, StringValue]) => [
            name,
            { DataType: 'String', StringValue },
          ]),
        ),
      }),
    );

  it('passes what is severe enough, and every audit that is not complete', async () => {
    const received = await aws.subscribe(policyOf('MEDIUM'));
    for (const maxSeverity of SEVERITIES) {
      await publish(`complete, ${maxSeverity}`, { environment: 'abc', verdict: 'COMPLETE', maxSeverity });
    }
    await publish('incomplete', { environment: 'abc', verdict: 'INCOMPLETE', maxSeverity: 'LOW' });
    await publish('failed', { environment: 'abc', verdict: 'FAILED', maxSeverity: 'NONE' });

    expect((await received()).map(({ subject }) => subject)).toEqual([
      'complete, MEDIUM',
      'complete, HIGH',
      'complete, CRITICAL',
      'incomplete',
      'failed',
    ]);
  });
});
