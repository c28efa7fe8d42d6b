import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type DoctorFlags, readDoctorFlags } from '../../../cli/doctor/options.ts';
import { type Simulator, startSimulator } from '../../../simulator/server.ts';
import { type AwsEmulator, startAwsEmulator } from '../../support/aws-emulator.ts';
import { type Scheduler, startScheduler } from '../../support/scheduler.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { ACCOUNT, command, runEnv } from '../command.ts';

jest.setTimeout(60_000);

const newFolder = temporaryFolders();
let simulator: Simulator;
let aws: AwsEmulator;
let scheduler: Scheduler;
beforeAll(async () => {
  simulator = await startSimulator({ users: [{ userId: 'one' }] });
  aws = await startAwsEmulator({ bucket: 'my-archive', topicName: 'alerts' });
  scheduler = await startScheduler();
});
afterAll(async () => {
  await scheduler.close();
  await aws.close();
  await simulator.close();
});

const doctor = (...words: readonly string[]) =>
  command(['doctor', '--environment', simulator.environmentId, '--region', 'us-east-1', ...words], {
    ...aws.env,
    ...scheduler.env,
    ...runEnv(simulator),
  });

test('tells a line a check, and exits 0 where nothing failed', async () => {
  const out = join(await newFolder(), 'history');
  const { code, stdout, stderr } = await doctor('--out', out);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^ok {11}exchange {13}FinSpace gives keys for these credentials$/m);
  expect(stdout).toMatch(/^ok {11}first-page {11}1 user, and no more$/m);
  expect(stdout).toMatch(/^not-checked {2}topic {16}no topic was given/m);
  expect(stdout).toMatch(/^environment \w+: 9 ok, 13 not-checked$/m);
  expect(await readdir(join(out, '..'))).toEqual([]);
});

test('tells the remedy below what failed, and exits 2', async () => {
  const { code, stdout } = await doctor('--bucket', 'another', '--account', ACCOUNT, '--schedule', 'nightly');
  expect(code).toBe(2);
  expect(stdout).toMatch(/^fail {9}archive .*NoSuchBucket.*\n {34}=> correct the name of the bucket/m);
  expect(stdout).toMatch(/^fail {9}account .*where 111122223333 was expected\n {34}=> use credentials/m);
  expect(stdout).toMatch(/^fail {9}schedule {13}nightly is not there/m);
});

test('--json prints the checks and nothing else', async () => {
  const { code, stdout } = await doctor('--bucket', aws.bucket, '--topic', aws.topicArn, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 1,
    environmentId: simulator.environmentId,
    checks: expect.arrayContaining([
      { name: 'topic', outcome: 'ok', told: aws.topicArn },
      { name: 'subscriptions', outcome: 'ok', told: '1 confirmed, 0 waiting for it' },
      { name: 'versioning', outcome: 'not-checked', told: 'the store does not know this setting' },
    ]),
  });
});

test('looks with a config at what was deployed, and at the stacks.json that is here', async () => {
  const config = join(await newFolder(), 'audit.yaml');
  await writeFile(config, `environments: [{ id: ${simulator.environmentId} }]`);
  const { code, stdout } = await command(
    ['doctor', '--environment', simulator.environmentId, '--region', 'us-east-1', '--config', config, '--json'].concat([
      '--bucket',
      aws.bucket,
    ]),
    {
      ...aws.env,
      ...scheduler.env,
      ...runEnv(simulator),
      // Nothing there knows CloudWatch and Lambda, which then fail as such.
      AWS_ENDPOINT_URL_CLOUDWATCH: aws.url,
      AWS_ENDPOINT_URL_LAMBDA: aws.url,
    },
  );
  expect(code).toBe(2);
  const { checks } = JSON.parse(stdout);
  expect(checks.slice(-3)).toMatchObject([
    { name: 'alarms', outcome: 'fail' },
    { name: 'concurrency', outcome: 'fail' },
    {
      name: 'stacks',
      outcome: 'fail',
      told: 'a deploy would end the audits of vs57phhvijir4kv5rf6ywt (FinSpaceUserAuditor)',
    },
  ]);
});

describe('flags', () => {
  const FLAGS: DoctorFlags = { environment: 'abc', region: 'us-east-1', bucket: 'my-bucket' };

  test.each([
    ['the longest name of a schedule', { schedule: 'a'.repeat(64) }, { scheduleName: 'a'.repeat(64) }],
    [
      'a topic of alarms',
      { alarmTopic: 'arn:aws:sns:us-east-1:111122223333:alarms' },
      { alarmTopicArn: 'arn:aws:sns:us-east-1:111122223333:alarms' },
    ],
    [
      'a test mail to a topic',
      { topic: 'arn:aws:sns:us-east-1:111122223333:audits', sendTestMail: true as const },
      { sendTestMail: true },
    ],
  ])('%s', (_name, flags, options) => {
    expect(readDoctorFlags({ ...FLAGS, ...flags }, {})).toMatchObject(options);
  });

  test.each([
    ['a name too long', { schedule: 'a'.repeat(65) }, '--schedule must be the name of a schedule'],
    ['alarms that go to no topic', { alarmTopic: 'alarms' }, '--alarm-topic must be the ARN of an SNS topic'],
    ['a name of a group and a schedule', { schedule: 'default/nightly' }, 'got "default/nightly"'],
    ['a test mail to nobody', { sendTestMail: true as const }, '--send-test-mail is allowed with --topic only'],
    ['no environment', { environment: '' }, '--environment must be 1 to 26 letters and digits, got nothing'],
  ])('%s is refused', (_name, flags, message) => {
    expect(() => readDoctorFlags({ ...FLAGS, ...flags }, {})).toThrow(message);
  });
});
