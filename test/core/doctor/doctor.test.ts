import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  ConfirmSubscriptionCommand,
  ListSubscriptionsByTopicCommand,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { type AlertRecipient, filterPolicyOf } from '../../../core/config/recipient.ts';
import { type CheckResult, runChecks } from '../../../core/doctor/check.ts';
import { type DoctorSettings, doctor } from '../../../core/doctor/doctor.ts';
import { keepingChecks } from '../../../core/doctor/keeping.ts';
import { systemClock } from '../../../core/model/clock.ts';
import { RosterError } from '../../../core/sources/roster/file.ts';
import { makeDirectory } from '../../../simulator/directory.ts';
import { CALLER, type Simulator, startSimulator } from '../../../simulator/server.ts';
import { readTree } from '../../support/archive-tree.ts';
import { auditNights, nightAt } from '../../support/archived-nights.ts';
import { type AwsEmulator, type AwsFault, type AwsRequest, startAwsEmulator } from '../../support/aws-emulator.ts';
import { openedRoster } from '../../support/opened-roster.ts';
import { type Scheduler, type StoredSchedule, startScheduler } from '../../support/scheduler.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

jest.setTimeout(60_000);

const ACCOUNT = '000000000000';
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:auditor`;
const DENIED: AwsFault = { status: 403, code: 'AccessDenied' };
const ALICE: AlertRecipient = { protocol: 'email', endpoint: 'alice@example.com' };
const BOB: AlertRecipient = { protocol: 'https', endpoint: 'https://bob.example.com' };
/** Of the emulator's own, which is subscribed to both topics. */
const SUBSCRIBED: AlertRecipient = { protocol: 'sqs', endpoint: `arn:aws:sqs:us-east-1:${ACCOUNT}:subscriber-1` };
const QUEUE: AlertRecipient = { protocol: 'sqs', endpoint: `arn:aws:sqs:us-east-1:${ACCOUNT}:audits` };
const FOREVER = { times: Number.POSITIVE_INFINITY };

const newFolder = temporaryFolders();
const closers: (() => Promise<unknown>)[] = [];
let simulator: Simulator;
let aws: AwsEmulator;
let scheduler: Scheduler;
let archive: Archive;
let alarmTopicArn: string;
let unheardTopicArn: string;
let fault: (request: AwsRequest) => AwsFault | undefined = () => undefined;

const nightly = (differs: Partial<StoredSchedule> = {}): StoredSchedule => ({
  State: 'ENABLED',
  ScheduleExpression: 'cron(30 4 * * ? *)',
  ScheduleExpressionTimezone: 'America/New_York',
  Target: {
    Arn: FUNCTION,
    Input: `{"environmentId":"${simulator.environmentId}","scheduledTime":"<aws.scheduler.scheduled-time>"}`,
  },
  ...differs,
});

beforeAll(async () => {
  simulator = await startSimulator({
    users: makeDirectory({ users: 150, seed: 1, asOf: new Date(), accountId: ACCOUNT }),
  });
  closers.push(simulator.close);
  aws = await startAwsEmulator({ bucket: 'archive', topicName: 'alerts', fault: (request) => fault(request) });
  closers.push(aws.close);
  alarmTopicArn = await aws.createTopic('alarms');
  unheardTopicArn = await aws.createTopic('unheard');
  await aws.sns.send(
    new SubscribeCommand({
      TopicArn: alarmTopicArn,
      Protocol: 'sqs',
      Endpoint: `arn:aws:sqs:us-east-1:${ACCOUNT}:subscriber-1`,
    }),
  );
  scheduler = await startScheduler();
  closers.push(scheduler.close);
  archive = bucketArchive(aws.s3, aws.bucket, 1);
});
afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});
beforeEach(() => {
  fault = () => undefined;
  simulator.setFaults([]);
  scheduler.set({ nightly: nightly() });
});

/** Everything as it should be, but for what differs. */
const settings = (differs: Partial<DoctorSettings> = {}): DoctorSettings => {
  const client = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'emulator', secretAccessKey: 'emulator' },
    maxAttempts: 1,
  };
  return {
    environmentId: simulator.environmentId,
    accountId: ACCOUNT,
    region: 'us-east-1',
    homeRegion: 'us-east-1',
    endpoint: simulator.url,
    isEndpointGiven: true,
    mode: 'exchange',
    loadCredentials: () => Promise.resolve(CALLER),
    location: { bucket: archive },
    keeping: undefined,
    enrich: undefined,
    topicArn: aws.topicArn,
    alarmTopicArn,
    overviewTopicArn: undefined,
    recipients: [SUBSCRIBED],
    sendTestMail: false,
    scheduleName: 'nightly',
    functionArn: FUNCTION,
    expected: defaultConfig([]).schedule,
    deployment: undefined,
    clock: systemClock,
    sts: new STSClient({ ...client, endpoint: aws.url }),
    sns: new SNSClient({ ...client, endpoint: aws.url }),
    scheduler: new SchedulerClient({ ...client, endpoint: scheduler.env.AWS_ENDPOINT_URL_SCHEDULER ?? '' }),
    ...differs,
  };
};

const look = async (differs: Partial<DoctorSettings> = {}): Promise<readonly CheckResult[]> =>
  (await doctor(settings(differs))).checks;

const outcomes = (checks: readonly CheckResult[]) =>
  Object.fromEntries(checks.map(({ name, outcome }) => [name, outcome]));

const HEALTHY = {
  roster: 'not-checked',
  credentials: 'ok',
  account: 'ok',
  region: 'ok',
  endpoint: 'ok',
  exchange: 'ok',
  'first-page': 'ok',
  'iam-roles': 'not-checked',
  'permission-groups': 'not-checked',
  archive: 'ok',
  replace: 'ok',
  create: 'not-checked',
  topic: 'ok',
  publish: 'not-checked',
  subscriptions: 'ok',
  'alarm-topic': 'ok',
  'alarm-subscriptions': 'ok',
  schedule: 'ok',
  'schedule-time': 'ok',
  alarms: 'not-checked',
  concurrency: 'not-checked',
  stacks: 'not-checked',
};

describe('before the first night', () => {
  test('all is well but what only a run and a mail can show', async () => {
    const checks = await look();
    expect(outcomes(checks)).toEqual(HEALTHY);
    expect(checks).toContainEqual({ name: 'first-page', outcome: 'ok', told: '100 users, and more to come' });
    expect(checks).toContainEqual({
      name: 'create',
      outcome: 'not-checked',
      told: 'it can be tried without leaving anything once a run is archived',
    });
    expect(await readTree(archive)).toEqual({});
    expect(await aws.messages()).toStrictEqual([]);
  });
});

describe('a set-up that is broken', () => {
  const nobody = (): Promise<never> => Promise.reject(new Error('profile of alice@example.com'));
  const denying =
    (method: string): typeof fault =>
    (request) =>
      request.service === 's3' && request.method === method ? DENIED : undefined;
  const denyingSns =
    (action: string): typeof fault =>
    (request) =>
      request.action === action ? { status: 403, code: 'AuthorizationError' } : undefined;
  const another = (bucket: string): Partial<DoctorSettings> => ({
    location: { bucket: bucketArchive(aws.s3, bucket, 1) },
  });

  interface Case {
    readonly name: string;
    readonly given?: () => Partial<DoctorSettings>;
    readonly breaks?: () => void;
    /** Each line that differs from a healthy one. */
    readonly lines: Readonly<Record<string, readonly [outcome: string, told: RegExp, remedy?: RegExp]>>;
  }

  const CASES: readonly Case[] = [
    {
      name: 'no credentials',
      given: () => ({ loadCredentials: nobody }),
      lines: {
        credentials: ['fail', /^the caller's AWS credentials could not be loaded$/, /AWS_PROFILE/],
        ...Object.fromEntries(
          ['account', 'exchange', 'first-page', 'archive', 'topic', 'publish', 'alarm-topic', 'schedule'].map(
            (name) => [name, ['not-checked', /^credentials failed$/]] as const,
          ),
        ),
        replace: ['not-checked', /^archive was not checked$/],
        create: ['not-checked', /^archive was not checked$/],
        subscriptions: ['not-checked', /^topic was not checked$/],
        'alarm-subscriptions': ['not-checked', /^alarm-topic was not checked$/],
        'schedule-time': ['not-checked', /^schedule was not checked$/],
      },
    },
    {
      name: 'keys that STS does not know',
      breaks: () => {
        fault = ({ action }) =>
          action === 'GetCallerIdentity' ? { status: 403, code: 'InvalidClientTokenId' } : undefined;
      },
      lines: { account: ['fail', /InvalidClientTokenId/, /^renew the credentials/] },
    },
    {
      name: 'the wrong account',
      given: () => ({ accountId: '111122223333' }),
      lines: {
        account: [
          'fail',
          /^000000000000, as arn:.*, where 111122223333 was expected$/,
          /credentials of account 111122223333/,
        ],
      },
    },
    {
      name: 'no way to STS, where the account is said',
      given: () => ({ sts: unreachable(STSClient) }),
      lines: { account: ['warn', /ECONNREFUSED/, /reach STS in us-east-1/] },
    },
    {
      name: 'no way to STS, which must say the account',
      given: () => ({ sts: unreachable(STSClient), accountId: undefined }),
      lines: { account: ['fail', /ECONNREFUSED/, /or give --account$/] },
    },
    {
      name: 'a region without FinSpace',
      given: () => ({ region: 'eu-central-2', isEndpointGiven: false }),
      lines: {
        region: ['warn', /^eu-central-2, where FinSpace has not been known/, /check the region/],
        exchange: ['fail', /403/, /secret key|principal/],
        'first-page': ['not-checked', /^exchange failed$/],
      },
    },
    {
      name: 'no topics',
      given: () => ({ topicArn: undefined, alarmTopicArn: undefined, recipients: undefined }),
      lines: {
        topic: ['not-checked', /^no topic was given: alerts are for the terminal$/],
        publish: ['not-checked', /no topic was given/],
        subscriptions: ['not-checked', /^topic was not checked$/],
        'alarm-topic': ['not-checked', /^no topic of alarms was given: --alarm-topic/],
        'alarm-subscriptions': ['not-checked', /^alarm-topic was not checked$/],
      },
    },
    {
      name: 'an endpoint where nobody is',
      given: () => ({ endpoint: `http://127.0.0.1:${freePort}` }),
      lines: {
        endpoint: [
          'fail',
          /^127\.0\.0\.1:\d+: connection failed \(ECONNREFUSED\)$/,
          /^let this machine reach .*HTTPS_PROXY/,
        ],
        exchange: ['not-checked', /^endpoint failed$/],
        'first-page': ['not-checked', /^endpoint failed$/],
      },
    },
    {
      name: 'a denied exchange',
      breaks: () => simulator.setFaults([{ fault: 'denied', operation: 'exchange', ...FOREVER }]),
      lines: {
        exchange: [
          'fail',
          /^GetProgrammaticAccessCredentials failed: AccessDeniedException \(403\)$/,
          /^the role needs finspace-api:GetProgrammaticAccessCredentials/,
        ],
        'first-page': ['not-checked', /^exchange failed$/],
      },
    },
    {
      name: 'a denied page',
      breaks: () => simulator.setFaults([{ fault: 'denied', ...FOREVER }]),
      lines: {
        'first-page': ['fail', /^ListUsers failed: AccessDeniedException \(403\)$/, /super user or hold Manage Users/],
      },
    },
    {
      name: 'a service that has gone',
      breaks: () => simulator.setFaults([{ fault: 'gone', operation: 'exchange', ...FOREVER }]),
      lines: {
        exchange: ['fail', /HTTP 410$/, /does not answer as the FinSpace Data API does/],
        'first-page': ['not-checked', /^exchange failed$/],
      },
    },
    {
      name: 'keys of FinSpace',
      given: () => ({ mode: 'direct', loadCredentials: () => Promise.resolve(simulator.directCredentials()) }),
      lines: { account: ['not-checked', /STS tells nothing/], exchange: ['not-checked', /none are exchanged/] },
    },
    {
      name: 'a missing bucket',
      given: () => another('elsewhere'),
      lines: {
        archive: ['fail', /^NoSuchBucket/, /BucketName/],
        replace: ['not-checked', /^archive failed$/],
        create: ['not-checked', /^archive failed$/],
      },
    },
    {
      name: 'a bucket that may not be read',
      breaks: () => {
        fault = denying('GET');
      },
      lines: {
        archive: ['fail', /^AccessDenied/, /s3:ListBucket/],
        replace: ['not-checked', /^archive failed$/],
        create: ['not-checked', /^archive failed$/],
      },
    },
    {
      name: 'a bucket that may not be written',
      breaks: () => {
        fault = denying('PUT');
      },
      lines: { replace: ['fail', /^AccessDenied/, /s3:PutObject/], create: ['not-checked', /^replace failed$/] },
    },
    {
      name: 'a missing topic',
      given: () => ({ topicArn: `${aws.topicArn}x` }),
      lines: {
        topic: ['fail', /^NotFound/, /tells it as TopicArn$/],
        subscriptions: ['not-checked', /^topic failed$/],
      },
    },
    {
      name: 'a missing topic of alarms',
      given: () => ({ alarmTopicArn: `${alarmTopicArn}x` }),
      lines: {
        'alarm-topic': ['fail', /^NotFound/, /tells it as AlarmTopicArn$/],
        'alarm-subscriptions': ['not-checked', /^alarm-topic failed$/],
      },
    },
    {
      name: 'a topic of another region',
      given: () => ({ topicArn: aws.topicArn.replace('us-east-1', 'eu-west-1') }),
      lines: {
        topic: ['fail', /^it is in eu-west-1, the audit in us-east-1$/, /same region/],
        subscriptions: ['not-checked', /^topic failed$/],
      },
    },
    {
      name: 'a topic that may not be looked at',
      breaks: () => {
        fault = denyingSns('ListSubscriptionsByTopic');
      },
      lines: {
        topic: ['not-checked', /^AuthorizationError/, /allow sns:ListSubscriptionsByTopic/],
        subscriptions: ['not-checked', /^topic was not checked$/],
        'alarm-topic': ['not-checked', /^AuthorizationError/, /allow sns:ListSubscriptionsByTopic/],
        'alarm-subscriptions': ['not-checked', /^alarm-topic was not checked$/],
      },
    },
    {
      name: 'no way to SNS',
      given: () => ({ sns: unreachable(SNSClient) }),
      lines: {
        topic: ['fail', /ECONNREFUSED/, /^let this machine reach SNS/],
        subscriptions: ['not-checked', /^topic failed$/],
        'alarm-topic': ['fail', /ECONNREFUSED/, /^let this machine reach SNS/],
        'alarm-subscriptions': ['not-checked', /^alarm-topic failed$/],
      },
    },
    {
      name: 'a topic whose subscriptions SNS does not tell of',
      breaks: () => {
        fault = ({ action }) =>
          action === 'GetSubscriptionAttributes' ? { status: 500, code: 'InternalError' } : undefined;
      },
      lines: {
        subscriptions: ['fail', /^InternalError/, /^mend what the message names/],
        'alarm-subscriptions': ['fail', /^InternalError/, /^mend what the message names/],
      },
    },
    {
      name: 'a topic whose subscriptions may not be looked at',
      breaks: () => {
        fault = denyingSns('GetSubscriptionAttributes');
      },
      lines: {
        subscriptions: ['not-checked', /^AuthorizationError/, /allow sns:GetSubscriptionAttributes/],
        'alarm-subscriptions': ['not-checked', /^AuthorizationError/, /allow sns:GetSubscriptionAttributes/],
      },
    },
    {
      name: 'fewer subscriptions than recipients, of whom one hears no alarms',
      given: () => ({ recipients: [SUBSCRIBED, QUEUE] }),
      lines: {
        subscriptions: [
          'warn',
          /^1 confirmed, 0 waiting for it; 1 of the 2 recipients of audit.yaml is not subscribed$/,
          /unsubscribed; finspace-audit subscribe --config audit.yaml --topic arn:.*a deploy brings back none/,
        ],
      },
    },
    {
      name: 'fewer who hear of alarms than should',
      given: () => ({ recipients: [ALICE, BOB] }),
      lines: {
        subscriptions: ['warn', /2 of the 2 recipients .* are not subscribed$/, /unsubscribed/],
        'alarm-subscriptions': [
          'warn',
          /2 of the 2 recipients .* are not subscribed$/,
          /subscribe .*--alarm-topic arn:/,
        ],
      },
    },
    {
      name: 'alarms that nobody hears',
      given: () => ({ alarmTopicArn: unheardTopicArn, recipients: [SUBSCRIBED, ALICE] }),
      lines: {
        subscriptions: ['warn', /is not subscribed$/, /unsubscribed/],
        'alarm-subscriptions': [
          'fail',
          /^0 confirmed, 0 waiting for it: nobody is told when audits fail or stop$/,
          /^finspace-audit subscribe /,
        ],
      },
    },
    {
      name: 'alarms that nobody was named for',
      given: () => ({ alarmTopicArn: unheardTopicArn }),
      lines: {
        'alarm-subscriptions': ['fail', /^0 confirmed, 0 waiting/, /^list people by email or https .* and deploy$/],
      },
    },
    {
      name: 'one mail about all environments whose topic is not given',
      given: () => ({ recipients: [SUBSCRIBED, { ...SUBSCRIBED, digest: 'all' }] }),
      lines: {
        'overview-topic': [
          'not-checked',
          /^no topic of the mail about all .*--overview-topic takes the OverviewTopicArn/,
        ],
        'overview-subscriptions': ['not-checked', /^overview-topic was not checked$/],
      },
    },
    {
      name: 'one mail about all environments that nobody gets',
      given: () => ({
        overviewTopicArn: unheardTopicArn,
        recipients: [SUBSCRIBED, { ...ALICE, digest: 'all', minSeverity: 'HIGH' }],
      }),
      lines: {
        'overview-topic': ['ok', /:unheard$/],
        'overview-subscriptions': [
          'fail',
          /^0 confirmed, 0 waiting for it: nobody gets the mail about all environments$/,
          /^finspace-audit subscribe --config audit.yaml --overview-topic arn:/,
        ],
        'alarm-subscriptions': ['warn', /1 of the 1 recipient .* is not subscribed$/, /subscribe/],
      },
    },
    {
      name: 'one mail about all environments that its recipient hears',
      given: () => ({ overviewTopicArn: alarmTopicArn, recipients: [SUBSCRIBED, { ...SUBSCRIBED, digest: 'all' }] }),
      lines: {
        'overview-topic': ['ok', /:alarms$/],
        'overview-subscriptions': ['ok', /^1 confirmed, 0 waiting for it$/],
      },
    },
    {
      name: 'a topic that a test mail may not go to',
      given: () => ({ sendTestMail: true }),
      breaks: () => {
        fault = denyingSns('Publish');
      },
      lines: { publish: ['fail', /^AuthorizationError/, /allow sns:Publish/] },
    },
    {
      name: 'a missing topic that a test mail is to go to',
      given: () => ({ topicArn: `${aws.topicArn}x`, sendTestMail: true }),
      lines: {
        topic: ['fail', /^NotFound/, /tells it as TopicArn$/],
        publish: ['fail', /^NotFound/, /tells it as TopicArn$/],
        subscriptions: ['not-checked', /^topic failed$/],
      },
    },
    {
      name: 'a missing schedule',
      given: () => ({ scheduleName: 'gone' }),
      lines: {
        schedule: ['fail', /^gone is not there: no audit is started$/, /deploy/],
        'schedule-time': ['not-checked', /^schedule failed$/],
      },
    },
    {
      name: 'a schedule that may not be looked at',
      breaks: () => scheduler.set({ nightly: 'denied' }),
      lines: {
        schedule: ['not-checked', /^AccessDeniedException/, /allow scheduler:GetSchedule/],
        'schedule-time': ['not-checked', /^schedule was not checked$/],
      },
    },
    {
      name: 'no schedule to look at',
      given: () => ({ scheduleName: undefined }),
      lines: {
        schedule: ['not-checked', /^no schedule was given/],
        'schedule-time': ['not-checked', /^schedule was not checked$/],
      },
    },
    ...[
      { name: 'a disabled schedule', differs: () => ({ State: 'DISABLED' }), told: /^it is DISABLED: no audit/ },
      { name: 'a schedule that ended', differs: () => ({ EndDate: 1_700_000_000 }), told: /^it ended at 2023-/ },
      {
        name: 'a schedule of another environment',
        differs: () => ({ Target: { Arn: FUNCTION, Input: '{"environmentId":"other"}' } }),
        told: /^it asks for environment other$/,
      },
      {
        name: 'a schedule without an event',
        differs: () => ({ Target: { Arn: FUNCTION } }),
        told: /^it asks for environment undefined$/,
      },
      {
        name: 'a schedule of another function',
        differs: () => ({ Target: { ...nightly().Target, Arn: `${FUNCTION}-old` } }),
        told: /^it invokes .*auditor-old, not .*auditor$/,
      },
    ].map(
      ({ name, differs, told }): Case => ({
        name,
        breaks: () => scheduler.set({ nightly: nightly(differs()) }),
        lines: { schedule: ['fail', told, /^deploy/], 'schedule-time': ['not-checked', /^schedule failed$/] },
      }),
    ),
    {
      name: 'a schedule that will end',
      breaks: () => scheduler.set({ nightly: nightly({ EndDate: 4_000_000_000 }) }),
      lines: { schedule: ['warn', /^it is ENABLED, and ends at 2096-/, /^deploy/] },
    },
    ...[
      { ScheduleExpression: 'cron(0 3 * * ? *)' },
      { ScheduleExpression: 'cron(0 2 ? * MON-FRI *)' },
      { ScheduleExpression: 'cron(0 2 ? * * *)' },
      { ScheduleExpression: 'rate(1 day)' },
      { ScheduleExpressionTimezone: 'Europe/London' },
    ].map(
      (differs): Case => ({
        name: `a schedule of ${Object.values(differs).join()}`,
        breaks: () => scheduler.set({ nightly: nightly(differs) }),
        lines: {
          'schedule-time': [
            'fail',
            / where audit\.yaml makes it cron\(30 4 \* \* \? \*\) America\/New_York$/,
            /^deploy/,
          ],
        },
      }),
    ),
    {
      name: 'a schedule without a config to compare it with',
      given: () => ({ expected: undefined }),
      lines: { 'schedule-time': ['not-checked', /^cron\(30 4 \* \* \? \*\) America\/New_York; no --config/] },
    },
  ];

  let freePort: number;
  beforeAll(async () => {
    const server = createServer();
    await new Promise<void>((listening) => {
      server.listen(0, '127.0.0.1', listening);
    });
    const address = server.address();
    freePort = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((closed) => {
      server.close(closed);
    });
  });

  const unreachable = <C>(Client: new (config: object) => C): C =>
    new Client({
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${freePort}`,
      credentials: { accessKeyId: 'emulator', secretAccessKey: 'emulator' },
      maxAttempts: 1,
    });

  test.each(CASES)('$name is told with its remedy', async ({ given = () => ({}), breaks = () => {}, lines }) => {
    breaks();
    const checks = await look(given());
    const told = Object.entries(lines).map(([name, [outcome, text, remedy]]) =>
      expect.objectContaining({
        name,
        outcome,
        told: expect.stringMatching(text),
        ...(remedy !== undefined && { remedy: expect.stringMatching(remedy) }),
      }),
    );
    expect(checks.filter(({ name }) => name in lines)).toEqual(expect.arrayContaining(told));
    expect(outcomes(checks)).toEqual({
      ...HEALTHY,
      ...Object.fromEntries(Object.entries(lines).map(([name, [outcome]]) => [name, outcome])),
    });
    for (const { outcome, remedy } of checks) {
      if (outcome === 'warn' || outcome === 'fail') expect(remedy).toBeTruthy();
    }
    expect(JSON.stringify(checks)).not.toContain('@');
    fault = () => undefined;
    expect(await readTree(archive)).toEqual({});
    expect(await aws.messages()).toStrictEqual([]);
  });
});

describe('subscriptions', () => {
  const list = async () =>
    (await aws.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: aws.topicArn }))).Subscriptions ?? [];
  const subscriptionsOf = async () => (await look()).find(({ name }) => name === 'subscriptions');

  test('that wait are a warning, and none that is confirmed a failure; addresses are not told', async () => {
    await aws.sns.send(
      new SubscribeCommand({ TopicArn: aws.topicArn, Protocol: 'email', Endpoint: 'alice@example.com' }),
    );
    expect(await subscriptionsOf()).toEqual({
      name: 'subscriptions',
      outcome: 'warn',
      told: '1 confirmed, 1 waiting for it',
      remedy: expect.stringMatching(/subscribe --confirm LINK; finspace-audit subscribe .* asks them again$/),
    });

    aws.followLink(aws.topicArn, ALICE.endpoint);
    expect(await subscriptionsOf()).toMatchObject({
      outcome: 'warn',
      told: '2 confirmed, 0 waiting for it; 1 by a bare link, so that another one, which mail scanners may follow, ends it',
      remedy: expect.stringContaining('subscribe --confirm LINK'),
    });
    await aws.sns.send(
      new ConfirmSubscriptionCommand({
        TopicArn: aws.topicArn,
        Token: ALICE.endpoint,
        AuthenticateOnUnsubscribe: 'true',
      }),
    );
    expect(await subscriptionsOf()).toMatchObject({ outcome: 'ok', told: '2 confirmed, 0 waiting for it' });

    const { SubscriptionArn } = (await list()).find(({ Protocol }) => Protocol === 'sqs') ?? {};
    await aws.sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    expect((await look({ recipients: [ALICE] })).find(({ name }) => name === 'subscriptions')).toMatchObject({
      outcome: 'ok',
      told: '1 confirmed, 0 waiting for it',
    });
    const { SubscriptionArn: alices } = (await list()).find(({ Protocol }) => Protocol === 'email') ?? {};
    await aws.sns.send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn: alices,
        AttributeName: 'FilterPolicy',
        AttributeValue: JSON.stringify(filterPolicyOf({ ...ALICE, minSeverity: 'HIGH' }, true)),
      }),
    );
    expect((await look({ recipients: [ALICE] })).find(({ name }) => name === 'subscriptions')).toMatchObject({
      outcome: 'fail',
      told: '1 confirmed, 0 waiting for it: nobody hears of MEDIUM findings, of LOW findings, of INFORMATIONAL findings',
      remedy: expect.stringContaining('which puts filters back too'),
    });
    await aws.sns.send(new UnsubscribeCommand({ SubscriptionArn: alices }));
    expect(await subscriptionsOf()).toMatchObject({
      outcome: 'fail',
      told: '0 confirmed, 0 waiting for it: nobody is told',
      remedy: expect.stringContaining('finspace-audit subscribe'),
    });
  });

  test('a test mail says that it is one, and comes through every filter', async () => {
    const received = await aws.subscribe(filterPolicyOf({ ...ALICE, minSeverity: 'CRITICAL' }, true));
    expect(outcomes(await look({ sendTestMail: true }))).toMatchObject({ publish: 'ok' });
    expect(await received()).toEqual([
      {
        subject: expect.stringContaining('TEST'),
        body: expect.stringContaining('No audit was made'),
        attributes: { environment: simulator.environmentId, verdict: 'TEST', maxSeverity: 'CRITICAL' },
      },
    ]);
  });
});

describe('an archive that holds a run', () => {
  test('shows that new objects may be written, and stays as it is', async () => {
    await auditNights(archive, [{ number: 2, users: [{ userId: 'one' }], environmentId: simulator.environmentId }]);
    const before = await readTree(archive);
    expect(Object.keys(before)).toContain(`latest/environment=${simulator.environmentId}.json`);
    const checks = await look();
    expect(outcomes(checks)).toMatchObject({ archive: 'ok', replace: 'ok', create: 'ok' });
    expect(await readTree(archive)).toEqual(before);
  });

  // What a store that ignores conditions would do; it must not pass for S3, nor lose anything.
  test.each(['replace', 'create'] as const)('is not trusted to a store that ignores conditions: %s', async (name) => {
    const before = await readTree(archive);
    const written: string[] = [];
    const careless: Archive = {
      ...archive,
      [name]: async (key: string) => {
        written.push(key);
        return name === 'create' ? 'created' : 'replaced';
      },
    };
    const found = (await look({ location: { bucket: careless } })).find((check) => check.name === name);
    expect(found).toMatchObject({ outcome: 'fail', told: expect.stringContaining('the store does not know If-') });
    expect(written.filter((key) => key.startsWith('latest/'))).toStrictEqual([]);
    expect(await readTree(archive)).toEqual(before);
  });
});

describe('a folder', () => {
  test.each([
    { name: 'that is there', path: '.', told: 'which has no complete run of it yet' },
    { name: 'that is not there yet', path: 'a/b', told: 'which is not there yet: the first audit makes it' },
  ])('$name is tried and left as it was', async ({ path, told }) => {
    const root = await newFolder();
    const checks = await look({ location: { folder: join(root, path) } });
    expect(outcomes(checks)).toMatchObject({ archive: 'ok', replace: 'ok', create: 'ok' });
    expect(checks.find(({ name }) => name === 'archive')?.told).toContain(told);
    expect(await readdir(root)).toStrictEqual([]);
  });

  test('that is a file is refused', async () => {
    const file = join(await newFolder(), 'file');
    await writeFile(file, '');
    const checks = await look({ location: { folder: file } });
    expect(checks.find(({ name }) => name === 'archive')).toMatchObject({
      outcome: 'fail',
      told: `${file} is no folder`,
      remedy: expect.stringContaining('give a folder'),
    });
  });
});

describe('a diagnosis', () => {
  const CALLER_CHECKS = ['credentials', 'account', 'region'];
  const FINSPACE_CHECKS = ['endpoint', 'exchange', 'first-page'];
  const openRoster = () => Promise.reject(new RosterError('users.json is empty: save it anew'));

  test.each<{ name: string; isSaved: boolean; isFolder: boolean; lacks: readonly string[] }>([
    { name: 'FinSpace, kept in a bucket', isSaved: false, isFolder: false, lacks: [] },
    { name: 'FinSpace, kept in a folder', isSaved: false, isFolder: true, lacks: [] },
    { name: 'a saved roster, kept in a bucket', isSaved: true, isFolder: false, lacks: FINSPACE_CHECKS },
    {
      name: 'a saved roster, kept in a folder, needs nobody’s keys',
      isSaved: true,
      isFolder: true,
      lacks: [...CALLER_CHECKS, ...FINSPACE_CHECKS],
    },
  ])('of users of $name', async ({ isSaved, isFolder, lacks }) => {
    const { checks, ...of } = await doctor(
      settings({
        ...(isSaved && { openRoster }),
        ...(isFolder && { location: { folder: join(await newFolder(), 'archive') } }),
      }),
    );
    expect(of).toStrictEqual({ schemaVersion: 1, environmentId: simulator.environmentId });
    expect(checks.map(({ name }) => name)).toStrictEqual(Object.keys(HEALTHY).filter((name) => !lacks.includes(name)));
    expect(outcomes(checks)).toMatchObject({ roster: isSaved ? 'fail' : 'not-checked', archive: 'ok', topic: 'ok' });
  });

  test('of a saved roster tells of the run in the folder that has audited it', async () => {
    const folder = await newFolder();
    const roster = openedRoster('[{"userId":"one"}]', {
      name: 'users.json',
      asOf: nightAt(2),
      shownBy: { attestedBy: { name: 'Ada', statement: 'this is everybody', at: nightAt(2).toISOString() } },
    });
    const source = { kind: 'roster', sha256: roster.source.sha256 } as const;
    await auditNights(folderArchive(folder), [
      { number: 1, users: [{ userId: 'one' }], environmentId: simulator.environmentId, source },
    ]);
    const [check] = await look({ openRoster: async () => roster, location: { folder } });
    expect(check).toMatchObject({ name: 'roster', outcome: 'warn', remedy: 'save a newer roster' });
  });

  test('tells how the archive is kept right after whether it can be written', async () => {
    const kms = new KMSClient({ region: 'us-east-1', endpoint: aws.url });
    const keeping = { s3: aws.s3, kms, bucket: 'nowhere', config: undefined };
    const names = (await look({ keeping })).map(({ name }) => name);
    const expected = keepingChecks(keeping, simulator.environmentId).map(({ name }) => name);
    expect(names.slice(names.indexOf('create') + 1, names.indexOf('topic'))).toStrictEqual(expected);
  });
});

describe('checks', () => {
  test('that throw have failed, on one line and without addresses', async () => {
    const failing = () => Promise.reject(new TypeError('alice@example.com\nis wrong'));
    expect(await runChecks([{ name: 'one', needs: [], check: failing }])).toEqual([
      { name: 'one', outcome: 'fail', told: 'TypeError: [e-mail] is wrong', remedy: expect.any(String) },
    ]);
  });
});
