import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AlertRecipient, filterPolicyOf } from '../../../core/config/recipient.ts';
import { isOf, type Resubscription, resubscribe } from '../../../core/doctor/resubscribe.ts';
import { type AwsEmulator, startAwsEmulator } from '../../support/aws-emulator.ts';

let aws: AwsEmulator;
let topic: string;
let topics = 0;
beforeAll(async () => {
  aws = await startAwsEmulator({ bucket: 'archive', topicName: 'alerts' });
});
beforeEach(async () => {
  topics += 1;
  topic = await aws.createTopic(`topic-${topics}`);
});
afterAll(() => aws.close());

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:tickets';
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:paging';
const UNDELIVERED = 'arn:aws:sqs:us-east-1:000000000000:undelivered';

const byMail: AlertRecipient = { protocol: 'email', endpoint: 'Ann@example.com' };
const byQueue: AlertRecipient = { protocol: 'sqs', endpoint: QUEUE };
const byHook: AlertRecipient = { protocol: 'https', endpoint: 'https://hooks.example.com/a' };
const byFunction: AlertRecipient = { protocol: 'lambda', endpoint: FUNCTION };

const subscribed = (Protocol: string, Endpoint: string, policy?: object, FilterPolicyScope = 'MessageAttributes') =>
  aws.sns.send(
    new SubscribeCommand({
      TopicArn: topic,
      Protocol,
      Endpoint,
      ...(policy !== undefined && { Attributes: { FilterPolicy: JSON.stringify(policy), FilterPolicyScope } }),
    }),
  );

const attributesOf = async (protocol: string) => {
  const { Subscriptions = [] } = await aws.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }));
  const SubscriptionArn = Subscriptions.find(({ Protocol }) => Protocol === protocol)?.SubscriptionArn;
  return (await aws.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes ?? {};
};

const filterOf = async (protocol: string): Promise<unknown> =>
  JSON.parse((await attributesOf(protocol)).FilterPolicy ?? '{}');

describe('a recipient', () => {
  test.each<{ recipient: AlertRecipient; result: Resubscription }>([
    { recipient: byHook, result: 'asked' },
    { recipient: byQueue, result: 'subscribed' },
    { recipient: byFunction, result: 'subscribed' },
  ])('by $recipient.protocol whom the topic has not is $result', async ({ recipient, result }) => {
    expect(await resubscribe(aws.sns, topic, [recipient], UNDELIVERED)).toEqual([result]);
    const { RedrivePolicy = '{}' } = await attributesOf(recipient.protocol);
    expect(JSON.parse(RedrivePolicy)).toEqual({ deadLetterTargetArn: UNDELIVERED });
  });

  test('without a queue of what is undelivered has none', async () => {
    expect(await resubscribe(aws.sns, topic, [byQueue])).toEqual(['subscribed']);
    expect(await attributesOf('sqs')).not.toHaveProperty('RedrivePolicy');
  });

  test('by mail has no such queue, and the filter of what it wants', async () => {
    const some = { ...byMail, minSeverity: 'HIGH' as const };
    expect(await resubscribe(aws.sns, topic, [some], UNDELIVERED)).toEqual(['asked']);
    aws.followLink(topic, byMail.endpoint);
    expect(await attributesOf('email')).not.toHaveProperty('RedrivePolicy');
    expect(await filterOf('email')).toEqual(filterPolicyOf(some, true));
  });

  test('who wants all, and has no filter, is kept', async () => {
    await subscribed('sqs', QUEUE);
    expect(await resubscribe(aws.sns, topic, [byQueue])).toEqual(['kept']);
  });

  test('who wants all loses a filter that somebody set', async () => {
    await subscribed('sqs', QUEUE, { verdict: ['FAILED'] });
    expect(await resubscribe(aws.sns, topic, [byQueue])).toEqual(['filter put back']);
    expect(await filterOf('sqs')).toEqual({});
  });

  test('who wants some gets the filter that somebody took off', async () => {
    await subscribed('sqs', QUEUE);
    const some = { ...byQueue, minSeverity: 'HIGH' as const };
    expect(await resubscribe(aws.sns, topic, [some])).toEqual(['filter put back']);
    expect(await filterOf('sqs')).toEqual(filterPolicyOf(some, true));
  });

  test.each<{ filter: string; wants: AlertRecipient; before: object }>([
    {
      filter: 'its own',
      wants: { ...byQueue, minSeverity: 'HIGH' },
      before: filterPolicyOf({ ...byQueue, minSeverity: 'HIGH' }, true) ?? {},
    },
    { filter: 'another', wants: byQueue, before: { detail: { verdict: ['FAILED'] } } },
  ])(
    'whose filter, $filter, somebody set on bodies, of which it hears nothing, gets one on attributes',
    async (row) => {
      await subscribed('sqs', QUEUE, row.before, 'MessageBody');
      expect(await resubscribe(aws.sns, topic, [row.wants])).toEqual(['filter put back']);
      expect(await filterOf('sqs')).toEqual(filterPolicyOf(row.wants, row.wants !== byQueue) ?? {});
      expect(await attributesOf('sqs')).toMatchObject({ FilterPolicyScope: 'MessageAttributes' });
      expect(await resubscribe(aws.sns, topic, [row.wants])).toEqual(['kept']);
    },
  );

  test('by mail who did not confirm is asked again', async () => {
    await subscribed('email', byMail.endpoint);
    expect(await resubscribe(aws.sns, topic, [byMail])).toEqual(['asked']);
  });

  test('by mail who confirmed is kept, in whatever case, and whatever else was never confirmed', async () => {
    for (const name of ['ANN', 'ANn', 'aNN', 'ann', 'aNn', 'AnN']) await subscribed('email', `${name}@example.com`);
    aws.followLink(topic, 'ann@example.com');
    expect(await resubscribe(aws.sns, topic, [byMail])).toEqual(['kept']);
  });

  test('is one of several, each with a result of its own', async () => {
    await subscribed('lambda', FUNCTION);
    expect(await resubscribe(aws.sns, topic, [byQueue, byFunction, byMail])).toEqual(['subscribed', 'kept', 'asked']);
  });
});

test.each([
  { protocol: 'email', endpoint: 'ANN@example.COM', isSame: true },
  { protocol: 'email', endpoint: 'bob@example.com', isSame: false },
  { protocol: 'email-json', endpoint: 'ann@example.com', isSame: false },
])('$protocol to $endpoint is that of Ann: $isSame', ({ isSame, ...subscription }) => {
  expect(isOf(byMail)({ ...subscription, arn: undefined })).toBe(isSame);
});
