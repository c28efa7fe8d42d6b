import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { chainKey } from '../../../core/archive/keys.ts';
import { sha256Of } from '../../../core/archive/staging.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import { rules } from '../../../rules/index.ts';
import { makeNights } from '../../../simulator/nights.ts';
import { readJsonLines } from '../../support/archive-tree.ts';
import { archiveNights, type NightPlan, nightAt, nightKeys, nightRun } from '../../support/archived-nights.ts';
import { ACCOUNT, aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { start } from '../command.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

const archived = async (nights: readonly NightPlan[]): Promise<string> => {
  const out = await newFolder();
  await archiveNights(out, nights);
  return out;
};

/** The script of the simulator: whatever the change rules look for happens, findings are fixed and one comes back. */
const scripted = (): readonly NightPlan[] =>
  makeNights({ seed: 1, users: 150, firstNight: nightAt(1), accountId: ACCOUNT }).map(({ users }, index) => ({
    number: index + 1,
    users,
  }));

const replay = (out: string, ...words: readonly string[]) => invoke(['replay', '--out', out, ...words]);

const jsonOf = async (out: string, ...words: readonly string[]) =>
  JSON.parse((await replay(out, '--json', ...words)).stdout);

const nightsOf = async (out: string, ...words: readonly string[]): Promise<readonly unknown[]> =>
  (await jsonOf(out, ...words)).nights.map(({ run, outcome }: { run: string; outcome: string }) => [run, outcome]);

const configFile = async (content: string): Promise<string> => {
  const file = join(await newFolder(), 'audit.yaml');
  await writeFile(file, `environments: [{ id: ${ENVIRONMENT} }]\n${content}`);
  return file;
};

/** Every file of a folder, by its bytes. */
const hashesOf = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, sha256Of(await readFile(file))])));
};

/** Nights and a config without daily reminders, so that a night may be quiet. */
const calm = async () => {
  const reminders = { ...defaultConfig(rules).reminders, CRITICAL: 'off' } as const;
  const out = await archived(scripted().map((night) => ({ ...night, config: { reminders } })));
  return { out, config: await configFile('reminders: { CRITICAL: off }') };
};

describe('under the config of the time', () => {
  test('what every night comes to is what its report and digest said', async () => {
    const { out, config: file } = await calm();
    const { nights } = await jsonOf(out, '--config', file);
    expect(nights).toHaveLength(5);
    for (const [index, night] of nights.entries()) {
      const keys = nightKeys(index + 1);
      const report = JSON.parse(await readFile(join(out, keys.object(OUTPUTS.report)), 'utf8'));
      const digest = await readFile(join(out, keys.object(OUTPUTS.digest)), 'utf8').catch(() => undefined);
      expect(night).toEqual({
        run: nightRun(index + 1),
        outcome: 'replayed',
        config: {
          users: report.counts.users,
          findings: report.findings,
          ...(digest !== undefined && { alert: JSON.parse(digest).subject }),
        },
      });
    }
    // The third night is quiet.
    expect(nights.map(({ config }: { config: object }) => 'alert' in config)).toEqual([true, true, false, true, true]);
  });

  test('a line a night, then totals', async () => {
    const { out, config } = await calm();
    const { code, stdout } = await replay(out, '--config', config);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${nightRun(1)} {4}150 .* FinSpace ${ENVIRONMENT}: first audit, `, 'm'));
    expect(stdout).toMatch(new RegExp(`^${nightRun(3)} {4}151 .* quiet$`, 'm'));
    expect(stdout).toContain('\n5 nights replayed, 4 alerts\n');
  });
});

test('a config that signs is replayed without a key: what is no evidence has no signature', async () => {
  const out = await archived(scripted().slice(0, 2));
  const signing = await configFile('signing: { key: "arn:aws:kms:us-east-1:111122223333:alias/nobody" }\n');
  const { nights } = await jsonOf(out, '--config', signing);
  expect(nights.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['replayed', 'replayed']);
});

test('the archive is byte for byte as it was, and nothing is left elsewhere', async () => {
  const out = await archived(scripted().slice(0, 3));
  const before = await hashesOf(out);
  const own = await newFolder();
  const strict = await configFile('rules: { stale-login: { maxDays: 1 } }\n');
  const running = start(['replay', '--out', out, '--against', strict], { TMPDIR: own });
  await running.until('nights replayed');
  const { code } = await running.end('SIGCONT');
  expect(code).toBe(0);
  expect(await hashesOf(out)).toEqual(before);
  expect(Object.keys(before).length).toBeGreaterThan(15);
  expect(await readdir(own)).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s tells what was judged until then, and exits 2', async (signal) => {
  const out = await archived([1, 2, 3].map((number) => ({ number, users: [aUser()] })));
  const { code, stdout, stderr } = await invoke(['replay', '--out', out], undefined, undefined, (text) => {
    if (text.startsWith('night 2')) process.emit(signal);
  });
  expect(stderr).toMatch('interrupted after 1 of 3 nights: nothing is told of the others');
  expect(stdout).toContain('\n1 night replayed, ');
  expect(code).toBe(2);
});

describe('the stretch', () => {
  const user = aUser();
  const four = () => archived([1, 2, 3, 4].map((number) => ({ number, users: [user] })));

  test.each([
    [[], [1, 2, 3, 4]],
    [
      ['--from', '2026-11-25'],
      [2, 3, 4],
    ],
    [
      ['--to', '2026-11-25'],
      [1, 2],
    ],
    [
      ['--from', nightRun(2), '--to', nightRun(3)],
      [2, 3],
    ],
    [['--from', nightRun(2), '--to', '2026-11-25'], [2]],
  ])('%j', async (words, numbers) => {
    expect(await nightsOf(await four(), ...words)).toEqual(numbers.map((n) => [nightRun(n), 'replayed']));
  });

  test.each([
    [['--from', 'tomorrow'], 3, '--from must be a run as 20261124T020000Z or a day as 2026-11-24, got "tomorrow"'],
    [['--from', '2026-11-26', '--to', '2026-11-25'], 3, '--from must not be after --to'],
    [['--from', nightRun(2), '--to', '2026-11-24'], 3, '--from must not be after --to'],
    [['--config', 'missing.yaml'], 3, "missing.yaml: can't be read (ENOENT)"],
    [['--against', 'missing.yaml'], 3, "missing.yaml: can't be read (ENOENT)"],
    [['--waivers', 'missing.yaml'], 3, "missing.yaml: can't be read (ENOENT)"],
    [['--from', '2027-01-01'], 2, 'has no complete run of'],
    [['--from', '20261124T020001Z'], 2, 'has no complete run 20261124T020001Z'],
  ])('%j exits %d', async (words, code, message) => {
    const outcome = await replay(await four(), ...words);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain(message);
  });

  test('a night on which no run was complete is listed, and not judged', async () => {
    const out = await archived([
      { number: 1, users: [user] },
      { number: 2, users: [user], end: { complete: false, reason: 'deadline', message: 'm' } },
      { number: 3, users: [user] },
    ]);
    const { code, stdout } = await replay(out);
    expect(code).toBe(0);
    expect(stdout).toContain('no complete run, nothing to replay: INCOMPLETE then (deadline)');
    expect(await nightsOf(out)).toEqual([
      [nightRun(1), 'replayed'],
      [nightRun(2), 'not-complete'],
      [nightRun(3), 'replayed'],
    ]);
  });

  test('a roster that shrank was accepted then, and is accepted now', async () => {
    const many = Array.from({ length: 20 }, (_, n) => aUser({ userId: `u${n}` }));
    const out = await archived([
      { number: 1, users: many },
      { number: 2, users: many.slice(0, 5), config: { maxDropPercent: 100 } },
    ]);
    expect(await nightsOf(out)).toEqual([1, 2].map((n) => [nightRun(n), 'replayed']));
  });
});

describe('a listing that is not what was archived is not replayed, and the exit is 2', () => {
  const user = aUser();
  const snapshot = nightKeys(2).object(OUTPUTS.snapshot);
  const damage: readonly (readonly [string, (out: string) => Promise<void>, string])[] = [
    ['altered', (out) => writeFile(join(out, snapshot), gzipSync(`${JSON.stringify(user)}\n`)), 'was altered'],
    ['no gzip', (out) => writeFile(join(out, snapshot), 'none'), snapshot],
    ['missing', (out) => rm(join(out, snapshot)), `${snapshot} is missing`],
    [
      'without its manifest',
      (out) => rm(join(out, chainKey(ENVIRONMENT, 2))),
      `${chainKey(ENVIRONMENT, 2)} is not there`,
    ],
    [
      'under an altered manifest',
      async (out) => {
        const path = join(out, chainKey(ENVIRONMENT, 2));
        await writeFile(path, (await readFile(path, 'utf8')).replace('us-east-1', 'eu-west-1'));
      },
      `${chainKey(ENVIRONMENT, 2)} was altered`,
    ],
  ];

  test.each(damage)('%s', async (_, harm, message) => {
    const other = aUser({ userId: 'u2', lastLoginTime: daysAgo(200) });
    const out = await archived([
      { number: 1, users: [user, other] },
      { number: 2, users: [user, aUser({ userId: 'u2' })] },
      { number: 3, users: [user, other] },
    ]);
    await harm(out);
    const { code, stdout } = await replay(out);
    expect(code).toBe(2);
    expect(stdout).toContain('NOT REPLAYED:');
    expect(stdout).toContain('1 night NOT replayed: nothing is known of them');
    const { nights } = await jsonOf(out);
    expect(nights.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['replayed', 'not-replayed', 'replayed']);
    expect(nights[1]).toEqual({ run: nightRun(2), outcome: 'not-replayed', message: expect.stringContaining(message) });
    // Nothing was resolved by a night that could not be judged.
    expect(nights[2].config.findings.byState).toMatchObject({ open: expect.any(Number), new: 0, resolved: 0 });
  });
});

describe('--against', () => {
  // On the first night u40, u60 and u80 logged in so many days ago; u60 comes back on the third.
  const loggedIn = (days: number, id = `u${days}`) => aUser({ userId: id, lastLoginTime: daysAgo(days) });
  const nights: readonly NightPlan[] = [
    { number: 1, users: [loggedIn(10), loggedIn(40), loggedIn(60), loggedIn(80)] },
    { number: 2, users: [loggedIn(10), loggedIn(40), loggedIn(60), loggedIn(80)] },
    { number: 3, users: [loggedIn(10), loggedIn(40), loggedIn(0, 'u60'), loggedIn(80)] },
  ];
  const limit = (days: number) => configFile(`rules: { stale-login: { maxDays: ${days} } }\n`);

  test('lists those between two thresholds, on which nights, and the alerts more', async () => {
    const out = await archived(nights);
    const words = ['--config', await limit(70), '--against', await limit(50)];
    const { comparison, nights: replayed } = await jsonOf(out, ...words);
    expect(comparison.findings).toEqual([
      {
        side: 'against',
        ruleId: 'stale-login',
        subject: { kind: 'user', id: 'u60' },
        severity: 'MEDIUM',
        isWaived: false,
        firstNight: nightRun(1),
        lastNight: nightRun(2),
        nights: 2,
      },
    ]);
    // Both have u80 on the first night; that u60 is back on the third is news under the stricter one alone.
    expect(comparison.rules).toEqual([
      { ruleId: 'stale-login', onlyConfig: 0, onlyAgainst: 1, alertsConfig: 1, alertsAgainst: 2 },
    ]);
    const alerts = (side: 'config' | 'against') =>
      replayed.map((night: Record<typeof side, object>) => 'alert' in night[side]);
    expect(alerts('config')).toEqual([true, false, false]);
    expect(alerts('against')).toEqual([true, false, true]);

    const { stdout } = await replay(out, ...words);
    expect(stdout).toContain('3 nights replayed, 1 alert, 2 against (+1)');
    expect(stdout).toMatch(
      new RegExp(`^against {5}MEDIUM {4}${nightRun(1)}\\.\\.${nightRun(2)} {2}u60 {6}stale-login$`, 'm'),
    );
    expect(stdout).toMatch(/^ {10}0 {13}1 {6}\+1 {2}stale-login$/m);
  });

  test('lists the same the other way round', async () => {
    const { comparison } = await jsonOf(
      await archived(nights),
      ...['--config', await limit(50), '--against', await limit(70)],
    );
    expect(comparison.findings).toMatchObject([{ side: 'config', subject: { id: 'u60' }, nights: 2 }]);
    expect(comparison.rules).toMatchObject([{ onlyConfig: 1, onlyAgainst: 0, alertsConfig: 2, alertsAgainst: 1 }]);
  });

  test('a threshold that nobody stands at changes nothing', async () => {
    const words = ['--config', await limit(70), '--against', await limit(65)];
    const out = await archived(nights);
    expect((await jsonOf(out, ...words)).comparison).toEqual({ findings: [], rules: [] });
    expect((await replay(out, ...words)).stdout).toContain(
      'Both configs find the same on every night that was replayed.',
    );
  });

  test('another severity is no other finding, and is listed', async () => {
    const out = await archived(nights.slice(0, 1));
    const high = await configFile('rules: { stale-login: { maxDays: 70, severity: HIGH } }\n');
    const words = ['--config', await limit(70), '--against', high];
    expect((await jsonOf(out, ...words)).comparison.findings).toMatchObject([
      { side: 'both', subject: { id: 'u80' }, severity: 'MEDIUM', againstSeverity: 'HIGH' },
    ]);
    expect((await replay(out, ...words)).stdout).toContain('stale-login: HIGH under against');
  });

  test('a rule that is off finds nothing', async () => {
    const off = await configFile('rules: { stale-login: { enabled: false } }\n');
    const { comparison } = await jsonOf(await archived(nights), '--config', await limit(70), '--against', off);
    expect(comparison.findings).toMatchObject([{ side: 'config', subject: { id: 'u80' }, nights: 3 }]);
  });

  test('a night that one of them can not replay is not compared', async () => {
    const out = await archived(nights);
    await rm(join(out, nightKeys(2).object(OUTPUTS.snapshot)));
    const words = ['--config', await limit(70), '--against', await limit(50)];
    expect((await replay(out, ...words)).code).toBe(2);
    expect((await jsonOf(out, ...words)).comparison.findings).toMatchObject([
      { subject: { id: 'u60' }, firstNight: nightRun(1), lastNight: nightRun(1), nights: 1 },
    ]);
  });
});

test('--waivers are judged by, in place of those beside the config', async () => {
  const out = await archived([{ number: 1, users: [aUser({ lastLoginTime: daysAgo(200) })] }]);
  const file = join(await newFolder(), 'accepted.yaml');
  await writeFile(
    file,
    `- { rule: stale-login, user: u1, reason: r, owner: a, approver: b, expires: ${nightAt(30).toISOString().slice(0, 10)} }\n`,
  );
  const [plain] = (await jsonOf(out)).nights;
  const [waived] = (await jsonOf(out, '--waivers', file)).nights;
  expect(plain.config.findings.byState.waived).toBe(0);
  expect(waived.config.findings.byState.waived).toBe(1);
  expect(await readJsonLines(folderArchive(out), nightKeys(1).object(OUTPUTS.findings))).toContainEqual(
    expect.objectContaining({ ruleId: 'stale-login', state: 'new' }),
  );
});
