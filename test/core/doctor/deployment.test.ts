import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { StacksFile } from '../../../core/config/stacks.ts';
import { runChecks } from '../../../core/doctor/check.ts';
import { type DeploymentSettings, deploymentChecks } from '../../../core/doctor/deployment.ts';
import { stackTemplate } from '../../lib/stack-template.ts';

const TOPIC = 'arn:aws:sns:us-east-1:111122223333:alarms';
const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:auditor';

const alarmOf = (logicalId: string, differs: object = {}) => ({
  AlarmName: `Auditor-${logicalId}-1A2B3C`,
  MetricName: 'Errors',
  ActionsEnabled: true,
  AlarmActions: [TOPIC],
  StateValue: 'OK',
  ...differs,
});
const SILENCE = alarmOf('WatchAlarmABC', { MetricName: 'SilentEnvironments' });
const UNVERIFIED = alarmOf('WatchUnverifiedABC', { MetricName: 'UnverifiedEnvironments' });
const UNHEARD = alarmOf('AlarmsUnheardABC', { MetricName: 'UnheardTopics', AlarmActions: [TOPIC, 'opsitem'] });
const silenceOf = (environmentId: string) =>
  alarmOf(`AlarmsSilence${environmentId}ABC`, {
    MetricName: 'Silent',
    Dimensions: [
      { Name: 'watch', Value: 'Auditor-' },
      { Name: 'environment', Value: environmentId },
    ],
  });
const NEEDED = [SILENCE, UNVERIFIED, UNHEARD, silenceOf('abc')];
const SOUND = [alarmOf('AlarmsErrorsABC'), ...NEEDED];

const accountOf = (left: number) => ({
  AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: left },
});

interface Aws {
  readonly alarms: readonly object[] | 'denied' | 'ill';
  readonly account: object | 'denied' | 'ill';
  /** The concurrency reserved for the function; `gone`: there is no such function. */
  readonly reserved: object | 'gone';
}

const HEALTHY: Aws = { alarms: SOUND, account: accountOf(900), reserved: { ReservedConcurrentExecutions: 1 } };
const REFUSALS = {
  denied: { status: 403, code: 'AccessDeniedException' },
  gone: { status: 404, code: 'ResourceNotFoundException' },
  ill: { status: 500, code: 'ServiceException' },
} as const;

let aws = HEALTHY;
const server = createServer(({ url = '', headers }, response) => {
  const reply = (answer: object | keyof typeof REFUSALS) => {
    const refused = typeof answer === 'string' ? REFUSALS[answer] : undefined;
    response.writeHead(refused?.status ?? 200, {
      'content-type': 'application/json',
      ...(refused && { 'x-amzn-errortype': refused.code }),
    });
    response.end(JSON.stringify(refused ? { __type: refused.code, message: 'no' } : answer));
  };
  if (headers['x-amz-target'] === 'GraniteServiceVersion20100801.DescribeAlarms')
    return reply(typeof aws.alarms === 'string' ? aws.alarms : { MetricAlarms: aws.alarms });
  if (url.endsWith('/account-settings')) return reply(aws.account);
  return reply(decodeURIComponent(url).includes(`${FUNCTION}/concurrency`) ? aws.reserved : 'gone');
});

let settings: DeploymentSettings;
beforeAll(async () => {
  await new Promise<void>((done) => {
    // Synthesis takes longer than a connection is kept for by default.
    server.keepAliveTimeout = 600_000;
    server.listen(0, '127.0.0.1', done);
  });
  const client = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  };
  settings = {
    cloudwatch: new CloudWatchClient(client),
    lambda: new LambdaClient(client),
    config: { name: 'Auditor', environments: [{ id: 'abc' }] },
    stacks: { Auditor: { lock: 'off', stacks: { Auditor: ['abc'] } } },
    environmentId: 'abc',
    alarmTopicArn: TOPIC,
  };
});
beforeEach(() => {
  aws = HEALTHY;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const look = async (differs: Partial<DeploymentSettings> = {}, functionArn: string | undefined = FUNCTION) => {
  const credentials = { name: 'credentials', needs: [], check: async () => ({ outcome: 'ok' as const, told: '' }) };
  const checks = deploymentChecks({ ...settings, ...differs })(() => functionArn || undefined);
  const results = await runChecks([credentials, ...checks]);
  return Object.fromEntries(results.map(({ name, ...answer }) => [name, answer]));
};

const PUT_BACK = 'put it back by hand: a deploy without changes mends nothing';

test('all is well', async () => {
  expect(await look()).toStrictEqual({
    credentials: { outcome: 'ok', told: '' },
    alarms: { outcome: 'ok', told: '5 alarms, each with its action' },
    concurrency: { outcome: 'ok', told: '1 are reserved for the function' },
    stacks: { outcome: 'ok', told: 'environment abc is in Auditor, and no other would drop out' },
  });
});

describe('alarms', () => {
  const ENABLE = `aws cloudwatch enable-alarm-actions, or ${PUT_BACK}`;
  const FURTHER = alarmOf('AlarmsErrorsABC', { AlarmName: 'Auditor-2-AlarmsErrorsABC-1A2B3C', AlarmActions: [] });
  const ANOTHERS = alarmOf('AlarmsErrorsABC', { AlarmName: 'Auditor-dev-AlarmsErrorsABC-1A2B3C', AlarmActions: [] });

  test.each<{
    readonly name: string;
    readonly alarms: Aws['alarms'];
    readonly outcome: string;
    readonly told: string;
    readonly remedy?: string;
  }>([
    {
      name: 'that are all gone',
      alarms: [],
      outcome: 'fail',
      told: 'stack Auditor has no alarm: nobody is told when audits fail or stop',
      remedy: 'deploy the stack',
    },
    {
      name: 'that may not be looked at',
      alarms: 'denied',
      outcome: 'not-checked',
      told: 'AccessDeniedException: no',
      remedy: 'allow cloudwatch:DescribeAlarms on all alarms',
    },
    {
      name: 'whose actions are off',
      alarms: [...SOUND, alarmOf('AlarmsFailuresABC', { ActionsEnabled: false })],
      outcome: 'fail',
      told: '1 alarm of 6 would tell nobody: Auditor-AlarmsFailuresABC-1A2B3C',
      remedy: ENABLE,
    },
    {
      name: 'with no action',
      alarms: [...SOUND, alarmOf('AlarmsFailuresABC', { AlarmActions: [] })],
      outcome: 'fail',
      told: '1 alarm of 6 would tell nobody: Auditor-AlarmsFailuresABC-1A2B3C',
      remedy: ENABLE,
    },
    {
      name: 'that tell another topic, more than are named',
      alarms: SOUND.concat(['A', 'B', 'C', 'D'].map((id) => alarmOf(id, { AlarmActions: [`${TOPIC}-not`] }))),
      outcome: 'fail',
      told: '4 alarms of 9 would tell nobody: Auditor-A-1A2B3C, Auditor-B-1A2B3C, Auditor-C-1A2B3C and 1 more',
      remedy: ENABLE,
    },
    {
      name: 'that tell another topic, as many as are named',
      alarms: SOUND.concat(['A', 'B', 'C'].map((id) => alarmOf(id, { AlarmActions: [`${TOPIC}-not`] }))),
      outcome: 'fail',
      told: '3 alarms of 8 would tell nobody: Auditor-A-1A2B3C, Auditor-B-1A2B3C, Auditor-C-1A2B3C',
      remedy: ENABLE,
    },
    ...[
      { name: 'nobody looks', gone: SILENCE, told: 'no alarm watches SilentEnvironments' },
      { name: 'nothing is verified', gone: UNVERIFIED, told: 'no alarm watches UnverifiedEnvironments' },
      { name: 'topics are unheard', gone: UNHEARD, told: 'no alarm watches UnheardTopics' },
      { name: 'the environment is silent', gone: silenceOf('abc'), told: 'no alarm watches Silent of abc' },
    ].map(({ name, gone, told }) => ({
      name: `without that which tells that ${name}`,
      alarms: [...SOUND, silenceOf('def')].filter(({ AlarmName }) => AlarmName !== gone.AlarmName),
      outcome: 'fail',
      told,
      remedy: PUT_BACK,
    })),
    {
      name: 'without those that tell that audits are not made',
      alarms: [alarmOf('AlarmsErrorsABC'), UNHEARD],
      outcome: 'fail',
      told: 'no alarm watches SilentEnvironments, UnverifiedEnvironments, Silent of abc',
      remedy: PUT_BACK,
    },
    {
      name: 'of which that of topics nobody hears tells those alone',
      alarms: [...SOUND.filter((alarm) => alarm !== UNHEARD), { ...UNHEARD, AlarmActions: [TOPIC] }],
      outcome: 'fail',
      told: 'Auditor-AlarmsUnheardABC-1A2B3C would tell only those whom it says that nobody reaches',
      remedy: PUT_BACK,
    },
    {
      name: 'of which one rings',
      alarms: [...NEEDED.filter((alarm) => alarm !== UNHEARD), { ...UNHEARD, StateValue: 'ALARM' }],
      outcome: 'warn',
      told: '1 of 4 ring: Auditor-AlarmsUnheardABC-1A2B3C',
      remedy: 'do what their descriptions say',
    },
    {
      name: 'of a further stack, too',
      alarms: [...SOUND, FURTHER],
      outcome: 'fail',
      told: '1 alarm of 6 would tell nobody: Auditor-2-AlarmsErrorsABC-1A2B3C',
      remedy: ENABLE,
    },
    {
      name: 'but not of an auditor of a longer name',
      alarms: [...SOUND, ANOTHERS],
      outcome: 'ok',
      told: '5 alarms, each with its action',
    },
  ])('$name', async ({ name: _name, alarms, ...told }) => {
    aws = { ...HEALTHY, alarms };
    expect((await look()).alarms).toStrictEqual(told);
  });

  test('that the stack makes are well', async () => {
    const made = Object.entries(stackTemplate('environments: [{ id: abc }]').findResources('AWS::CloudWatch::Alarm'));
    const alarms = made.map(([id, { Properties }]) => ({
      ...alarmOf(id),
      MetricName: Properties.MetricName,
      Dimensions: Properties.Dimensions?.filter(({ Value }: { Value: unknown }) => typeof Value === 'string'),
      AlarmActions: Properties.AlarmActions.map((action: object) => ('Ref' in action ? TOPIC : 'opsitem')),
    }));
    aws = { ...HEALTHY, alarms };
    expect((await look()).alarms).toMatchObject({ outcome: 'ok' });
  });

  test('of which CloudWatch can tell nothing are told to be ill, and need credentials', async () => {
    aws = { ...HEALTHY, alarms: 'ill' };
    expect((await look()).alarms).toMatchObject({ outcome: 'fail', told: 'ServiceException: no' });
    const needs = deploymentChecks(settings)(() => undefined).map((check) => [check.name, ...check.needs]);
    expect(needs).toEqual([['alarms', 'credentials'], ['concurrency', 'credentials'], ['stacks']]);
  });

  test('need some action where nobody said which topic', async () => {
    aws = { ...HEALTHY, alarms: SOUND.map((alarm) => ({ ...alarm, AlarmActions: ['any', 'other'] })) };
    expect((await look({ alarmTopicArn: undefined })).alarms).toMatchObject({ outcome: 'ok' });
  });
});

const environments = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `e${index}` }));

describe('reserved concurrency', () => {
  const RAISE = 'have the quota of concurrent executions of Lambda raised before you deploy';

  test.each<{
    readonly name: string;
    readonly aws?: Partial<Aws>;
    readonly differs?: Partial<DeploymentSettings>;
    readonly isDeployed?: boolean;
    readonly outcome: string;
    readonly told: string;
    readonly remedy?: string;
  }>([
    {
      name: 'of 0',
      aws: { reserved: { ReservedConcurrentExecutions: 0 } },
      outcome: 'fail',
      told: '0 are reserved for the function: no audit is started',
      remedy: PUT_BACK,
    },
    {
      name: 'that was taken off',
      aws: { reserved: {} },
      outcome: 'warn',
      told: 'none is reserved for the function: others may take all that the account has',
      remedy: PUT_BACK,
    },
    {
      name: 'of no function',
      aws: { reserved: 'gone' },
      outcome: 'fail',
      told: `${FUNCTION} is not there: no audit is started`,
      remedy: 'deploy the stack',
    },
    {
      name: 'of which Lambda can tell nothing',
      aws: { account: 'ill' },
      outcome: 'fail',
      told: 'ServiceException: no',
      remedy: 'mend what the message names, and look again',
    },
    {
      name: 'of an auditor that stacks.json does not have',
      differs: { stacks: {} },
      isDeployed: false,
      outcome: 'ok',
      told: '3 are to be reserved, of 800 that can be',
    },
    {
      name: 'of a function, whose environment is in no stack yet',
      differs: { stacks: { Auditor: { lock: 'off', stacks: { Auditor: ['def'] } } } },
      outcome: 'ok',
      told: '1 are reserved for the function',
    },
    {
      name: 'of which nobody may know',
      aws: { account: 'denied' },
      outcome: 'not-checked',
      told: 'AccessDeniedException: no',
      remedy: 'allow lambda:GetAccountSettings, and lambda:GetFunctionConcurrency on the function',
    },
    {
      name: 'that is enough, whatever else the account has',
      aws: { account: accountOf(100) },
      outcome: 'ok',
      told: '1 are reserved for the function',
    },
    {
      name: 'that a first deploy can just have, with those of the watch and the verification',
      aws: { account: accountOf(103) },
      isDeployed: false,
      outcome: 'ok',
      told: '3 are to be reserved, of 3 that can be',
    },
    {
      name: 'that it can not',
      aws: { account: accountOf(102) },
      isDeployed: false,
      outcome: 'fail',
      told: '3 are to be reserved, of 2 that can be: the account has 1000, and 100 stay unreserved',
      remedy: RAISE,
    },
    {
      name: 'of a new account',
      aws: { account: accountOf(10) },
      isDeployed: false,
      outcome: 'fail',
      told: '3 are to be reserved, of 0 that can be: the account has 1000, and 100 stay unreserved',
      remedy: RAISE,
    },
    {
      name: 'of all stacks, of 40 at the most each',
      differs: {
        stacks: {
          Auditor: { lock: 'off', stacks: { Auditor: environments(60).map(({ id }) => id), 'Auditor-2': ['x', 'y'] } },
        },
      },
      aws: { account: accountOf(144) },
      isDeployed: false,
      outcome: 'fail',
      told: '45 are to be reserved, of 44 that can be: the account has 1000, and 100 stay unreserved',
      remedy: RAISE,
    },
    {
      name: 'of environments that come, which the account has not',
      differs: { stacks: undefined, config: { name: 'Auditor', environments: [{ id: 'abc' }, ...environments(9)] } },
      aws: { account: accountOf(108) },
      outcome: 'fail',
      told: '9 are to be reserved, of 8 that can be: the account has 1000, and 100 stay unreserved',
      remedy: RAISE,
    },
    {
      name: 'of an account that Lambda does not tell of',
      aws: { account: {} },
      isDeployed: false,
      outcome: 'fail',
      told: '3 are to be reserved, of 0 that can be: the account has 0, and 100 stay unreserved',
      remedy: RAISE,
    },
  ])('$name', async ({ name: _name, aws: differing = {}, differs = {}, isDeployed = true, ...told }) => {
    aws = { ...HEALTHY, ...differing };
    const found = await look(differs, isDeployed ? `${FUNCTION}:live` : '');
    expect(found.concurrency).toStrictEqual(told);
  });
});

describe('stacks.json', () => {
  const FOLDER = 'look from the folder that is deployed';

  const fileOf = (...ids: readonly string[]): StacksFile => ({
    Auditor: { lock: 'off', stacks: { Auditor: [], 'Auditor-2': ids } },
  });

  test.each<{
    readonly name: string;
    readonly stacks: StacksFile | undefined;
    readonly outcome: string;
    readonly told: string;
    readonly remedy: string;
  }>([
    {
      name: 'that is not there',
      stacks: undefined,
      outcome: 'not-checked',
      told: 'there is no stacks.json here, which synthesis writes',
      remedy: FOLDER,
    },
    {
      name: 'of other auditors',
      stacks: {},
      outcome: 'not-checked',
      told: 'Auditor is not in stacks.json here, which synthesis writes',
      remedy: FOLDER,
    },
    {
      name: 'of which one environment would drop out',
      stacks: fileOf('abc', 'gone'),
      outcome: 'fail',
      told: 'a deploy would end the audits of gone (Auditor-2)',
      remedy: 'list it in audit.yaml, or take it out of stacks.json if its audits shall end',
    },
    {
      name: 'of which several would',
      stacks: fileOf('abc', 'gone', 'went'),
      outcome: 'fail',
      told: 'a deploy would end the audits of gone (Auditor-2), went (Auditor-2)',
      remedy: 'list it in audit.yaml, or take it out of stacks.json if its audits shall end',
    },
    {
      name: 'without the environment',
      stacks: fileOf(),
      outcome: 'warn',
      told: 'environment abc is in no stack',
      remedy: 'deploy, which assigns it to one',
    },
  ])('$name', async ({ name: _name, stacks, ...told }) => {
    expect((await look({ stacks })).stacks).toStrictEqual(told);
  });
});
