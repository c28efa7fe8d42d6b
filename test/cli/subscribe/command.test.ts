import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  SetSubscriptionAttributesCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readSubscribeFlags } from '../../../cli/subscribe/options.ts';
import { filterPolicyOf } from '../../../core/config/recipient.ts';
import { type AwsEmulator, startAwsEmulator } from '../../support/aws-emulator.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { command } from '../command.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:tickets';
const UNDELIVERED = 'arn:aws:sqs:us-east-1:000000000000:undelivered';

const newFolder = temporaryFolders();
let aws: AwsEmulator;
let config: string;
let topic: string;
let topics = 0;
beforeAll(async () => {
  aws = await startAwsEmulator({ bucket: 'archive', topicName: 'alerts' });
  config = join(await newFolder(), 'audit.yaml');
  await writeFile(
    config,
    `environments: [{ id: abc }]\nalerts: [{ email: a@example.com, minSeverity: HIGH }, { sqs: "${QUEUE}" }]`,
  );
});
beforeEach(async () => {
  topics += 1;
  topic = await aws.createTopic(`topic-${topics}`);
});
afterAll(() => aws.close());

const subscribe = (...words: readonly string[]) => command(['subscribe', ...words], aws.env);

const subscriptions = async () =>
  (await aws.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }))).Subscriptions ?? [];

const arnOf = async (protocol: string) =>
  (await subscriptions()).find(({ Protocol }) => Protocol === protocol)?.SubscriptionArn ?? '';

const attributesOf = async (protocol: string) =>
  (await aws.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: await arnOf(protocol) }))).Attributes ??
  {};

const linkTo = (token: string): string =>
  `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topic}&Token=${encodeURIComponent(token)}`;

describe('subscribe', () => {
  test('brings back whom SNS lost, with filter and queue, and leaves the others', async () => {
    const words = ['--config', config, '--topic', topic, '--undelivered', UNDELIVERED];
    const first = await subscribe(...words);
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^alerts\.0 \(email\) {2}asked$/m);
    expect(first.stdout).toMatch(/^alerts\.1 \(sqs\) {4}subscribed$/m);
    expect(first.stdout).not.toContain('@');
    expect(JSON.parse((await attributesOf('sqs')).RedrivePolicy ?? '')).toEqual({ deadLetterTargetArn: UNDELIVERED });

    aws.followLink(topic, 'a@example.com');
    expect(JSON.parse((await attributesOf('email')).FilterPolicy ?? '')).toEqual(
      filterPolicyOf({ protocol: 'email', endpoint: '', minSeverity: 'HIGH' }, true),
    );
    expect((await attributesOf('email')).RedrivePolicy).toBeUndefined();
    expect((await subscribe(...words)).stdout.match(/kept$/gm)).toHaveLength(2);

    await aws.sns.send(new UnsubscribeCommand({ SubscriptionArn: await arnOf('sqs') }));
    expect((await subscribe(...words)).stdout).toMatch(/^alerts\.1 \(sqs\) {4}subscribed$/m);
    expect(await subscriptions()).toHaveLength(2);
  });

  test('puts back a filter that somebody changed', async () => {
    await subscribe('--config', config, '--topic', topic);
    for (const [protocol, FilterPolicy] of [
      ['email', '{}'],
      ['sqs', '{"verdict":["FAILED"]}'],
    ] as const) {
      aws.followLink(topic, 'a@example.com');
      await aws.sns.send(
        new SetSubscriptionAttributesCommand({
          SubscriptionArn: await arnOf(protocol),
          AttributeName: 'FilterPolicy',
          AttributeValue: FilterPolicy,
        }),
      );
    }
    expect((await subscribe('--config', config, '--topic', topic)).stdout.match(/filter put back$/gm)).toHaveLength(2);
    expect(JSON.parse((await attributesOf('email')).FilterPolicy ?? '')).toEqual(
      filterPolicyOf({ protocol: 'email', endpoint: '', minSeverity: 'HIGH' }, true),
    );
    // What tells of all severities, and not what is for the other one.
    expect(JSON.parse((await attributesOf('sqs')).FilterPolicy ?? '')).toEqual({
      band: ['INFORMATIONAL-CRITICAL', { exists: false }],
    });
  });

  test('tells alarms to mailboxes and URLs only, whatever their severity', async () => {
    const { stdout } = await subscribe('--config', config, '--alarm-topic', topic);
    expect(stdout).toMatch(/^alerts\.0 \(email\) {2}asked$/m);
    expect((await subscriptions()).map(({ Protocol }) => Protocol)).toEqual(['email']);
    aws.followLink(topic, 'a@example.com');
    expect((await attributesOf('email')).FilterPolicy).toBeUndefined();
  });

  test('tells each digest, the one mail and alarms to those who want them, each once', async () => {
    const both = join(await newFolder(), 'audit.yaml');
    const each = `{ email: a@example.com, minSeverity: HIGH }, { sqs: "${QUEUE}" }`;
    await writeFile(
      both,
      `environments: [{ id: abc }]\nalerts: [${each}, { email: a@example.com, digest: all }, { sqs: "${QUEUE}-2", digest: all }]`,
    );
    const rows = async (...words: readonly string[]) => {
      const { stdout } = await subscribe('--config', both, ...words);
      return [...stdout.matchAll(/^alerts\.(\d)/gm)].map(([, index]) => Number(index));
    };
    expect(await rows('--topic', topic)).toEqual([0, 1]);
    expect(await rows('--alarm-topic', await aws.createTopic(`alarms-${topics}`))).toHaveLength(1);
    topic = await aws.createTopic(`overview-${topics}`);
    expect(await rows('--overview-topic', topic, '--overview-undelivered', UNDELIVERED)).toEqual([2, 3]);
    // SNS lists them in no order.
    expect(new Set((await subscriptions()).map(({ Protocol }) => Protocol))).toEqual(new Set(['email', 'sqs']));
    expect(await subscriptions()).toHaveLength(2);
    expect(JSON.parse((await attributesOf('sqs')).RedrivePolicy ?? '')).toEqual({ deadLetterTargetArn: UNDELIVERED });
  });

  test('confirms by a signed request, so that no link ends it', async () => {
    await subscribe('--config', config, '--topic', topic);
    const { code, stdout } = await subscribe('--confirm', linkTo('a@example.com'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: `confirmed, on ${topic}: no link in a mail ends it\n` });
    expect(await attributesOf('email')).toMatchObject({ ConfirmationWasAuthenticated: 'true' });
  });

  test('exits 2 where SNS refuses, and says why', async () => {
    const { code, stderr } = await subscribe('--config', config, '--topic', `${topic}-not`);
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
  });
});

describe('flags', () => {
  const TOPIC = 'arn:aws:sns:us-east-1:111122223333:audits';
  const CONFIRM = `Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=secret`;

  test.each([
    ['none at all', {}, 'one of --config FILE and --confirm LINK must be given, got neither'],
    ['people, and no topic', { config: 'audit.yaml' }, 'must be given together'],
    ['a topic, and no people', { topic: TOPIC }, 'must be given together'],
    ['no topic', { config: 'audit.yaml', topic: 'audits' }, '--topic must be the ARN of an SNS topic'],
    ['no queue', { config: 'audit.yaml', topic: TOPIC, undelivered: 'queue' }, '--undelivered must be the ARN of a'],
    ['no overview', { config: 'audit.yaml', overviewTopic: 'all' }, '--overview-topic must be the ARN of an SNS topic'],
    [
      'no queue of the overview',
      { config: 'audit.yaml', overviewTopic: TOPIC, overviewUndelivered: 'queue' },
      '--overview-undelivered must be the ARN of a',
    ],
    ['a link of another host', { confirm: [`https://sns.example.com/?${CONFIRM}`] }, '--confirm must be a link of SNS'],
    [
      'a link to leave',
      { confirm: [`https://sns.us-east-1.amazonaws.com/?${CONFIRM.replace('Confirm', 'Un')}`] },
      '--confirm must',
    ],
    ['no link', { confirm: ['secret'] }, '(not shown)'],
  ])('%s is refused', (_name, flags, message) => {
    expect(() => readSubscribeFlags(flags)).toThrow(message);
    expect(() => readSubscribeFlags(flags)).not.toThrow('secret');
  });

  test('a link of China is one', () => {
    const confirm = [`https://sns.cn-north-1.amazonaws.com.cn/?${CONFIRM}`];
    expect(readSubscribeFlags({ confirm }).confirmations).toEqual([{ topicArn: TOPIC, token: 'secret' }]);
  });
});
