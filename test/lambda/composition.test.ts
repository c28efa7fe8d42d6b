import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Config, defaultConfig } from '../../core/config/config.ts';
import { composeAuditor, type Edges } from '../../lambda/composition.ts';
import { tellingMs } from '../../lambda/invocation.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { rules } from '../../rules/index.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { aReport } from '../core/notify/digest/facts.ts';
import { aFinding } from '../support/findings.ts';
import { memoryArchive } from '../support/memory-archive.ts';
import { type Sts, startSts } from '../support/sts.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const ROLE = 'arn:aws:iam::222233334444:role/finspace/audited';
const EXTERNAL_ID = 'agreed-upon';

const newFolder = temporaryFolders();
const open: { readonly close: () => Promise<unknown> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

/** Composes as a handler does, of files that stand beside its code. */
const compose = async (
  differs: Partial<Config> = {},
  { waivers = [], env = {}, edges }: { waivers?: readonly Waiver[]; env?: Record<string, string>; edges?: Edges } = {},
) => {
  const folder = await newFolder();
  await writeFile(join(folder, 'audit.json'), JSON.stringify({ ...defaultConfig(rules), ...differs }));
  await writeFile(join(folder, 'waivers.json'), JSON.stringify(waivers));
  return composeAuditor(folder, { AUDIT_BUCKET: 'evidence', ...env }, edges);
};

describe('the users of an environment', () => {
  const startAll = async () => {
    const simulator = await startSimulator({ users: [{ userId: 'a' }, { userId: 'b' }] });
    open.push(simulator);
    const sts = await startSts({
      roleArn: ROLE,
      externalId: EXTERNAL_ID,
      keys: () => simulator.callerCredentials,
      expiration: () => new Date(Date.now() + 3_600_000),
    });
    open.push(sts);
    return { simulator, sts };
  };

  const list = async (simulator: Simulator, config: Partial<Config>, { url }: Sts) => {
    const { environmentId, region } = simulator;
    const { sourceOf } = await compose(config, {
      env: { AWS_ENDPOINT_URL_FINSPACE_DATA: simulator.url },
      edges: {
        sts: { endpoint: url, region, credentials: { accessKeyId: 'AKIAOWN', secretAccessKey: 'own' }, maxAttempts: 1 },
      },
    });
    const listing = sourceOf({ environmentId, region })(Date.now() + 10_000);
    const users: unknown[] = [];
    for await (const page of listing.pages) users.push(...page);
    return { users: users.length, end: listing.end() };
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
        message: expect.stringContaining(`AssumeRole of ${ROLE} failed: AccessDenied (403); its trust policy`),
      },
    });
  });
});

describe('the settings of an audit', () => {
  const WAIVER: Waiver = {
    rule: 'stale-login',
    user: 'ada',
    reason: 'on leave',
    owner: 'owner',
    approver: 'approver',
    expires: '2026-12-31',
  };

  const asked = (environmentId: string) => ({
    environmentId,
    region: 'us-east-1',
    accountId: '111122223333',
    deadline: 0,
  });

  test('are those of the files beside the code, and of the function’s environment', async () => {
    const environments = [{ id: 'abc', name: 'research' }, { id: 'def' }];
    const { config, settingsOf } = await compose({ environments, maxDropPercent: 5 }, { waivers: [WAIVER] });
    expect(config.environments).toEqual(environments);
    expect(settingsOf(asked('abc'))).toMatchObject({
      environmentName: 'research',
      maxDropPercent: 5,
      waivers: [WAIVER],
      archive: { location: 's3://evidence' },
    });
    expect(settingsOf(asked('def'))).not.toHaveProperty('environmentName');
  });

  test('tell programs where the config says which, and send digests anyway', async () => {
    const channelsBy = async (config: Partial<Config>) =>
      (await compose(config)).settingsOf(asked('abc')).channels.map(({ name }) => name);
    expect(await channelsBy({})).toEqual(['alert']);
    expect(await channelsBy({ events: { bus: 'default' } })).toEqual(['alert', 'events']);
    expect(await channelsBy({ securityHub: { account: 'environment' } })).toEqual(['alert', 'security-hub']);
  });

  test('tell those of some severities by a mail of theirs, in the environments that they asked for', async () => {
    const endpoint = 'a@example.com';
    const alerts = [
      { protocol: 'email', endpoint },
      { protocol: 'email', endpoint, minSeverity: 'HIGH' },
      { protocol: 'email', endpoint, maxSeverity: 'LOW', environments: ['def'] },
    ] as const;
    const { settingsOf } = await compose({ alerts });
    const channelsOf = (id: string) => settingsOf(asked(id)).channels.map(({ name }) => name);
    expect(channelsOf('abc')).toEqual(['alert', 'alert-HIGH-CRITICAL']);
    expect(channelsOf('def')).toEqual(['alert', 'alert-HIGH-CRITICAL', 'alert-INFORMATIONAL-LOW']);
  });

  test.each([
    {
      config: { securityHub: { account: 'environment' } },
      service: 'SECURITYHUB',
      left: -1,
      told: /^Security Hub took 0 findings before the time was over/,
    },
    {
      config: { securityHub: { account: 'environment' } },
      service: 'SECURITYHUB',
      left: 60_000,
      told: /^(?!Security Hub)/,
    },
    {
      config: { events: { bus: 'audits' } },
      service: 'EVENTBRIDGE',
      left: -1,
      told: /^EventBridge took 0 events before the time was over/,
    },
  ] as const)(
    'tell $service until the time for that is over, $left ms from now',
    async ({ config, service, left, told }) => {
      const endpoint = `AWS_ENDPOINT_URL_${service}`;
      process.env[endpoint] = 'http://127.0.0.1:1';
      try {
        const { settingsOf } = await compose(config);
        const { channels } = settingsOf({ ...asked('abc'), deadline: Date.now() + left - tellingMs({}) });
        const archive = memoryArchive();
        const report = aReport();
        const findings = async function* one() {
          yield aFinding({ state: 'new' });
        };
        const send = channels.at(-1)?.prepare({ report, reportKey: undefined, digest: undefined, archive, findings });
        await expect(send?.()).rejects.toThrow(told);
      } finally {
        delete process.env[endpoint];
      }
    },
  );
});

test('a function without its config files fails as it starts, and names the file', async () => {
  const folder = await newFolder();
  expect(() => composeAuditor(folder, {})).toThrow(/ENOENT.*audit\.json/);
});
