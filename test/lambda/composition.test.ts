import { afterEach, describe, expect, test } from '@jest/globals';
import { type Config, defaultConfig } from '../../core/config/config.ts';
import { assumedRole } from '../../core/sources/finspace/assumed-role.ts';
import { configuredChannels, configuredCredentials, configuredUsers } from '../../lambda/composition.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { type Sts, type StsOptions, startSts } from '../support/sts.ts';

const ROLE = 'arn:aws:iam::222233334444:role/finspace/audited';
const EXTERNAL_ID = 'agreed-upon';
const KEYS = { accessKeyId: 'AKIAROLE', secretAccessKey: 'secret', sessionToken: 'token' };
const NOW = Date.parse('2026-11-24T02:00:00Z');
const MINUTE_MS = 60_000;

const open: { readonly close: () => Promise<unknown> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

const start = async (options: Partial<StsOptions> = {}): Promise<Sts> => {
  const sts = await startSts({
    roleArn: ROLE,
    externalId: EXTERNAL_ID,
    keys: () => KEYS,
    expiration: () => new Date(NOW + 60 * MINUTE_MS),
    ...options,
  });
  open.push(sts);
  return sts;
};

const clientOf = ({ url }: Pick<Sts, 'url'>) => ({
  endpoint: url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIAOWN', secretAccessKey: 'own' },
  maxAttempts: 1,
});

const NAMED = { arn: ROLE, externalId: EXTERNAL_ID, sessionName: 'finspace-auditor-abc' };

describe('a named role', () => {
  test('is assumed with the external id, under a name that its account can look for', async () => {
    const sts = await start();
    expect(await assumedRole(NAMED, clientOf(sts), () => NOW)()).toEqual(KEYS);
    expect(sts.requests).toEqual([
      expect.objectContaining({
        Action: 'AssumeRole',
        RoleArn: ROLE,
        ExternalId: EXTERNAL_ID,
        RoleSessionName: 'finspace-auditor-abc',
      }),
    ]);
  });

  test.each([
    { name: 'kept while they last', minutes: 54.9, requests: 1 },
    { name: 'renewed five minutes before their end', minutes: 55, requests: 2 },
  ])('gives keys that are $name', async ({ minutes, requests }) => {
    const sts = await start();
    let now = NOW;
    const load = assumedRole(NAMED, clientOf(sts), () => now);
    await load();
    now += minutes * MINUTE_MS;
    await load();
    expect(sts.requests).toHaveLength(requests);
  });

  test.each([
    { name: 'another external id', role: { ...NAMED, externalId: 'guessed' } },
    { name: 'another role', role: { ...NAMED, arn: `${ROLE}s` } },
  ])('is refused for $name, with what to do about it', async ({ role }) => {
    const sts = await start();
    await expect(assumedRole(role, clientOf(sts))()).rejects.toMatchObject({
      name: 'ListingStopped',
      reason: 'access-denied',
      message: `role ${role.arn} could not be assumed (AccessDenied): its trust policy must let the auditor's role in, with the externalId of audit.yaml`,
    });
  });

  test('that STS is too ill to give is no refusal', async () => {
    const sts = await start({ fault: { status: 503, code: 'ServiceUnavailable' } });
    await expect(assumedRole(NAMED, clientOf(sts))()).rejects.toMatchObject({
      reason: 'source-unavailable',
      message: `role ${ROLE} could not be assumed (ServiceUnavailable): STS does not answer as it should`,
    });
  });
});

describe('the users of an environment', () => {
  const list = async (simulator: Simulator, config: Pick<Config, 'environments'>, sts: Sts) => {
    const whole = { ...defaultConfig([]), ...config };
    const env = { AWS_ENDPOINT_URL_FINSPACE_DATA: simulator.url };
    const usersOf = configuredUsers(whole, env, configuredCredentials(whole, clientOf(sts)));
    const { environmentId, region } = simulator;
    const listing = usersOf({ environmentId, region })(Date.now() + 10_000);
    const users: unknown[] = [];
    for await (const page of listing.pages) users.push(...page);
    return { users: users.length, end: listing.end() };
  };
  const startAll = async () => {
    const simulator = await startSimulator({ users: [{ userId: 'a' }, { userId: 'b' }] });
    open.push(simulator);
    const sts = await start({
      keys: () => simulator.callerCredentials,
      expiration: () => new Date(Date.now() + 60 * MINUTE_MS),
    });
    return { simulator, sts };
  };
  const environment = (simulator: Simulator, externalId: string) => ({
    id: simulator.environmentId,
    role: { arn: ROLE, accountId: '222233334444', externalId },
  });

  test('of another account are listed with the keys of the role that the config names', async () => {
    const { simulator, sts } = await startAll();
    const environments = [{ id: 'another' }, environment(simulator, EXTERNAL_ID)];
    expect(await list(simulator, { environments }, sts)).toEqual({ users: 2, end: { complete: true } });
    expect(sts.requests).toEqual([
      expect.objectContaining({ RoleSessionName: `finspace-auditor-${simulator.environmentId}` }),
    ]);
  });

  test('are not listed where that role lets nobody in, which the listing says', async () => {
    const { simulator, sts } = await startAll();
    const environments = [environment(simulator, 'outdated')];
    expect(await list(simulator, { environments }, sts)).toEqual({
      users: 0,
      end: {
        complete: false,
        reason: 'access-denied',
        message: expect.stringContaining(`role ${ROLE} could not be assumed (AccessDenied)`),
      },
    });
  });
});

test('events are published where the config names a bus, and digests are sent anyway', () => {
  const named = (config: Config) => configuredChannels(config, async () => 'sent').map(({ name }) => name);
  expect(named(defaultConfig([]))).toEqual(['alert']);
  expect(named({ ...defaultConfig([]), events: { bus: 'default' } })).toEqual(['alert', 'events']);
});
