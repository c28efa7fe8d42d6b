import { afterEach, describe, expect, test } from '@jest/globals';
import { type Config, defaultConfig } from '../../core/config/config.ts';
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
