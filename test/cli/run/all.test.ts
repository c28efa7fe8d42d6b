import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { archivedEnvironments } from '../../../core/archive/environments.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { makeDirectory } from '../../../simulator/directory.ts';
import { CALLER, startSimulator } from '../../../simulator/server.ts';
import { startFinspaceFront } from '../../support/finspace-front.ts';
import { startSts } from '../../support/sts.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { ACCOUNT, command } from '../command.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();
const open: { readonly close: () => Promise<unknown> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

const opened = async <S extends { readonly close: () => Promise<unknown> }>(starting: Promise<S>): Promise<S> => {
  const server = await starting;
  open.push(server);
  return server;
};

const ROLE = 'arn:aws:iam::222233334444:role/FinSpaceAuditReader';
const AS_OF = new Date(Date.now() - 60_000).toISOString();

/** Environments behind one address, of which some are read by a role of another account that STS lets be assumed. */
const startAll = async (counts: Readonly<Record<string, number>>) => {
  const callers = Object.keys(counts).map((id) => ({ id, keys: { accessKeyId: `AKID${id}`, secretAccessKey: id } }));
  const simulators = await Promise.all(
    callers.map(({ id, keys }) =>
      opened(
        startSimulator({
          environmentId: id,
          users: makeDirectory({ users: counts[id] ?? 0, seed: 7, asOf: new Date(), accountId: ACCOUNT }),
          ...(id !== 'own' && { callerCredentials: keys }),
        }),
      ),
    ),
  );
  const front = await opened(startFinspaceFront(simulators));
  const sts = await opened(
    startSts({
      roleArn: ROLE,
      externalId: 'agreed',
      keys: () => callers.find(({ id }) => id === 'other')?.keys ?? CALLER,
      expiration: () => new Date(Date.now() + 3_600_000),
    }),
  );
  const env = {
    AWS_ENDPOINT_URL_FINSPACE_DATA: front.url,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ACCESS_KEY_ID: CALLER.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CALLER.secretAccessKey,
  };
  return { simulators, front, sts, env };
};

const configOf = async (environments: readonly object[], more: object = {}): Promise<string> => {
  const path = join(await newFolder(), 'audit.yaml');
  await writeFile(path, JSON.stringify({ environments, ...more }));
  return path;
};

const words = (config: string, out: string, ...others: readonly string[]): readonly string[] => [
  ...['run', '--all', '--config', config, '--account', ACCOUNT, '--region', 'us-east-1'],
  ...['--out', out, '--as-of', AS_OF, ...others],
];

const OWN = { id: 'own', name: 'research' };
const OTHER = { id: 'other', assumeRoleArn: ROLE, externalId: 'agreed' };
/** An environment whose role lets nobody in who gives this external id. */
const SHUT = { id: 'shut', assumeRoleArn: ROLE, externalId: 'outdated' };

describe('run --all', () => {
  test('audits every environment by the role that the config names, and says so in one summary', async () => {
    const { env, sts } = await startAll({ own: 120, other: 30 });
    const out = await newFolder();
    const { code, stdout } = await command(words(await configOf([OWN, OTHER]), out), env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^own +research +120 .*COMPLETE$/m);
    expect(stdout).toMatch(/^other +30 .*COMPLETE$/m);
    expect(stdout).toContain('2 environments: every one is COMPLETE');
    expect(sts.requests).toEqual([expect.objectContaining({ RoleSessionName: 'finspace-auditor-other' })]);
    expect(await archivedEnvironments(folderArchive(out))).toEqual(['other', 'own']);
  });

  test('one that fails stops no other, and the worst exit code counts', async () => {
    const { env } = await startAll({ own: 20, other: 30 });
    const environments = [SHUT, OWN, { id: 'unknown' }, OTHER];
    const out = await newFolder();
    const { code, stdout } = await command(words(await configOf(environments), out, '--json'), env);
    expect(code).toBe(2);
    const reports = JSON.parse(stdout);
    expect(reports).toMatchObject([
      { environmentId: 'shut', verdict: 'FAILED', reason: 'access-denied', accountId: '222233334444' },
      { environmentId: 'own', verdict: 'COMPLETE', accountId: ACCOUNT, head: expect.stringMatching(/^1:/) },
      { environmentId: 'unknown', verdict: 'FAILED', reason: 'access-denied' },
      { environmentId: 'other', verdict: 'COMPLETE', accountId: '222233334444', auditorAccountId: ACCOUNT },
    ]);
    expect(new Set(reports.map(({ run }: { run: string }) => run)).size).toBe(1);
  });

  test('says how many are not complete, and of one without a result why', async () => {
    const { env } = await startAll({ own: 20 });
    const config = await configOf([OWN, SHUT, { id: 'elsewhere', region: 'xx-new-1' }]);
    const { code, stdout, stderr } = await command(words(config, await newFolder()), env);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^shut +0 +\? +\? +\? +\? +\? +FAILED +access-denied$/m);
    expect(stdout).toMatch(/^elsewhere +\? .*NO RESULT: --partition must be/m);
    expect(stdout).toContain('2 of 3 environments NOT COMPLETE: nothing is known of what was not seen');
    expect(stderr).toContain('elsewhere: --partition must be');
  });

  test('findings at or above --fail-on exit 1 where all are complete', async () => {
    const { env } = await startAll({ own: 120, other: 1 });
    const config = await configOf([OWN, OTHER]);
    expect(await command(words(config, await newFolder(), '--fail-on', 'LOW'), env)).toMatchObject({ code: 1 });
  });

  test('audits four at a time', async () => {
    const ids = Array.from({ length: 9 }, (_, number) => `other${number}`);
    const { env, front } = await startAll({ other: 5 });
    const config = await configOf(ids.map((id) => ({ ...OTHER, id })));
    expect(await command(words(config, await newFolder()), env)).toMatchObject({ code: 2 });
    expect([2, 3, 4]).toContain(front.mostAtOnce());
  });
});

describe('refuses', () => {
  test.each([
    ['an environment beside --all', ['--environment', 'own'], '--environment must be left out with --all'],
    ['keys of one environment', ['--direct-credentials'], '--direct-credentials must be left out with --all'],
    ['to accept a drop of all', ['--accept-roster-drop'], '--accept-roster-drop must be left out with --all'],
    ['rules as they come', ['--defaults'], '--defaults must be left out with --all'],
  ])('%s', async (_title, more, message) => {
    const { code, stderr } = await invoke(words(await configOf([OWN]), await newFolder(), ...more));
    expect(code).toBe(3);
    expect(stderr).toContain(message);
  });

  test('--all without a config', async () => {
    const { code, stderr } = await invoke(['run', '--all', '--out', await newFolder(), '--region', 'us-east-1']);
    expect(code).toBe(3);
    expect(stderr).toContain('--config must be the path of a file with --all, got nothing');
  });

  test('a config whose keys are those of one environment', async () => {
    const config = await configOf([OWN], { credentials: 'direct' });
    const { code, stderr } = await invoke(words(config, await newFolder()));
    expect(code).toBe(3);
    expect(stderr).toContain('--all must be left out where credentials is direct');
  });
});
