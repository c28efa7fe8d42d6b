import { NotFoundException, SNSClient } from '@aws-sdk/client-sns';
import { expect, test } from '@jest/globals';
import { type AlertRecipient, filterPolicyOf } from '../../../core/config/recipient.ts';
import { type AlertSettings, alertChecks } from '../../../core/doctor/alerts.ts';
import { runChecks } from '../../../core/doctor/check.ts';
import { ACCOUNT, ENVIRONMENT } from '../../support/builders.ts';

const topicOf = (name: string): string => `arn:aws:sns:us-east-1:${ACCOUNT}:${name}`;
const [ALERTS, ALARMS, OVERVIEW] = [topicOf('alerts'), topicOf('alarms'), topicOf('overview')] as const;

const ANN: AlertRecipient = { protocol: 'email', endpoint: 'ann@example.com' };
const BEN: AlertRecipient = { protocol: 'email', endpoint: 'ben@example.com' };
const QUEUE: AlertRecipient = { protocol: 'sqs', endpoint: `arn:aws:sqs:us-east-1:${ACCOUNT}:audits` };
const OF_ALL: AlertRecipient = { ...BEN, digest: 'all', minSeverity: 'HIGH' };

/** Somebody at a topic, as SNS tells of it. */
interface Subscriber extends AlertRecipient {
  readonly isWaiting?: true;
  /** Whoever follows the link of a mail can end it. */
  readonly isByLink?: true;
  readonly policy?: object;
}

type Topics = Readonly<Record<string, readonly Subscriber[]>>;

/** A client whom SNS answers from such topics, or with what fails. */
const snsOf = (topics: Topics, failing: { readonly [action in 'list' | 'read' | 'publish']?: object } = {}) => {
  const listed = (topicArn: string) =>
    topics[topicArn]?.map(({ protocol, endpoint, isWaiting }, index) => ({
      SubscriptionArn: isWaiting ? 'PendingConfirmation' : `${topicArn}:${index}`,
      Protocol: protocol,
      Endpoint: endpoint,
    }));
  const attributesOf = (arn: string) => {
    const end = arn.lastIndexOf(':');
    const { policy, isByLink } = topics[arn.slice(0, end)]?.[Number(arn.slice(end + 1))] ?? {};
    return { ...(policy && { FilterPolicy: JSON.stringify(policy) }), ConfirmationWasAuthenticated: `${!isByLink}` };
  };
  const published: object[] = [];
  const answer = (input: Readonly<Record<string, string>>): object => {
    const { TopicArn = '', SubscriptionArn, Message } = input;
    const error = failing[Message === undefined ? (SubscriptionArn === undefined ? 'list' : 'read') : 'publish'];
    if (error !== undefined) throw error;
    if (Message === undefined)
      return SubscriptionArn === undefined
        ? { Subscriptions: listed(TopicArn) }
        : { Attributes: attributesOf(SubscriptionArn) };
    published.push(input);
    return { MessageId: 'm' };
  };
  const sns = new SNSClient({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 's' } });
  sns.middlewareStack.add(
    () =>
      async ({ input }) => ({ output: { $metadata: {}, ...answer(Object(input)) }, response: {} }),
    { step: 'initialize' },
  );
  return { sns, published };
};

/** Somebody with the filter that their choice makes. */
const filtered = (recipient: AlertRecipient): Subscriber => {
  const policy = filterPolicyOf(recipient, true);
  return { ...recipient, ...(policy && { policy }) };
};

const HEARD: Topics = { [ALERTS]: [ANN], [ALARMS]: [ANN], [OVERVIEW]: [filtered(OF_ALL)] };

/** Looks where everything is as it should be, but for what differs. */
const look = async (differs: Partial<AlertSettings> = {}) => {
  const results = await runChecks([
    { name: 'credentials', needs: [], check: async () => ({ outcome: 'ok', told: 'keys' }) },
    ...alertChecks({
      sns: snsOf(HEARD).sns,
      topicArn: ALERTS,
      alarmTopicArn: ALARMS,
      overviewTopicArn: undefined,
      recipients: [ANN],
      environmentId: ENVIRONMENT,
      homeRegion: 'us-east-1',
      sendTestMail: false,
      ...differs,
    }),
  ]);
  return Object.fromEntries(results.slice(1).map(({ name, ...answer }) => [name, answer]));
};

const subscribe = (flag: string, topicArn: string): string =>
  `finspace-audit subscribe --config audit.yaml ${flag} ${topicArn}`;
const OF_ALERTS = subscribe('--topic', ALERTS);
const HEALTHY = {
  topic: { outcome: 'ok', told: ALERTS },
  publish: {
    outcome: 'not-checked',
    told: 'only a message proves it: --send-test-mail sends one, marked as a test, to all subscribers',
  },
  subscriptions: { outcome: 'ok', told: '1 confirmed, 0 waiting for it' },
  'alarm-topic': { outcome: 'ok', told: ALARMS },
  'alarm-subscriptions': { outcome: 'ok', told: '1 confirmed, 0 waiting for it' },
};
const WITH_OVERVIEW = {
  ...HEALTHY,
  'overview-topic': { outcome: 'ok', told: OVERVIEW },
  'overview-subscriptions': { outcome: 'ok', told: '1 confirmed, 0 waiting for it' },
};
const GONE = new NotFoundException({ message: 'no', $metadata: { httpStatusCode: 404 } });
const named = (name: string): Error => Object.assign(new Error('no'), { name });

interface Case {
  readonly name: string;
  readonly differs: Partial<AlertSettings>;
  readonly told: Readonly<Record<string, object>>;
}

const confirmRemedy = (of: string): string =>
  `have them confirmed within 3 days of the mail, by subscribe --confirm LINK; ${of} asks them again`;
const unheardRemedy = (of: string): string =>
  `${of}, which puts filters back too; then confirm what waits: a deploy brings back none that SNS lost`;
const leftRemedy = (of: string): string =>
  `find out who unsubscribed; ${of}, since a deploy brings back none that SNS lost`;
const NOBODY_NAMED = 'list people by email or https under alerts in audit.yaml, and deploy';

test.each<Case>([
  { name: 'as it should be', differs: {}, told: HEALTHY },
  { name: 'as it should be, as far as is known without a config', differs: { recipients: undefined }, told: HEALTHY },
  {
    name: 'of some severities alone, to who wants no others',
    differs: {
      recipients: [{ ...ANN, minSeverity: 'HIGH' }],
      sns: snsOf({ ...HEARD, [ALERTS]: [filtered({ ...ANN, minSeverity: 'HIGH' })] }).sns,
    },
    told: HEALTHY,
  },
  {
    name: 'with one mail about all environments, too',
    differs: {
      overviewTopicArn: OVERVIEW,
      recipients: [ANN, OF_ALL],
      sns: snsOf({ ...HEARD, [ALARMS]: [ANN, BEN] }).sns,
    },
    told: { ...WITH_OVERVIEW, 'alarm-subscriptions': { outcome: 'ok', told: '2 confirmed, 0 waiting for it' } },
  },
  {
    name: 'without topics',
    differs: { topicArn: undefined, alarmTopicArn: undefined, recipients: [ANN, OF_ALL] },
    told: {
      topic: { outcome: 'not-checked', told: 'no topic was given: alerts are for the terminal' },
      publish: { outcome: 'not-checked', told: 'no topic was given' },
      subscriptions: { outcome: 'not-checked', told: 'topic was not checked' },
      'alarm-topic': {
        outcome: 'not-checked',
        told: "no topic of alarms was given: --alarm-topic takes the stack's AlarmTopicArn",
      },
      'alarm-subscriptions': { outcome: 'not-checked', told: 'alarm-topic was not checked' },
      'overview-topic': {
        outcome: 'not-checked',
        told: "no topic of the mail about all environments was given: --overview-topic takes the OverviewTopicArn of the auditor's first stack",
      },
      'overview-subscriptions': { outcome: 'not-checked', told: 'overview-topic was not checked' },
    },
  },
  {
    name: 'with topics that there are not',
    differs: { overviewTopicArn: OVERVIEW, recipients: undefined, sns: snsOf({}, { list: GONE }).sns },
    told: Object.fromEntries(
      (
        [
          ['', 'TopicArn'],
          ['alarm-', 'AlarmTopicArn'],
          ['overview-', 'OverviewTopicArn'],
        ] as const
      ).flatMap(([prefix, output]) => [
        [
          `${prefix}topic`,
          {
            outcome: 'fail',
            told: 'NotFoundException: no',
            remedy: `correct the ARN of the topic; the stack tells it as ${output}`,
          },
        ],
        [`${prefix}subscriptions`, { outcome: 'not-checked', told: `${prefix}topic failed` }],
      ]),
    ),
  },
  {
    name: 'with a topic of another region',
    differs: { homeRegion: 'eu-west-1' },
    told: {
      topic: {
        outcome: 'fail',
        told: 'it is in us-east-1, the audit in eu-west-1',
        remedy: 'use a topic of the same region',
      },
    },
  },
  {
    name: 'with topics that may not be looked at',
    differs: { sns: snsOf(HEARD, { list: named('AccessDeniedException') }).sns },
    told: {
      topic: {
        outcome: 'not-checked',
        told: 'AccessDeniedException: no',
        remedy: 'allow sns:ListSubscriptionsByTopic on the topic',
      },
    },
  },
  {
    name: 'with topics that nobody reaches',
    differs: { sns: snsOf(HEARD, { list: named('Gone') }).sns },
    told: { topic: { outcome: 'fail', told: 'Gone: no', remedy: 'let this machine reach SNS, and look again' } },
  },
  {
    name: 'with subscriptions that may not be looked at',
    differs: { sns: snsOf(HEARD, { read: named('AccessDeniedException') }).sns },
    told: {
      subscriptions: {
        outcome: 'not-checked',
        told: 'AccessDeniedException: no',
        remedy: 'allow sns:GetSubscriptionAttributes on the topic',
      },
    },
  },
  {
    name: 'with subscriptions that SNS does not tell of',
    differs: { sns: snsOf(HEARD, { read: named('Gone') }).sns },
    told: {
      subscriptions: { outcome: 'fail', told: 'Gone: no', remedy: 'mend what the message names, and look again' },
    },
  },
  {
    name: 'with subscriptions that have gone since they were listed',
    differs: { sns: snsOf(HEARD, { read: GONE }).sns },
    told: {
      subscriptions: {
        outcome: 'fail',
        told: '1 confirmed, 0 waiting for it: nobody is told',
        remedy: unheardRemedy(OF_ALERTS),
      },
    },
  },
  {
    name: 'where nobody is subscribed',
    differs: { sns: snsOf({}).sns, overviewTopicArn: OVERVIEW, recipients: [ANN, OF_ALL] },
    told: {
      subscriptions: {
        outcome: 'fail',
        told: '0 confirmed, 0 waiting for it: nobody is told',
        remedy: unheardRemedy(OF_ALERTS),
      },
      'alarm-subscriptions': {
        outcome: 'fail',
        told: '0 confirmed, 0 waiting for it: nobody is told when audits fail or stop',
        remedy: unheardRemedy(subscribe('--alarm-topic', ALARMS)),
      },
      'overview-subscriptions': {
        outcome: 'fail',
        told: '0 confirmed, 0 waiting for it: nobody gets the mail about all environments',
        remedy: unheardRemedy(subscribe('--overview-topic', OVERVIEW)),
      },
    },
  },
  {
    name: 'where nobody is subscribed, nor named',
    differs: { sns: snsOf({}).sns, recipients: [] },
    told: {
      subscriptions: { outcome: 'fail', told: '0 confirmed, 0 waiting for it: nobody is told', remedy: NOBODY_NAMED },
      'alarm-subscriptions': {
        outcome: 'fail',
        told: '0 confirmed, 0 waiting for it: nobody is told when audits fail or stop',
        remedy: NOBODY_NAMED,
      },
    },
  },
  {
    name: 'where nobody is subscribed, and there is no config',
    differs: { sns: snsOf({}).sns, recipients: undefined },
    told: {
      subscriptions: {
        outcome: 'fail',
        told: '0 confirmed, 0 waiting for it: nobody is told',
        remedy: unheardRemedy(OF_ALERTS),
      },
      'alarm-subscriptions': {
        outcome: 'fail',
        told: '0 confirmed, 0 waiting for it: nobody is told when audits fail or stop',
        remedy: unheardRemedy(subscribe('--alarm-topic', ALARMS)),
      },
    },
  },
  {
    name: 'where programs alone are told',
    differs: { sns: snsOf({ ...HEARD, [ALERTS]: [QUEUE], [ALARMS]: [] }).sns, recipients: [QUEUE] },
    told: {
      subscriptions: { outcome: 'ok', told: '1 confirmed, 0 waiting for it' },
      'alarm-subscriptions': {
        outcome: 'fail',
        told: '0 confirmed, 0 waiting for it: nobody is told when audits fail or stop',
        remedy: NOBODY_NAMED,
      },
    },
  },
  {
    name: 'where the only one did not confirm',
    differs: { sns: snsOf({ ...HEARD, [ALERTS]: [{ ...ANN, isWaiting: true }] }).sns },
    told: {
      subscriptions: {
        outcome: 'fail',
        told: '0 confirmed, 1 waiting for it: nobody is told',
        remedy: unheardRemedy(OF_ALERTS),
      },
    },
  },
  {
    name: 'where one of several did not confirm',
    differs: {
      sns: snsOf({
        ...HEARD,
        [ALERTS]: [
          { ...ANN, isByLink: true },
          { ...BEN, isWaiting: true },
        ],
      }).sns,
    },
    told: {
      subscriptions: { outcome: 'warn', told: '1 confirmed, 1 waiting for it', remedy: confirmRemedy(OF_ALERTS) },
    },
  },
  {
    name: 'where filters keep some from all who are subscribed',
    differs: { sns: snsOf({ ...HEARD, [ALERTS]: [filtered({ ...ANN, minSeverity: 'MEDIUM' })] }).sns },
    told: {
      subscriptions: {
        outcome: 'fail',
        told: '1 confirmed, 0 waiting for it: nobody hears of LOW findings, of INFORMATIONAL findings',
        remedy: unheardRemedy(OF_ALERTS),
      },
    },
  },
  {
    name: 'where one of those who are named is not subscribed',
    differs: { recipients: [ANN, QUEUE] },
    told: {
      subscriptions: {
        outcome: 'warn',
        told: '1 confirmed, 0 waiting for it; 1 of the 2 recipients of audit.yaml is not subscribed',
        remedy: leftRemedy(OF_ALERTS),
      },
      'alarm-subscriptions': { outcome: 'ok', told: '1 confirmed, 0 waiting for it' },
    },
  },
  {
    name: 'where those who are named are not subscribed',
    differs: { recipients: [BEN, { ...ANN, protocol: 'https', endpoint: 'https://example.com' }] },
    told: {
      'alarm-subscriptions': {
        outcome: 'warn',
        told: '1 confirmed, 0 waiting for it; 2 of the 2 recipients of audit.yaml are not subscribed',
        remedy: leftRemedy(subscribe('--alarm-topic', ALARMS)),
      },
    },
  },
  {
    name: 'where mails were confirmed by a link, and programs as they do',
    differs: {
      sns: snsOf({
        ...HEARD,
        [ALERTS]: [
          { ...ANN, isByLink: true },
          { ...QUEUE, isByLink: true },
          { ...QUEUE, isByLink: true },
        ],
      }).sns,
    },
    told: {
      subscriptions: {
        outcome: 'warn',
        told: '3 confirmed, 0 waiting for it; 1 by a bare link, so that another one, which mail scanners may follow, ends it',
        remedy:
          'take it off, subscribe it again, and confirm by subscribe --confirm LINK: the runbook\'s "Nobody would hear"',
      },
    },
  },
  {
    name: 'where those who get the mail about all environments are none of the others',
    differs: {
      overviewTopicArn: OVERVIEW,
      recipients: [OF_ALL],
      sns: snsOf({ ...HEARD, [ALERTS]: [], [ALARMS]: [BEN] }).sns,
    },
    told: {
      subscriptions: { outcome: 'ok', told: '0 confirmed, 0 waiting for it' },
      'alarm-subscriptions': { outcome: 'ok', told: '1 confirmed, 0 waiting for it' },
      'overview-subscriptions': { outcome: 'ok', told: '1 confirmed, 0 waiting for it' },
    },
  },
])('alerts $name', async ({ differs, told }) => {
  const answers = await look(differs);
  expect(answers).toMatchObject(told);
  expect(Object.keys(answers)).toStrictEqual(
    Object.keys(answers['overview-topic'] === undefined ? HEALTHY : WITH_OVERVIEW),
  );
  expect(JSON.stringify(answers)).not.toContain('@');
});

test('the mail about all environments is looked for where somebody wants it, or its topic is given', async () => {
  expect(await look({ recipients: undefined })).not.toHaveProperty('overview-topic');
  expect(await look({ recipients: [OF_ALL] })).toHaveProperty('overview-topic.outcome', 'not-checked');
  expect(await look({ overviewTopicArn: OVERVIEW })).toHaveProperty('overview-topic.outcome', 'ok');
});

test('nothing is asked without credentials', () => {
  const settings = {
    sns: snsOf(HEARD).sns,
    topicArn: ALERTS,
    alarmTopicArn: ALARMS,
    overviewTopicArn: OVERVIEW,
    recipients: [ANN],
    environmentId: ENVIRONMENT,
    homeRegion: 'us-east-1',
    sendTestMail: true,
  };
  expect(alertChecks(settings).map(({ name, needs }) => [name, ...needs])).toStrictEqual([
    ['topic', 'credentials'],
    ['publish', 'credentials'],
    ['subscriptions', 'topic'],
    ['alarm-topic', 'credentials'],
    ['alarm-subscriptions', 'alarm-topic'],
    ['overview-topic', 'credentials'],
    ['overview-subscriptions', 'overview-topic'],
  ]);
});

test('a test mail says that it is one', async () => {
  const { sns, published } = snsOf(HEARD);
  expect((await look({ sns, sendTestMail: true })).publish).toStrictEqual({
    outcome: 'ok',
    told: 'a message marked as a test was accepted',
  });
  const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
  expect(published).toStrictEqual([
    {
      TopicArn: ALERTS,
      Subject: `FinSpace auditor: TEST, no audit (environment ${ENVIRONMENT})`,
      Message: `This is a test, sent by \`doctor\` of the FinSpace user auditor. No audit was made, and nothing is wrong.\nDigests of environment ${ENVIRONMENT} will come from the same topic.`,
      MessageAttributes: {
        environment: attribute(ENVIRONMENT),
        verdict: attribute('TEST'),
        maxSeverity: attribute('CRITICAL'),
      },
    },
  ]);
});

test.each([
  {
    error: named('NotFound'),
    told: 'NotFound: no',
    remedy: 'correct the ARN of the topic; the stack tells it as TopicArn',
  },
  {
    error: named('AuthorizationError'),
    told: 'AuthorizationError: no',
    remedy: 'allow sns:Publish on the topic, and kms:GenerateDataKey and kms:Decrypt on its key',
  },
])('a test mail that SNS does not take is told: $told', async ({ error, ...told }) => {
  const { sns } = snsOf(HEARD, { publish: error });
  expect((await look({ sns, sendTestMail: true })).publish).toStrictEqual({ outcome: 'fail', ...told });
});
