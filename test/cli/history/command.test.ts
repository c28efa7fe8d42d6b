import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { chainKey, historyPageKey } from '../../../core/archive/keys.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import {
  archiveNights,
  auditNights,
  type NightPlan,
  nightAt,
  nightKeys,
  nightRun,
} from '../../support/archived-nights.ts';
import { startAwsEmulator } from '../../support/aws-emulator.ts';
import { anApiUser, aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { expiredHistory, OLD_NIGHTS } from '../../support/expired-history.ts';
import { keysOf, runOf, tamperer } from '../../support/history.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { command } from '../command.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

const quiet = [aUser({ userId: 'u1' }), aUser({ userId: 'u2' }), aUser({ userId: 'u3' })];
const stale = aUser({ userId: 'u4', lastLoginTime: daysAgo(200) });
const granted = anApiUser({ userId: 'u1' });

const REFUSED = {
  complete: false,
  reason: 'access-denied',
  message: 'page 1: ListUsers failed: AccessDeniedException (403)',
} as const;

/** A first night, one that was refused and then went well, one with a new user who fails, one that is better. */
const NIGHTS: readonly NightPlan[] = [
  { number: 1, users: quiet },
  { number: 2, users: quiet.slice(0, 1), end: REFUSED },
  { number: 2, users: [...quiet, stale] },
  { number: 3, users: [], end: REFUSED },
  { number: 4, users: [granted, ...quiet.slice(1)] },
];

/** The place of a night's run in the chain: the third has none. */
const placeOf = (number: 1 | 2 | 4): string => chainKey(ENVIRONMENT, number === 4 ? 3 : number);

const archived = async (nights: readonly NightPlan[] = NIGHTS): Promise<string> => {
  const out = await newFolder();
  await archiveNights(out, nights);
  return out;
};

const history = (out: string, ...words: readonly string[]) => invoke(['history', '--out', out, ...words]);

interface Entry {
  readonly run: string;
  readonly verdict: string;
  readonly late?: true;
  readonly message?: string;
}

const entriesOf = async (out: string, ...words: readonly string[]): Promise<readonly Entry[]> =>
  JSON.parse((await history(out, '--json', ...words)).stdout).entries;

const alter = async (path: string, from: string | RegExp, to: string): Promise<void> => {
  const before = await readFile(path, 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  await writeFile(path, after);
};

const digestOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

/** The lines of the table that begin with a run. */
const lines = (stdout: string): readonly string[] => stdout.split('\n').filter((line) => /^\d{8}T/.test(line));

describe('a sound archive', () => {
  test('every attempt has its line, in its place and with its reason', async () => {
    const { code, stdout } = await history(await archived());
    expect(code).toBe(0);
    expect(lines(stdout)).toEqual([
      expect.stringMatching(
        /^20261124T020000Z {2}COMPLETE .* 3 .* the first: nothing to compare with, 6 rules not fully$/,
      ),
      expect.stringMatching(/^20261125T020000Z {2}INCOMPLETE .* 1 .* access-denied: page 1: ListUsers failed/),
      expect.stringMatching(/^20261125T020000Z {2}COMPLETE .* 4 .* \+1 −0, users \+1$/),
      expect.stringMatching(/^20261126T020000Z {2}INCOMPLETE .* 0 .* access-denied: /),
      expect.stringMatching(/^20261127T020000Z {2}COMPLETE .* 3 .* \+0 −1, users −1, 2 changes$/),
    ]);
    expect(stdout).toContain('2 attempts not complete');
  });

  test('--json has what the reports say, and nothing else is on stdout', async () => {
    const { stdout, stderr } = await history(await archived(), '--json');
    const result = JSON.parse(stdout);
    expect(stderr).toBe('');
    expect(result).toMatchObject({ environmentId: ENVIRONMENT, longestOpen: { run: nightRun(4) } });
    expect(result.entries[2]).toMatchObject({
      run: nightRun(2),
      verdict: 'COMPLETE',
      users: 4,
      findings: { bySeverity: { MEDIUM: 1 }, byState: { new: 1 } },
      drift: { users: 1, new: 1, resolved: 0 },
      changes: 0,
    });
    expect(result.entries[1]).toMatchObject({ verdict: 'INCOMPLETE', reason: 'access-denied', attempt: 'attempt-2' });
  });

  test.each([
    { words: ['--since', '2026-11-26'], runs: [3, 4] },
    { words: ['--since', '2026-11-27'], runs: [4] },
    { words: ['--since', '2026-11-28'], runs: [] },
    { words: ['--last', '2'], runs: [3, 4] },
    { words: ['--last', '9'], runs: [1, 2, 2, 3, 4] },
    { words: ['--since', '2026-11-25', '--last', '3'], runs: [2, 3, 4] },
  ])('$words lists the runs $runs', async ({ words, runs }) => {
    const entries = await entriesOf(await archived(), ...words);
    expect(entries.map(({ run }) => run)).toEqual(runs.map(nightRun));
  });

  test('the first run that is shown is still held against the one before', async () => {
    const { stdout } = await history(await archived(), '--since', '2026-11-27');
    expect(lines(stdout)).toEqual([expect.stringContaining('+0 −1, users −1, 2 changes')]);
  });

  test('what has been open longest comes below, the oldest first', async () => {
    const out = await archived([
      { number: 1, users: [...quiet, stale] },
      { number: 3, users: [...quiet, stale, aUser({ userId: 'u5', lastLoginTime: daysAgo(300) })] },
    ]);
    const { stdout } = await history(out);
    const longest = stdout.slice(stdout.indexOf('Open longest'));
    expect(longest).toContain(`of 4 findings in run ${nightRun(3)}`);
    expect(longest.split('\n').filter((line) => line.startsWith('MEDIUM'))).toEqual([
      'MEDIUM         2026-11-24  2 days  2 runs    u4           stale-login',
      'MEDIUM         2026-11-26  0 days  1 run     u5           stale-login',
    ]);
  });

  test.each([80, 120])('fits %d columns', async (width) => {
    const { stdout } = await invoke(['history', '--out', await archived()], width);
    const [, ...rows] = stdout.split('\n');
    expect(rows.filter((row) => row.length > width)).toEqual([]);
  });

  test('names nobody', async () => {
    expect((await history(await archived())).stdout).not.toMatch(/zebulon|quagmire/i);
  });

  test('a bucket reads as a folder does', async () => {
    const emulator = await startAwsEmulator({ bucket: 'evidence', topicName: 'audits' });
    await auditNights(bucketArchive(emulator.s3, emulator.bucket), NIGHTS);
    const words = ['history', '--bucket', emulator.bucket, '--json'];
    const { code, stdout } = await command(words, { ...emulator.env, AWS_REGION: 'us-east-1' });
    await emulator.close();
    expect(code).toBe(0);
    expect(JSON.parse(stdout).entries).toEqual(await entriesOf(await archived()));
  });
});

test('a run that was listed long after its night says so, here and on the page of all runs', async () => {
  const users = [aUser()];
  const out = await archived([
    { number: 1, users },
    { number: 2, users, listedAt: nightAt(9) },
  ]);
  expect((await entriesOf(out)).map(({ late }) => late)).toEqual([undefined, true]);
  expect((await history(out)).stdout).toMatch(new RegExp(`${nightRun(2)} .*COMPLETE.* LATE, nothing$`, 'm'));
  const page = await readFile(join(out, historyPageKey(ENVIRONMENT)), 'utf8');
  expect(page.match(/Complete <b>late<\/b>/g)).toHaveLength(1);
});

test('a run after a history that somebody accepted says so, here and on the page of all runs', async () => {
  const users = [aUser()];
  const out = await archived([
    { number: 1, users },
    { number: 2, users },
  ]);
  await alter(join(out, placeOf(2)), '"sequence": 2', '"sequence":  2');
  const sha256 = await digestOf(join(out, placeOf(1)));
  await archiveNights(out, [{ number: 3, users, acceptHistory: { sha256, reason: 'looked into it' } }]);
  expect((await entriesOf(out)).at(-1)).toMatchObject({ run: nightRun(3), verdict: 'COMPLETE', acceptedHistory: true });
  expect((await history(out)).stdout).toMatch(
    new RegExp(`${nightRun(3)} .*COMPLETE.* HISTORY ACCEPTED, nothing$`, 'm'),
  );
  const page = await readFile(join(out, historyPageKey(ENVIRONMENT)), 'utf8');
  expect(page).toContain('Complete <b>history accepted</b>');
});

test('a run that had no answer for somebody says so, here and on the page of all runs', async () => {
  const out = await archived([
    { number: 1, users: quiet },
    { number: 2, users: [...quiet.slice(1), aUser({ userId: 'u1', lastLoginTime: 'soon' })] },
    { number: 3, users: quiet },
  ]);
  const told = async (...words: readonly string[]) => {
    const { entries, longestOpen } = JSON.parse((await history(out, '--json', ...words)).stdout);
    return [entries.at(-1).notFullyJudged, longestOpen.notFullyJudged];
  };
  expect(await told()).toStrictEqual([undefined, undefined]);
  expect((await history(out)).stdout).toMatch(
    new RegExp(`${nightRun(2)} .*COMPLETE.* \\+1 −0, 1 rule not fully judged$`, 'm'),
  );
  const page = await readFile(join(out, historyPageKey(ENVIRONMENT)), 'utf8');
  expect(page.match(/Complete <b>1 rule not fully judged<\/b>/g)).toHaveLength(1);
});

test.each([
  { lastLoginTime: 'soon', words: `Nothing stands open in run ${nightRun(2)}, among what was judged.` },
  { lastLoginTime: daysAgo(1), words: `Nothing stands open in run ${nightRun(2)}.` },
])('that nothing stands is said of what was judged: $lastLoginTime', async ({ lastLoginTime, words }) => {
  const admins = ['a1', 'a2', 'a3'].map((userId) => aUser({ userId, type: 'SUPER_USER' }));
  const off = { enabled: false };
  const config = { rules: { 'end-of-support': off, 'inconsistent-timestamps': off } };
  const out = await archived([
    { number: 1, users: [...admins, aUser()], config },
    { number: 2, users: [...admins, aUser({ lastLoginTime })], config },
  ]);
  expect((await history(out)).stdout).toContain(words);
});

describe('what is not complete has an entry', () => {
  test('an attempt that came after the fact and read nothing', async () => {
    const out = await archived([...NIGHTS, { number: 3, users: quiet }]);
    const entries = await entriesOf(out);
    expect(entries.filter(({ run }) => run === nightRun(3))).toMatchObject([
      { verdict: 'INCOMPLETE', reason: 'access-denied' },
      { verdict: 'FAILED', reason: 'after-the-fact' },
    ]);
  });

  test('an attempt that broke off before its report', async () => {
    const out = await archived();
    const attempt = join(out, `incomplete/environment=${ENVIRONMENT}/${nightRun(5)}-killed`);
    await mkdir(attempt, { recursive: true });
    await writeFile(join(attempt, 'snapshot.jsonl.gz'), '');
    const entries = await entriesOf(out);
    expect(entries.at(-1)).toEqual({
      run: nightRun(5),
      attempt: 'killed',
      verdict: 'INCOMPLETE',
      message: 'the attempt broke off before it could say why',
    });
  });

  test('a run that broke off before its manifest was written', async () => {
    const out = await archived();
    await rm(join(out, nightKeys(4).manifest));
    await rm(join(out, placeOf(4)));
    await rm(join(out, `latest/environment=${ENVIRONMENT}.json`));
    const entries = await entriesOf(out);
    expect(entries.at(-1)).toMatchObject({
      run: nightRun(4),
      verdict: 'INCOMPLETE',
      message: expect.stringContaining('its manifest is not'),
    });
  });

  test('a listing in parts that died, and left nothing but these', async () => {
    const out = await archived();
    const folder = `listings/environment=${ENVIRONMENT}/dt=2026-11-28/${nightRun(5)}-dead`;
    await mkdir(join(out, folder), { recursive: true });
    await writeFile(join(out, folder, '1-0001.jsonl.gz'), 'users');
    expect((await entriesOf(out)).at(-1)).toEqual({
      run: nightRun(5),
      attempt: 'dead',
      verdict: 'INCOMPLETE',
      message: 'the attempt broke off before it could say why',
    });
  });

  test('an archive of nothing but attempts', async () => {
    const { code, stdout } = await history(await archived([{ number: 1, users: [], end: REFUSED }]));
    expect(code).toBe(0);
    expect(lines(stdout)).toEqual([expect.stringContaining('access-denied')]);
  });
});

describe('what is not to be trusted has an entry in its place, and the exit is 2', () => {
  const report = (number: number) => nightKeys(number).object(OUTPUTS.report);
  const manifest = placeOf(2);

  test.each([
    ['an altered report', report(2), 2, `${report(2)} was altered`],
    ['an altered manifest', manifest, 2, `${manifest} was altered`],
    ['the last manifest, altered', placeOf(4), 4, `${placeOf(4)} was altered`],
  ])('%s', async (_, key, number, message) => {
    const out = await archived();
    await alter(join(out, key), /"users": \d+/, '"users": 9');
    const { code, stdout } = await history(out);
    const entries = await entriesOf(out);
    expect(code).toBe(2);
    expect(stdout).toContain('1 not to be trusted');
    expect(entries.filter(({ verdict }) => verdict === 'UNTRUSTED')).toEqual([
      { run: nightRun(number), verdict: 'UNTRUSTED', message: expect.stringContaining(message) },
    ]);
    expect(entries.map(({ run }) => run)).toEqual([1, 2, 2, 3, 4].map(nightRun));
  });

  test.each([
    ['a report', report(2), 2, `${report(2)} is missing`],
    [
      'a manifest between others',
      manifest,
      2,
      `${manifest} is not there, though the manifest of run ${nightRun(4)} names it as the one before`,
    ],
    [
      'the manifest of the first',
      placeOf(1),
      1,
      `${placeOf(1)} is not there, though the manifest of run ${nightRun(2)} names it as the one before`,
    ],
    [
      'the manifest of the last',
      placeOf(4),
      4,
      `${placeOf(4)} is not there, though latest/environment=${ENVIRONMENT}.json points to it`,
    ],
  ])('%s that is gone', async (_, key, number, message) => {
    const out = await archived();
    await rm(join(out, key));
    const entries = await entriesOf(out);
    expect((await history(out)).code).toBe(2);
    expect(entries.filter(({ verdict }) => verdict === 'UNTRUSTED')).toEqual([
      { run: nightRun(number), verdict: 'UNTRUSTED', message: expect.stringContaining(message) },
    ]);
  });

  test('what an altered manifest says is held against no other run', async () => {
    const out = await archived();
    await alter(join(out, manifest), '"users": 4', '"users": 9');
    const drift = { new: 0, resolved: 1 };
    expect((await entriesOf(out)).at(-1)).toMatchObject({ run: nightRun(4), verdict: 'COMPLETE', drift });
    expect((await entriesOf(out)).at(-1)).not.toHaveProperty('drift.users');
  });

  test('an unfinished attempt that is said to be complete', async () => {
    const out = await archived([...NIGHTS, { number: 3, users: quiet }]);
    const name = `${nightRun(3)}-attempt-6`;
    await alter(
      join(out, `incomplete/environment=${ENVIRONMENT}/dt=2026-11-26/${name}/report.json`),
      '"FAILED"',
      '"COMPLETE"',
    );
    expect((await entriesOf(out)).filter(({ run }) => run === nightRun(3))).toMatchObject([
      { verdict: 'INCOMPLETE' },
      { verdict: 'UNTRUSTED', attempt: 'attempt-6' },
    ]);
  });

  test('a manifest that is none', async () => {
    const out = await archived();
    await writeFile(join(out, manifest), '{');
    expect((await entriesOf(out)).find(({ verdict }) => verdict === 'UNTRUSTED')?.message).toContain(
      `${manifest} is no JSON`,
    );
  });

  test('the report of an unfinished attempt', async () => {
    const out = await archived(NIGHTS.slice(0, 2));
    const folder = `incomplete/environment=${ENVIRONMENT}/dt=2026-11-25/${nightRun(2)}-attempt-2`;
    await alter(join(out, folder, 'report.json'), 'access-denied', 'deadline');
    expect((await entriesOf(out)).at(-1)).toMatchObject({ verdict: 'UNTRUSTED', attempt: 'attempt-2' });
  });
});

test.each([
  [['--since', 'yesterday'], '--since must be a day as 2026-11-24, got "yesterday"'],
  [['--since', '2026-02-30'], '--since must be a day as 2026-11-24, got "2026-02-30"'],
  [['--last', '0'], '--last must be a whole number of 1 or more, got "0"'],
  [['--environment', 'other'], `--environment must be one of ${ENVIRONMENT}, got "other"`],
])('%j exits 3', async (words, message) => {
  const { code, stdout, stderr } = await history(await archived(NIGHTS.slice(0, 1)), ...words);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toContain(message);
});

describe('a start that is gone', () => {
  const [, second, third] = OLD_NIGHTS;
  const DELETED = { years: 1, afterRetention: 'delete' } as const;

  test('after its retention is told as that, and is no fault', async () => {
    const out = await newFolder();
    await expiredHistory(out, DELETED, 2);
    const { code, stdout } = await history(out);
    expect(code).toBe(0);
    expect(lines(stdout)[0]).toMatch(
      new RegExp(`^${runOf(second)} +EXPIRED .*not there any more: run ${runOf(third)} noted that runs`),
    );
    const verdicts = (await entriesOf(out)).map(({ verdict }) => verdict);
    expect(verdicts).toEqual(['EXPIRED', 'COMPLETE', 'COMPLETE']);
    expect(await entriesOf(out, '--last', '2')).toHaveLength(2);
  });

  test.each([
    { name: 'its entry', left: 'chain', verdict: 'EXPIRED' },
    { name: 'its snapshot', left: 'snapshots', verdict: 'EXPIRED' },
  ])('but for $name, which S3 has not deleted yet', async ({ left, verdict }) => {
    const out = await newFolder();
    await expiredHistory(out, DELETED, 1);
    const { object, copy } = keysOf(second);
    const gone = left === 'chain' ? [object(OUTPUTS.report)] : [chainKey(ENVIRONMENT, 2), copy];
    for (const key of gone) await tamperer(out).remove(key);
    expect((await entriesOf(out)).filter(({ run }) => run === runOf(second)).map((entry) => entry.verdict)).toContain(
      verdict,
    );
    expect((await history(out)).code).toBe(0);
  });

  test.each([
    { name: 'before its retention ends', retention: { ...DELETED, years: 90 } },
    { name: 'and was to be kept for good', retention: { ...DELETED, afterRetention: 'keep' } as const },
  ])('$name is not to be trusted', async ({ retention }) => {
    const out = await newFolder();
    await expiredHistory(out, retention, 2);
    expect((await entriesOf(out))[0]).toMatchObject({ run: runOf(second), verdict: 'UNTRUSTED' });
    expect((await history(out)).code).toBe(2);
  });
});
