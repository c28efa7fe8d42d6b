import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type AlertRecipient,
  AUDIBLE_ALARMS,
  audibleAlerts,
  audibleOverview,
  filterPolicyOf,
} from '../../../core/config/recipient.ts';
import { WHOLE_BAND } from '../../../core/model/band.ts';
import { describeUnheard, listSubscriptions, readSubscription, unheardOn } from '../../../core/notify/audience.ts';
import { letsThrough } from '../../../core/notify/filter-policy.ts';
import type { Severity } from '../../../rules/engine/severity.ts';
import { type AwsEmulator, type AwsFault, type AwsRequest, startAwsEmulator } from '../../support/aws-emulator.ts';

let aws: AwsEmulator;
let fault: (request: AwsRequest) => AwsFault | undefined = () => undefined;
beforeAll(async () => {
  aws = await startAwsEmulator({ bucket: 'archive', topicName: 'alerts', fault: (request) => fault(request) });
});
afterAll(() => aws.close());

const email = (minSeverity?: Severity): AlertRecipient => ({
  protocol: 'email',
  endpoint: 'a@example.com',
  ...(minSeverity && { minSeverity }),
});

const policyOf = (minSeverity: Severity): object => filterPolicyOf(email(minSeverity), true) ?? {};

let topics = 0;
const newTopic = () => {
  topics += 1;
  return aws.createTopic(`topic-${topics}`);
};

interface Subscriber {
  readonly policy?: object;
  readonly scope?: string;
  readonly protocol?: string;
}

const topicOf = async (...subscribers: readonly Subscriber[]): Promise<string> => {
  const topicArn = await newTopic();
  for (const [index, { policy, scope, protocol = 'sqs' }] of subscribers.entries()) {
    const Attributes = {
      ...(policy && { FilterPolicy: JSON.stringify(policy) }),
      ...(scope && { FilterPolicyScope: scope }),
    };
    const endpoint = protocol === 'email' ? `${index}@example.com` : `arn:aws:sqs:us-east-1:000000000000:q${index}`;
    await aws.sns.send(
      new SubscribeCommand({ TopicArn: topicArn, Protocol: protocol, Endpoint: endpoint, Attributes }),
    );
  }
  return topicArn;
};

const [INCOMPLETE, FAILED] = ['that a run is INCOMPLETE', 'that a run is FAILED'];
const FINDINGS = ['of CRITICAL findings', 'of HIGH findings', 'of MEDIUM findings'];
const ALL = [INCOMPLETE, FAILED, ...FINDINGS];
const LOW = ['of LOW findings', 'of INFORMATIONAL findings'];
const POLICY_OF_ANOTHER = { environment: ['another'] };

describe('nobody hears', () => {
  test.each<{
    readonly name: string;
    readonly subscribers: readonly Subscriber[];
    readonly asked?: readonly AlertRecipient[];
    readonly unheard: readonly string[];
  }>([
    { name: 'where nobody is subscribed', subscribers: [], unheard: [...ALL, ...LOW] },
    { name: 'of what nobody asked for, only of the rest', subscribers: [], asked: [email('MEDIUM')], unheard: ALL },
    { name: 'while it is not confirmed', subscribers: [{ protocol: 'email' }], unheard: [...ALL, ...LOW] },
    { name: 'nothing, where one gets all', subscribers: [{}], unheard: [] },
    { name: 'of what the filter of the only one stops', subscribers: [{ policy: policyOf('MEDIUM') }], unheard: LOW },
    {
      name: 'nothing, where each gets a part',
      subscribers: [{ policy: policyOf('MEDIUM') }, { policy: { maxSeverity: ['LOW', 'INFORMATIONAL'] } }],
      unheard: [],
    },
    {
      name: 'of another environment',
      subscribers: [{ policy: POLICY_OF_ANOTHER }],
      asked: [email('CRITICAL')],
      unheard: ALL.slice(0, 3),
    },
    {
      name: 'of a body that is filtered and no JSON',
      subscribers: [{ policy: { verdict: [{ exists: true }] }, scope: 'MessageBody' }],
      asked: [email('CRITICAL')],
      unheard: ALL.slice(0, 3),
    },
    {
      name: 'that nothing was seen, where a filter passes complete runs only',
      subscribers: [{ policy: { verdict: ['COMPLETE'] } }],
      unheard: [INCOMPLETE, FAILED],
    },
    {
      name: 'that not all was seen, where a filter passes runs that saw nothing',
      subscribers: [{ policy: { verdict: ['COMPLETE', 'FAILED'] } }],
      unheard: [INCOMPLETE],
    },
  ])('$name', async ({ subscribers, asked = [], unheard }) => {
    const found = await unheardOn(aws.sns, await topicOf(...subscribers), audibleAlerts(asked, 'abc'));
    expect(found.map(({ what }) => what)).toEqual(unheard);
  });

  test.each([
    { subscribers: [], unheard: 1 },
    { subscribers: [{}], unheard: 0 },
    { subscribers: [{ policy: policyOf('LOW') }], unheard: 1 },
  ])('of alarms, which have no attributes: $subscribers', async ({ subscribers, unheard }) => {
    expect(await unheardOn(aws.sns, await topicOf(...subscribers), AUDIBLE_ALARMS)).toHaveLength(unheard);
  });

  test.each([
    { policy: policyOf('HIGH'), unheard: [] },
    { policy: { verdict: ['INCOMPLETE', 'FAILED'] }, unheard: ['of CRITICAL findings', 'of HIGH findings'] },
    { policy: { verdict: ['COMPLETE', 'FAILED'] }, unheard: [INCOMPLETE] },
    { policy: { leastSeverity: [{ exists: true }] }, unheard: [INCOMPLETE, ...FINDINGS.slice(0, 2)] },
  ])('of all environments: $policy', async ({ policy, unheard }) => {
    const asked = [email(), { ...email('HIGH'), digest: 'all' as const }];
    const found = await unheardOn(aws.sns, await topicOf({ policy }), audibleOverview(asked));
    expect(found.map(({ what }) => what)).toEqual(unheard);
  });

  const pager: AlertRecipient = { ...email('HIGH'), environments: ['abc'] };
  const monday: AlertRecipient = { ...email(), maxSeverity: 'MEDIUM', every: 'week' };
  const mild: AlertRecipient = { ...email(), maxSeverity: 'MEDIUM' };

  test.each<{ readonly name: string; readonly asked: readonly AlertRecipient[]; readonly unheard: readonly string[] }>([
    { name: 'its own environment', asked: [pager], unheard: ALL.slice(0, 4) },
    { name: 'mild findings alone', asked: [mild], unheard: [INCOMPLETE, FAILED, 'of MEDIUM findings', ...LOW] },
    { name: 'nothing of each night', asked: [monday], unheard: [] },
  ])('where somebody asked for $name', async ({ asked, unheard }) => {
    const topicArn = await topicOf();
    const told = async (recipients: readonly AlertRecipient[]) =>
      (await unheardOn(aws.sns, topicArn, audibleAlerts(recipients, 'abc'))).map(({ what }) => what);
    expect(await told(asked)).toEqual(unheard);
    expect(await told([{ ...pager, environments: ['other'] }])).toStrictEqual([]);
    for (const recipient of asked)
      expect(
        await unheardOn(
          aws.sns,
          await topicOf({ policy: filterPolicyOf(recipient, true) ?? {} }),
          audibleAlerts(asked, 'abc'),
        ),
      ).toStrictEqual([]);
  });

  test('the weekly mail, which nobody gets who wants each night', async () => {
    const nightly: AlertRecipient = { ...email(), digest: 'all' };
    const unheard = async (of: AlertRecipient) => {
      const found = await unheardOn(
        aws.sns,
        await topicOf({ policy: filterPolicyOf(of, false) ?? {} }),
        audibleOverview([nightly, monday]),
      );
      return found.map(({ what }) => what);
    };
    expect(await unheard(nightly)).toEqual(['the weekly mail week-INFORMATIONAL-MEDIUM-all']);
    expect(await unheard(monday)).toEqual([INCOMPLETE, ...FINDINGS, ...LOW]);
  });

  test.each<{ readonly name: string; readonly recipient: Partial<AlertRecipient>; readonly hears: readonly string[] }>([
    {
      name: 'LOW to MEDIUM',
      recipient: { minSeverity: 'LOW', maxSeverity: 'MEDIUM' },
      hears: ['LOW-MEDIUM', 'old LOW', 'old MEDIUM'],
    },
    {
      name: 'up to MEDIUM',
      recipient: { maxSeverity: 'MEDIUM' },
      hears: ['INFORMATIONAL-MEDIUM', 'old LOW', 'old MEDIUM'],
    },
    { name: 'from MEDIUM on', recipient: { minSeverity: 'MEDIUM' }, hears: ['MEDIUM-CRITICAL', 'old MEDIUM'] },
    { name: 'everything', recipient: {}, hears: ['INFORMATIONAL-CRITICAL', 'old LOW', 'old MEDIUM'] },
  ])('who wants $name gets the mails of that band, and what has none', ({ recipient, hears }) => {
    const policy = filterPolicyOf({ ...email(), ...recipient }, true);
    const common = { environment: 'abc', verdict: 'COMPLETE', leastSeverity: 'LOW' };
    const bands = ['LOW-MEDIUM', 'INFORMATIONAL-MEDIUM', 'MEDIUM-CRITICAL', WHOLE_BAND];
    const messages = [
      ...bands.map((band) => ({ what: band, attributes: { ...common, band, maxSeverity: 'MEDIUM' } })),
      ...['LOW', 'MEDIUM'].map((maxSeverity) => ({
        what: `old ${maxSeverity}`,
        attributes: { ...common, maxSeverity },
      })),
    ];
    const heard = messages.filter(({ attributes }) => letsThrough(policy, attributes));
    expect(heard.map(({ what }) => what)).toEqual(hears);
  });

  test('any more, once a subscription is gone; and hears again, once it is confirmed', async () => {
    const topicArn = await topicOf({}, { protocol: 'email' });
    const unheard = async () => (await unheardOn(aws.sns, topicArn, AUDIBLE_ALARMS)).length;
    expect(await unheard()).toBe(0);
    const confirmed = (await listSubscriptions(aws.sns, topicArn)).find(({ protocol }) => protocol === 'sqs');
    await aws.sns.send(new UnsubscribeCommand({ SubscriptionArn: confirmed?.arn }));
    expect(await unheard()).toBe(1);
    aws.followLink(topicArn, '1@example.com');
    expect(await unheard()).toBe(0);
  });
});

describe('a sentence a topic', () => {
  test('tells what nobody hears, and who gets everything needs none', async () => {
    const [heard, unheard] = [await topicOf({}), await topicOf()];
    const messages = audibleAlerts([email('HIGH')], 'abc');
    expect(
      await describeUnheard(aws.sns, [
        { topicArn: heard, messages },
        { topicArn: unheard, messages },
      ]),
    ).toEqual([
      `nobody hears that a run is INCOMPLETE, that a run is FAILED, of CRITICAL findings, of HIGH findings: no confirmed subscription of ${unheard} takes it; doctor tells what to do`,
    ]);
  });

  test.each(['ListSubscriptionsByTopic', 'GetSubscriptionAttributes'])(
    'tells that nobody knows where %s is not allowed',
    async (action) => {
      fault = (request) => (request.action === action ? { status: 403, code: 'AuthorizationError' } : undefined);
      const topicArn = await topicOf({});
      const sentences = await describeUnheard(aws.sns, [{ topicArn, messages: AUDIBLE_ALARMS }]);
      fault = () => undefined;
      expect(sentences).toEqual([expect.stringMatching(/^nobody knows who hears of arn:.*AuthorizationError/)]);
    },
  );
});

test('a subscription that can not be looked at is no matter where another hears everything', async () => {
  const topicArn = await topicOf({}, {});
  let looks = 0;
  fault = ({ action }) => {
    if (action !== 'GetSubscriptionAttributes') return undefined;
    looks += 1;
    return looks === 1 ? { status: 403, code: 'AuthorizationError' } : undefined;
  };
  const unheard = await unheardOn(aws.sns, topicArn, AUDIBLE_ALARMS);
  fault = () => undefined;
  expect(unheard).toStrictEqual([]);
});

test('a subscription that has gone since it was listed hears nothing, and is no error', async () => {
  const topicArn = await topicOf({});
  fault = ({ action }) => (action === 'GetSubscriptionAttributes' ? { status: 404, code: 'NotFound' } : undefined);
  const unheard = await unheardOn(aws.sns, topicArn, AUDIBLE_ALARMS);
  fault = () => undefined;
  expect(unheard).toEqual(AUDIBLE_ALARMS);
});

test('a topic is of those who are confirmed, and of those who are asked to be; who left it is listed no more', async () => {
  const member = (arn: string, name: string) =>
    `<member><SubscriptionArn>${arn}</SubscriptionArn><Protocol>email</Protocol><Endpoint>${name}@example.com</Endpoint></member>`;
  // As SNS tells it, for three days of those who left.
  const members = [
    member('arn:aws:sns:us-east-1:111122223333:alerts:1', 'ann'),
    member('PendingConfirmation', 'bob'),
    member('Deleted', 'eve'),
  ];
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/xml');
    response.end(
      `<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ListSubscriptionsByTopicResult><Subscriptions>${members.join('')}</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sns = new SNSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const found = await listSubscriptions(sns, 'arn:aws:sns:us-east-1:111122223333:alerts');
  sns.destroy();
  server.close();
  expect(found).toStrictEqual([
    { protocol: 'email', endpoint: 'ann@example.com', arn: 'arn:aws:sns:us-east-1:111122223333:alerts:1' },
    { protocol: 'email', endpoint: 'bob@example.com', arn: undefined },
  ]);
});

test('a subscription tells its filter, and whether a link in a mail can end it', async () => {
  const policy = { verdict: ['FAILED'] };
  const topicArn = await topicOf({ policy }, { protocol: 'email' });
  aws.followLink(topicArn, '1@example.com');
  const subscriptions = await listSubscriptions(aws.sns, topicArn);
  const read = subscriptions.map(async ({ protocol, arn = '' }) => {
    const { filterPolicy, isAuthenticated } = (await readSubscription(aws.sns, arn)) ?? {};
    return [protocol, { filterPolicy, isAuthenticated }] as const;
  });
  expect(Object.fromEntries(await Promise.all(read))).toStrictEqual({
    sqs: { filterPolicy: policy, isAuthenticated: true },
    email: { filterPolicy: undefined, isAuthenticated: false },
  });
});
