import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { bucketArchive } from '../../core/archive/bucket.ts';
import { judgingCode } from '../../core/model/judging-code.ts';
import { verifyEnvironment } from '../../core/verify/verify.ts';
import { DAY_MS } from '../../rules/engine/time.ts';
import { makeDirectory } from '../../simulator/directory.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { type AwsEmulator, startAwsEmulator } from '../support/aws-emulator.ts';
import { deployedCode } from '../support/deployed-code.ts';
import { type EventBus, startEventBus } from '../support/event-bridge.ts';
import { KMS_KEY_ARN, type Kms, publicKeyFor, startKms } from '../support/kms.ts';
import { FUNCTION_ARN, type Lambda, startLambda } from '../support/lambda-runtime.ts';
import { personalDataIn, personalDataOf } from '../support/personal-data.ts';
import { type Scheduler, startScheduler } from '../support/scheduler.ts';

const SCHEDULED_TIME = '2026-11-24T07:00:00Z';
const ACCOUNT = '123456789012';

const users = makeDirectory({ users: 250, seed: 1, asOf: new Date(SCHEDULED_TIME), accountId: ACCOUNT });

const diagnosisSchema = z.object({ checks: z.array(z.object({ name: z.string(), outcome: z.string() })) });
const executionSchema = z.object({ Status: z.string(), Result: z.string() });

let folder: string;
let assetDir: string;
let simulator: Simulator;
let aws: AwsEmulator;
let alarmTopicArn: string;
let alarmSubscription: string | undefined;
let bus: EventBus;
let lambda: Lambda;
let scheduler: Scheduler;
let kms: Kms;
let env: Readonly<Record<string, string>>;

/** Everything that has to be closed, in the order in which it was opened. */
const closers: (() => Promise<unknown>)[] = [];

/** Builds the app's asset for one environment, with the context that the project deploys with. */
const synthesise = async (environmentId: string, waivers?: string, mode = 'single') => {
  const config = `environments: [{ id: ${environmentId}, name: research }]\nsigning: { key: "${KMS_KEY_ARN}" }\nevents: { bus: audits }\nalerts: [{ email: oncall@example.com }]\nlisting: { mode: ${mode} }\n`;
  const configFile = join(folder, "operator's audit.yaml");
  const waiversFile = join(folder, "operator's waivers.yaml");
  await writeFile(configFile, config);
  await writeFile(waiversFile, waivers ?? '');
  const deployed = await deployedCode(folder, { configFile, config, ...(waivers !== undefined && { waiversFile }) });
  return deployed('AuditFunction');
};

type Synthesised = Awaited<ReturnType<typeof synthesise>>;

/** The function's environment, with the servers here in the place of AWS. */
const environmentOf = ({ variables, typeOf }: Pick<Synthesised, 'variables' | 'typeOf'>) => {
  const nameOf = (id: string): string => {
    if (typeOf(id) === 'AWS::S3::Bucket') return aws.bucket;
    return id.includes('AlarmTopic') ? alarmTopicArn : aws.topicArn;
  };
  return {
    ...Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, typeof value === 'string' ? value : nameOf(value.Ref)]),
    ),
    ...aws.env,
    ...scheduler.env,
    AWS_ENDPOINT_URL_KMS: kms.env.AWS_ENDPOINT_URL_KMS ?? '',
    AWS_ACCESS_KEY_ID: simulator.callerCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: simulator.callerCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_FINSPACE_DATA: simulator.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
  };
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asset-'));
  closers.push(() => rm(folder, { recursive: true }));
  // What the runtime has for the function to load.
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  simulator = await startSimulator({ users });
  closers.push(simulator.close);
  aws = await startAwsEmulator({ bucket: 'archive', topicName: 'alerts' });
  closers.push(aws.close);
  alarmTopicArn = await aws.createTopic('alarms');
  ({ SubscriptionArn: alarmSubscription } = await aws.sns.send(
    new SubscribeCommand({
      TopicArn: alarmTopicArn,
      Protocol: 'sqs',
      Endpoint: 'arn:aws:sqs:us-east-1:000000000000:subscriber-1',
    }),
  ));
  scheduler = await startScheduler();
  closers.push(scheduler.close);
  kms = await startKms();
  closers.push(kms.close);
  bus = await startEventBus();
  closers.push(bus.close);
  const synthesised = await synthesise(
    simulator.environmentId,
    JSON.stringify([
      {
        rule: 'end-of-support',
        user: simulator.environmentId,
        reason: 'an endpoint of our own',
        owner: 'owner',
        approver: 'approver',
        expires: new Date(Date.now() + 30 * DAY_MS).toJSON().slice(0, 10),
      },
    ]),
  );

  assetDir = synthesised.assetDir;
  env = environmentOf(synthesised);
  lambda = await startLambda({ assetDir, handler: synthesised.handler, timeoutMs: 900_000, env });
  closers.push(lambda.close);
});

afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});

beforeEach(() => simulator.setFaults([]));

const invoke = (scheduledTime: string, environmentId = simulator.environmentId) =>
  lambda.invoke({ environmentId, scheduledTime });

/** The schedule as the stack makes it, which invokes this. */
const scheduleNightly = ({ AUDIT_SCHEDULE_PREFIX: prefix }: typeof env, target: string): void => {
  scheduler.set({
    [`${prefix}-${simulator.environmentId}`]: {
      State: 'ENABLED',
      ScheduleExpression: 'cron(30 4 * * ? *)',
      ScheduleExpressionTimezone: 'America/New_York',
      Target: {
        Arn: target,
        Input: JSON.stringify({
          environmentId: simulator.environmentId,
          scheduledTime: '<aws.scheduler.scheduled-time>',
        }),
      },
    },
  });
};

const keys = async (): Promise<readonly string[]> => {
  const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: aws.bucket }));
  return Contents.flatMap(({ Key }) => Key ?? []);
};

/** The metrics of the function so far. */
const measurements = (): readonly Readonly<Record<string, unknown>>[] =>
  lambda
    .logs()
    .split('\n')
    .filter((line) => line.includes('CloudWatchMetrics'))
    .map((line) => JSON.parse(line));

const linesOf = async (key: string): Promise<readonly unknown[]> => {
  const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: aws.bucket, Key: key }));
  const text = gunzipSync((await Body?.transformToByteArray()) ?? '').toString();
  return text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
};

/** Of complete runs the archive has the first one only, and `latest` points to it. */
const expectUntouched = async (): Promise<void> => {
  const [latest = '', ...others] = (await keys()).filter((key) => key.startsWith('latest/'));
  const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: aws.bucket, Key: latest }));
  expect(others).toEqual([]);
  expect(JSON.parse((await Body?.transformToString()) ?? '')).toMatchObject({ run: '20261124T070000Z' });
  expect((await keys()).filter((key) => /^(?:manifests|snapshots)\//.test(key))).toHaveLength(2);
};

describe('the code that is deployed', () => {
  it('audits every user when the schedule asks, keeps the evidence and tells people', async () => {
    expect(await invoke(SCHEDULED_TIME)).toMatchObject({
      result: { run: '20261124T070000Z', verdict: 'COMPLETE', users: 250, alert: 'sent', wasDone: false },
    });
    const partition = `environment=${simulator.environmentId}/dt=2026-11-24`;
    expect(await linesOf(`snapshots/${partition}/20261124T070000Z.jsonl.gz`)).toHaveLength(250);
    const manifest = `manifests/${partition}/20261124T070000Z.json`;
    expect(await keys()).toContain(manifest);
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: aws.bucket, Key: manifest }));
    // It has none of the sources beside it, and names the same code as the checkout that it was built from.
    expect(JSON.parse((await Body?.transformToString()) ?? '').code).toEqual(judgingCode());
    expect(await aws.messages()).toEqual([
      expect.objectContaining({ attributes: expect.objectContaining({ verdict: 'COMPLETE' }) }),
    ]);
  });

  it('signs what it keeps', async () => {
    const archive = bucketArchive(aws.s3, aws.bucket);
    const publicKey = publicKeyFor('ECDSA_SHA_256');
    expect(await verifyEnvironment(archive, simulator.environmentId, { publicKeys: [publicKey] })).toMatchObject({
      runs: 1,
      signatures: { signed: 1, valid: 1, keys: [{ keyId: KMS_KEY_ARN }] },
      problems: [],
    });
  });

  it('publishes an event for each finding that changed, and one for the run', async () => {
    const types = bus.accepted.map(({ DetailType }) => DetailType);
    expect(types.filter((type) => type === 'FinSpace Audit Finding').length).toBeGreaterThan(10);
    expect(types.filter((type) => type === 'FinSpace Audit Run')).toHaveLength(1);
    expect(new Set(bus.accepted.map(({ EventBusName }) => EventBusName))).toEqual(new Set(['audits']));
    expect(await keys()).toContain(`events/environment=${simulator.environmentId}/dt=2026-11-24/20261124T070000Z.json`);
  });

  it('judges by the waivers that were deployed with it', async () => {
    const [key = ''] = (await keys()).filter((name) => name.startsWith('findings/'));
    expect(await linesOf(key)).toContainEqual(expect.objectContaining({ ruleId: 'end-of-support', state: 'waived' }));
  });

  it('is small, and has what few audits need loaded from elsewhere', async () => {
    const names = new Set(['index.mjs']);
    const imports: string[] = [];
    let size = 0;
    for (const name of names) {
      const code = await readFile(join(assetDir, name), 'utf8');
      size += code.length;
      for (const [, imported = ''] of code.matchAll(/(?:\bfrom|^import|;import) ?"([\w@./:-]+)"/gm)) {
        if (imported.startsWith('./')) names.add(imported);
        else imports.push(imported);
      }
    }
    // Some 890,000, and room for some ten rules more.
    expect(size).toBeLessThan(900_000);
    expect(imports.filter((name) => !isBuiltin(name))).toEqual([]);
  });

  it('carries an empty file of waivers where the operator has none', async () => {
    const { assetDir: other } = await synthesise('abc');
    expect(await readFile(join(other, 'waivers.json'), 'utf8')).toBe('[]');
  });

  it('does nothing more when the event is delivered again', async () => {
    const stored = await keys();
    expect(await invoke(SCHEDULED_TIME)).toMatchObject({ result: { wasDone: true } });
    expect(await keys()).toEqual(stored);
    expect(await aws.messages()).toHaveLength(1);
    expect(bus.accepted.filter(({ DetailType }) => DetailType === 'FinSpace Audit Run')).toHaveLength(1);
  });

  it('tells people and fails when it may not read', async () => {
    simulator.setFaults([{ fault: 'denied', operation: 'exchange', times: Number.POSITIVE_INFINITY }]);
    expect(await invoke('2026-11-25T07:00:00Z')).toEqual({
      error: {
        errorType: 'Error',
        errorMessage: expect.stringMatching(/^run 20261125T070000Z of .* is FAILED: access-denied: /),
      },
    });
    expect((await aws.messages()).at(-1)).toMatchObject({ attributes: { verdict: 'FAILED' } });
    await expectUntouched();
  });

  it('measures every run, at the instant it speaks for', () => {
    const measured = measurements().filter((line) => 'environment' in line);
    const run = (asOf: string, differs: object) =>
      expect.objectContaining({
        environment: simulator.environmentId,
        service: 'finspace-auditor',
        DurationSeconds: expect.any(Number),
        _aws: {
          Timestamp: Date.parse(asOf),
          CloudWatchMetrics: [
            expect.objectContaining({ Namespace: 'FinSpaceUserAuditor', Dimensions: [['service', 'environment']] }),
          ],
        },
        ...differs,
      });
    expect(measured).toEqual([
      run(SCHEDULED_TIME, { CompleteRuns: 1, Users: 250, OldestOpenCriticalAgeDays: 0 }),
      run(SCHEDULED_TIME, { CompleteRuns: 1, Users: 250 }),
      run('2026-11-25T07:00:00Z', { CompleteRuns: 0 }),
    ]);
  });

  it('fails a run whose alarms nobody would hear, and measures it until somebody does', async () => {
    const before = measurements().flatMap(({ UnheardTopics: topics }) => topics ?? []);
    await aws.sns.send(new UnsubscribeCommand({ SubscriptionArn: alarmSubscription }));
    expect(await invoke(SCHEDULED_TIME)).toEqual({
      error: {
        errorType: 'Error',
        errorMessage: expect.stringMatching(
          /is COMPLETE, but not everybody was notified: nobody hears of alarms: no confirmed subscription of \S+:alarms takes it/,
        ),
      },
    });
    const measured = measurements().filter((line) => 'UnheardTopics' in line);
    expect(measured.map(({ UnheardTopics: topics }) => topics)).toEqual([...before.map(() => 0), 1]);
    expect(measured.at(-1)).toMatchObject({
      stack: env.AUDIT_SCHEDULE_PREFIX,
      _aws: { CloudWatchMetrics: [{ Dimensions: [['service', 'stack']] }] },
    });
  });

  it('tells what is wrong with its set-up when it is asked, and is well itself', async () => {
    scheduleNightly(env, FUNCTION_ARN);
    const stored = await keys();
    const mailed = await aws.messages();
    const answer = await lambda.invoke({ doctor: true, environmentId: simulator.environmentId });
    const { checks } = diagnosisSchema.parse('result' in answer ? answer.result : answer);
    expect(checks.map(({ name, outcome }) => `${name}: ${outcome}`)).toEqual([
      'roster: not-checked',
      'credentials: ok',
      // The emulator has an account of its own.
      'account: fail',
      'region: ok',
      'endpoint: ok',
      'exchange: ok',
      'first-page: ok',
      'iam-roles: not-checked',
      'permission-groups: not-checked',
      'archive: ok',
      'replace: ok',
      'create: ok',
      // The emulator says nothing of how a bucket is kept.
      'versioning: not-checked',
      'lock: not-checked',
      'lifecycle: ok',
      'public-access: not-checked',
      'bucket-policy: not-checked',
      'key: not-checked',
      'topic: ok',
      'publish: not-checked',
      // The recipient of the config is not subscribed, somebody else is.
      'subscriptions: warn',
      'alarm-topic: ok',
      // Nobody has subscribed to it here.
      'alarm-subscriptions: fail',
      'schedule: ok',
      'schedule-time: ok',
      // The command line looks at it.
      'alarms: not-checked',
      'concurrency: not-checked',
      'stacks: not-checked',
    ]);
    expect(await keys()).toEqual(stored);
    expect(await aws.messages()).toEqual(mailed);
  });

  it.each([
    { fault: 'denied', page: 2, reason: 'access-denied' },
    { fault: 'repeated-token', page: 1, reason: 'repeated-token' },
  ] as const)('fails where the listing is cut by $fault, and moves nothing', async ({ fault, page, reason }) => {
    simulator.setFaults([{ fault, page, times: Number.POSITIVE_INFINITY }]);
    expect(await invoke('2026-11-26T07:00:00Z')).toEqual({
      error: {
        errorType: 'Error',
        errorMessage: expect.stringMatching(
          new RegExp(`^run 20261126T070000Z of .* is INCOMPLETE: ${reason}: page \\d: `),
        ),
      },
    });
    await expectUntouched();
  });

  it('names the environments that it audits to whoever asks for another', async () => {
    expect(await invoke(SCHEDULED_TIME, 'another')).toEqual({
      error: {
        errorType: 'Error',
        errorMessage: `event.environmentId must be one of ${simulator.environmentId}, got "another"`,
      },
    });
  });

  it('names no user in logs, mails and events', async () => {
    const told = lambda.logs() + JSON.stringify([await aws.messages(), bus.accepted]);
    expect(told).toContain('20261124T070000Z');
    expect(personalDataOf(users).size).toBeGreaterThan(250);
    expect(personalDataIn(told, users)).toEqual([]);
  });
});

/** The first invocation of an execution, as Lambda makes it. */
const firstInvocation = (event: object) => ({
  DurableExecutionArn: `${FUNCTION_ARN}:1/durable-execution/first/first`,
  CheckpointToken: 'first',
  InitialExecutionState: {
    Operations: [
      {
        Id: 'execution',
        Type: 'EXECUTION',
        Status: 'STARTED',
        StartTimestamp: 0,
        ExecutionDetails: { InputPayload: JSON.stringify(event) },
      },
    ],
    NextMarker: '',
  },
});

it('is deployed for executions as well, and knows the alias that schedules have to invoke', async () => {
  const durable = await synthesise(simulator.environmentId, undefined, 'durable');
  const durableEnv = environmentOf(durable);
  const { assetDir: code, handler } = durable;
  const executed = await startLambda({ assetDir: code, handler, timeoutMs: 900_000, env: durableEnv });
  closers.push(executed.close);

  const scheduleAsSeen = async (target: string) => {
    scheduleNightly(durableEnv, target);
    const answer = await executed.invoke(firstInvocation({ doctor: true, environmentId: simulator.environmentId }));
    const { Status, Result } = executionSchema.parse('result' in answer ? answer.result : answer);
    const { checks } = diagnosisSchema.parse(JSON.parse(Result));
    return { Status, schedule: checks.find(({ name }) => name === 'schedule')?.outcome };
  };
  expect(await scheduleAsSeen(`${FUNCTION_ARN}:live`)).toEqual({ Status: 'SUCCEEDED', schedule: 'ok' });
  expect(await scheduleAsSeen(FUNCTION_ARN)).toEqual({ Status: 'SUCCEEDED', schedule: 'fail' });
});
