import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ok, runChecks } from '../../../core/doctor/check.ts';
import { type ScheduleSettings, scheduleChecks } from '../../../core/doctor/schedule.ts';
import { type Scheduler, type StoredSchedule, startScheduler } from '../../support/scheduler.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:auditor';
const NOW = Date.parse('2026-11-24T02:00:00Z');

const SOUND: StoredSchedule = {
  State: 'ENABLED',
  ScheduleExpression: 'cron(30 4 * * ? *)',
  ScheduleExpressionTimezone: 'America/New_York',
  Target: { Arn: FUNCTION, Input: '{"environmentId":"abc","scheduledTime":"<aws.scheduler.scheduled-time>"}' },
};

let scheduler: Scheduler;
let client: SchedulerClient;
const clientOf = (endpoint: string): SchedulerClient =>
  new SchedulerClient({
    region: 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
beforeAll(async () => {
  scheduler = await startScheduler();
  client = clientOf(scheduler.env.AWS_ENDPOINT_URL_SCHEDULER ?? '');
});
afterAll(() => scheduler.close());

const settings = (): ScheduleSettings => ({
  deployment: () => [],
  scheduler: client,
  scheduleName: 'nightly',
  environmentId: 'abc',
  functionArn: FUNCTION,
  expected: { cron: '30 4 * * *', timezone: 'America/New_York' },
  clock: { now: () => NOW, sleep: () => Promise.resolve() },
});

const DEPLOY = 'deploy the stack; the runbook\'s "A schedule was changed" says how to find who changed it';

const look = async (schedule: StoredSchedule | 'denied' | undefined, differs: Partial<ScheduleSettings> = {}) => {
  scheduler.set(schedule === undefined ? {} : { nightly: schedule });
  const credentials = { name: 'credentials', needs: [], check: async () => ok('') };
  const checks = scheduleChecks({ ...settings(), ...differs });
  const [, ...results] = await runChecks([credentials, ...checks]);
  return results.map(
    ({ outcome, told, remedy }) => `${outcome}: ${told}${remedy === undefined ? '' : `, so ${remedy}`}`,
  );
};

const TIME = 'ok: cron(30 4 * * ? *) America/New_York, as audit.yaml says';
const UNLOOKED = 'not-checked: schedule failed';
const { Target = { Arn: FUNCTION }, ...rest } = SOUND;

test.each<{
  name: string;
  schedule: StoredSchedule | 'denied' | undefined;
  differs?: Partial<ScheduleSettings>;
  told: readonly [schedule: string, time: string];
}>([
  { name: 'as the stack makes it', schedule: SOUND, told: ['ok: ENABLED, invokes this function', TIME] },
  {
    name: 'of a function that nobody knows',
    schedule: SOUND,
    differs: { functionArn: undefined },
    told: [`ok: ENABLED, invokes ${FUNCTION}`, TIME],
  },
  {
    name: 'that is not there',
    schedule: undefined,
    told: ['fail: nightly is not there: no audit is started', UNLOOKED],
  },
  {
    name: 'that is off',
    schedule: { ...SOUND, State: 'DISABLED' },
    told: ['fail: it is DISABLED: no audit is started', UNLOOKED],
  },
  {
    name: 'that ends now',
    schedule: { ...SOUND, EndDate: NOW / 1000 },
    told: ['fail: it ended at 2026-11-24T02:00:00.000Z: no audit is started', UNLOOKED],
  },
  {
    name: 'that ends in a second',
    schedule: { ...SOUND, EndDate: NOW / 1000 + 1 },
    told: ['warn: it is ENABLED, and ends at 2026-11-24T02:00:01.000Z', TIME],
  },
  {
    name: 'that starts in a second',
    schedule: { ...SOUND, StartDate: NOW / 1000 + 1 },
    told: ['fail: it starts at 2026-11-24T02:00:01.000Z: no audit is started before', UNLOOKED],
  },
  {
    name: 'that starts now',
    schedule: { ...SOUND, StartDate: NOW / 1000 },
    told: ['ok: ENABLED, invokes this function', TIME],
  },
  ...[
    {
      name: 'asks for the same run each time',
      more: { scheduledTime: '2026-11-24T02:00:00Z' },
      asks: 'the run of 2026-11-24T02:00:00Z each time, not for that of its time',
    },
    {
      name: 'asks for no run',
      more: { scheduledTime: undefined },
      asks: 'the run of undefined each time, not for that of its time',
    },
    {
      name: 'accepts whatever comes',
      more: { acceptRosterDrop: true, acceptHistory: {} },
      asks: 'acceptRosterDrop, acceptHistory each time',
    },
  ].map(({ name, more, asks }) => ({
    name: `whose event ${name}`,
    schedule: {
      ...SOUND,
      Target: { ...Target, Input: JSON.stringify({ ...JSON.parse(Target.Input ?? ''), ...more }) },
    },
    told: [`fail: it asks for ${asks}`, UNLOOKED] as const,
  })),
  ...['{"environmentId":"def"}', '{"other":"abc"}', '"abc"', 'null', 'abc', ''].map((Input) => ({
    name: `with the event ${Input}`,
    schedule: { ...SOUND, Target: { ...Target, Input } },
    told: [`fail: it asks for environment ${Input.includes('def') ? 'def' : 'undefined'}`, UNLOOKED] as const,
  })),
  { name: 'that invokes nothing', schedule: rest, told: ['fail: it asks for environment undefined', UNLOOKED] },
  ...[
    { id: 'x'.repeat(40), shown: 'x'.repeat(40) },
    { id: 'x'.repeat(41), shown: `${'x'.repeat(37)}...` },
  ].map(({ id, shown }) => ({
    name: `of environment ${id}`,
    schedule: { ...SOUND, Target: { ...Target, Input: JSON.stringify({ environmentId: id }) } },
    told: [`fail: it asks for environment ${shown}`, UNLOOKED] as const,
  })),
  {
    name: 'of another function',
    schedule: { ...rest, Target: { ...Target, Arn: `${FUNCTION}-2` } },
    told: [`fail: it invokes ${FUNCTION}-2, not ${FUNCTION}`, UNLOOKED],
  },
  {
    name: 'at another time',
    schedule: { ...SOUND, ScheduleExpression: 'cron(0 4 * * ? *)' },
    told: [
      'ok: ENABLED, invokes this function',
      'fail: cron(0 4 * * ? *) America/New_York, where audit.yaml makes it cron(30 4 * * ? *) America/New_York',
    ],
  },
  {
    name: 'without a time zone',
    schedule: { State: 'ENABLED', ScheduleExpression: 'cron(30 4 * * ? *)', Target },
    told: [
      'ok: ENABLED, invokes this function',
      'fail: cron(30 4 * * ? *) UTC, where audit.yaml makes it cron(30 4 * * ? *) America/New_York',
    ],
  },
  {
    name: 'whose time nobody knows',
    schedule: SOUND,
    differs: { expected: undefined },
    told: [
      'ok: ENABLED, invokes this function',
      'not-checked: cron(30 4 * * ? *) America/New_York; no --config was given to compare it with',
    ],
  },
])('a schedule $name is told', async ({ schedule, differs = {}, told }) => {
  // Whatever it is, a deploy mends it.
  expect(await look(schedule, differs)).toEqual(
    told.map((one) => (/^(?:fail|warn)/.test(one) ? `${one}, so ${DEPLOY}` : one)),
  );
});

test('a schedule that cannot be looked at is not told to be there, nor to be gone', async () => {
  const [denied] = await look('denied');
  expect(denied).toMatch(
    /^not-checked: AccessDeniedException: .*, so allow scheduler:GetSchedule on it, which an audit does not need$/,
  );
  const [unreached] = await look(SOUND, { scheduler: clientOf('http://127.0.0.1:1') });
  expect(unreached).toMatch(
    /^fail: .*ECONNREFUSED.*, so let this machine reach EventBridge Scheduler, and look again$/,
  );
});

test('a schedule is put back by a deploy, and where none is given none is asked for', async () => {
  scheduler.set({});
  const checks = (scheduleName: string | undefined) =>
    runChecks(scheduleChecks({ ...settings(), scheduleName }).map((check) => ({ ...check, needs: [] })));
  const [gone] = await checks('nightly');
  expect(gone).toMatchObject({ outcome: 'fail', remedy: DEPLOY });
  const [none] = await checks(undefined);
  expect(none).toMatchObject({
    outcome: 'not-checked',
    told: "no schedule was given: --schedule takes the stack's SchedulePrefix and the environment's id",
  });
});

test('what was deployed is looked at by the function that the schedule invokes, as far as that is known', async () => {
  const functions: (string | undefined)[] = [];
  const deployment: ScheduleSettings['deployment'] = (functionOf) => [
    { name: 'deployed', needs: [], check: async () => ok(String(functions.push(functionOf()))) },
  ];
  for (const schedule of [SOUND, rest, undefined]) await look(schedule, { deployment });
  expect(functions).toStrictEqual([FUNCTION, undefined, undefined]);

  const needs = scheduleChecks({ ...settings(), deployment: undefined }).map((check) => [check.name, ...check.needs]);
  const ofDeployment = [['alarms'], ['concurrency'], ['stacks']];
  expect(needs).toEqual([['schedule', 'credentials'], ['schedule-time', 'schedule'], ...ofDeployment]);
  const [, , ...others] = await look(SOUND, { deployment: undefined });
  const LOOK = 'not-checked: the command line looks at it, with --config';
  expect(others).toEqual([LOOK, LOOK, LOOK]);
});
