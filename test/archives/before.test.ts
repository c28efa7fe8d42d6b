import { createHash } from 'node:crypto';
import { appendFile, cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type FindingCounts, foundBySeverity } from '../../core/model/report.ts';
import { rules } from '../../rules/index.ts';
import { startSimulator } from '../../simulator/server.ts';
import { command, type ProcessResult, runEnv, runWords } from '../cli/command.ts';
import { invoke } from '../cli/in-process.ts';
import { isReleased } from '../rules/contract.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { readSheet } from '../support/worksheet.ts';

const ENVIRONMENT = 'vs57phhvijir4kv5rf6ywt';
const SHARED_ROLE = 'arn:aws:iam::111122223333:role/shared';

const FIRST = '20250310T060000Z';
const SECOND = '20250311T060000Z';
const DENIED = '20250312T060000Z';
const LAST = '20250313T060000Z';
const NEXT = '20250314T060000Z';
const COMPLETE = [FIRST, SECOND, LAST] as const;

const dayOf = (run: string): string => `${run.slice(0, 4)}-${run.slice(4, 6)}-${run.slice(6, 8)}`;

// Spelled out: what the code of today would call them is not the question.
const placeOf = (run: string): string => `environment=${ENVIRONMENT}/dt=${dayOf(run)}/${run}`;
const manifestOf = (run: string): string => `manifests/${placeOf(run)}.json`;
const ATTEMPT = '20250312T060004Z-a354a9c2';
const ATTEMPT_FOLDER = `incomplete/${placeOf(DENIED)}-${ATTEMPT}`;

const BEFORE = join(import.meta.dirname, 'before');
const CONFIG = join(import.meta.dirname, 'config');

const newFolder = temporaryFolders();

/** Nothing may touch the archive itself. */
const copied = async (): Promise<string> => {
  const folder = await newFolder();
  await cp(BEFORE, folder, { recursive: true });
  return folder;
};

/** Gives the criteria that it was judged by, in a copy: a rule that no release has brought yet is off, and none is as it was. */
const copyOfConfig = async (): Promise<string> => {
  const folder = await newFolder();
  await cp(CONFIG, folder, { recursive: true });
  const unreleased = rules.filter(({ id }) => !isReleased(id));
  await appendFile(join(folder, 'audit.yaml'), unreleased.map(({ id }) => `  ${id}: { enabled: false }\n`).join(''));
  return join(folder, 'audit.yaml');
};

let archive: string;
let judgedBy: readonly string[];
beforeAll(async () => {
  archive = await copied();
  judgedBy = ['--config', await copyOfConfig()];
});

const told = async (...[name = '', ...words]: readonly string[]) => {
  const { code, stdout } = await invoke([name, '--out', archive, '--json', ...words]);
  return { code, answer: JSON.parse(stdout) };
};

const jsonOf = async (folder: string, key: string) => JSON.parse(await readFile(join(folder, key), 'utf8'));

const reportOf = (run: string) => jsonOf(BEFORE, `reports/${placeOf(run)}/report.json`);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The SHA-256 of every file, by key. */
const hashesOf = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashes = files.map(async (file) => [file.slice(folder.length + 1), sha256(await readFile(file))] as const);
  return new Map(await Promise.all(hashes));
};

const idsOf = (findings: readonly { readonly id: string }[]): readonly string[] =>
  findings.map(({ id }) => id.slice(ENVIRONMENT.length + 1)).toSorted();

/** The count of each state; those left out are 0. */
const states = (counts: Readonly<Record<string, number>>) => ({
  new: 0,
  open: 0,
  reopened: 0,
  resolved: 0,
  waived: 0,
  event: 0,
  ...counts,
});

/** The count of each severity; those left out are 0. */
const severities = (counts: Readonly<Record<string, number>>) => ({
  CRITICAL: 0,
  HIGH: 0,
  MEDIUM: 0,
  LOW: 0,
  INFORMATIONAL: 0,
  ...counts,
});

const NIGHTS = [
  {
    run: FIRST,
    users: 17,
    findings: {
      bySeverity: severities({ CRITICAL: 1, HIGH: 1, MEDIUM: 7, LOW: 1 }),
      byState: states({ new: 10, waived: 1 }),
    },
  },
  {
    run: SECOND,
    users: 17,
    findings: {
      bySeverity: severities({ CRITICAL: 1, HIGH: 2, MEDIUM: 6, LOW: 2 }),
      byState: states({ new: 2, open: 8, resolved: 2, waived: 1, event: 1 }),
    },
  },
  {
    run: LAST,
    users: 18,
    findings: {
      bySeverity: severities({ CRITICAL: 1, HIGH: 1, MEDIUM: 7, LOW: 2 }),
      byState: states({ new: 1, open: 9, reopened: 1, resolved: 1, waived: 1 }),
    },
  },
];

describe('the bytes are those that were written', () => {
  test.each([
    ...COMPLETE.map((run) => ({ key: manifestOf(run), count: 7 })),
    { key: `${ATTEMPT_FOLDER}/manifest.json`, count: 6 },
  ])('$key names $count objects by hash and size', async ({ key, count }) => {
    const { schemaVersion, codeVersion, objects } = await jsonOf(BEFORE, key);
    expect({ schemaVersion, codeVersion }).toEqual({ schemaVersion: 1, codeVersion: '0.1.0' });
    const named = Object.values<{ key: string; sha256: string; size: number }>(objects);
    const found = named.map(async (object) => {
      const bytes = await readFile(join(BEFORE, object.key));
      return { key: object.key, sha256: sha256(bytes), size: bytes.length };
    });
    expect(named).toHaveLength(count);
    expect(await Promise.all(found)).toEqual(named);
  });

  test('each manifest names the one before it, and the pointer the last', async () => {
    const hashes = await hashesOf(BEFORE);
    const link = (run: string) => ({ run, key: manifestOf(run), sha256: hashes.get(manifestOf(run)) });
    const manifests = await Promise.all(COMPLETE.map((run) => jsonOf(BEFORE, manifestOf(run))));
    expect(manifests.map(({ previous }) => previous)).toEqual([undefined, link(FIRST), link(SECOND)]);
    const { key: manifest, ...last } = link(LAST);
    expect(await jsonOf(BEFORE, `latest/environment=${ENVIRONMENT}.json`)).toEqual({ ...last, manifest });
  });
});

describe('verify', () => {
  test('finds no problem, and the signatures hold', async () => {
    const { code, answer } = await told('verify', '--public-key', join(CONFIG, 'key.pem'));
    expect(code).toBe(0);
    expect(answer).toMatchObject({
      problems: 0,
      environments: [
        {
          environmentId: ENVIRONMENT,
          runs: 3,
          objects: 21,
          firstRun: FIRST,
          lastRun: LAST,
          signatures: { isChecked: true, signed: 3, valid: 3 },
          attempts: 1,
          problems: [],
        },
      ],
    });
  });

  test.each([
    `snapshots/${placeOf(FIRST)}.jsonl.gz`,
    `findings/${placeOf(SECOND)}.jsonl.gz`,
    `resolved/${placeOf(LAST)}.jsonl.gz`,
    `reports/${placeOf(FIRST)}/report.json`,
    `reports/${placeOf(SECOND)}/report.html`,
    `reports/${placeOf(LAST)}/findings.csv`,
    `reports/${placeOf(SECOND)}/digest.json`,
  ])('finds one byte changed in %s', async (key) => {
    const folder = await copied();
    const bytes = await readFile(join(folder, key));
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(join(folder, key), bytes);
    const { code, stdout } = await invoke(['verify', '--out', folder, '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ problems: 1, environments: [{ problems: [{ kind: 'edited', key }] }] });
  });

  test('finds a manifest that says something else', async () => {
    const folder = await copied();
    const path = join(folder, manifestOf(SECOND));
    await writeFile(path, (await readFile(path, 'utf8')).replace('"users": 17', '"users": 18'));
    const { code, stdout } = await invoke([
      ...['verify', '--out', folder, '--json', '--public-key', join(CONFIG, 'key.pem')],
    ]);
    expect(code).toBe(2);
    const [{ problems, signatures }] = JSON.parse(stdout).environments;
    expect(signatures).toMatchObject({ signed: 3, valid: 2 });
    expect(problems).toContainEqual(expect.objectContaining({ kind: 'bad-signature', run: SECOND }));
  });
});

test('history tells of each run and of the attempt, in their order', async () => {
  const { code, answer } = await told('history');
  expect(code).toBe(0);
  const complete = NIGHTS.map((night) => ({ ...night, verdict: 'COMPLETE' }));
  const attempt = {
    run: DENIED,
    attempt: ATTEMPT,
    verdict: 'INCOMPLETE',
    reason: 'access-denied',
    users: 7,
    findings: { bySeverity: severities({ MEDIUM: 1, LOW: 1 }), byState: states({ open: 2, waived: 1 }) },
  };
  expect(answer.entries).toHaveLength(4);
  expect(answer.entries).toMatchObject(complete.toSpliced(2, 0, attempt));
  expect(answer.longestOpen).toMatchObject({ run: LAST, count: 11 });
});

test('diff tells which users and findings changed', async () => {
  const { code, answer } = await told('diff', FIRST, 'latest', '--all');
  expect(code).toBe(0);
  const { users, findings } = answer;
  expect(answer).toMatchObject({ from: FIRST, to: LAST, judgedBy: [] });
  expect(users).toMatchObject({ came: ['joiner'], gone: [], unchanged: 10, untraceable: { from: 1, to: 1 } });
  expect(users.changed.map(({ id }: { id: string }) => id).toSorted()).toEqual([
    'disabled',
    'fixed',
    'flapping',
    'murky',
    'promoted',
    'sound',
  ]);
  expect(users.changed).toContainEqual({
    id: 'promoted',
    members: [
      { member: 'type', from: 'APP_USER', to: 'SUPER_USER' },
      { member: 'lastModifiedTime', from: 1_732_946_400_000, to: 1_741_629_600_000 },
    ],
  });
  expect(idsOf(findings.new)).toEqual([
    'inconsistent-timestamps/murky',
    'stale-login/ageing',
    `too-many-super-users/${ENVIRONMENT}`,
  ]);
  expect(idsOf(findings.resolved)).toEqual(['disabled-user-api-access/disabled', 'stale-login/fixed']);
  expect(idsOf(findings.different.map(({ to }: { to: { id: string } }) => to))).toEqual(['stale-login/stale']);
  expect(findings).toMatchObject({ unchanged: 6, untraceable: { from: 2, to: 2 } });
});

describe('explain', () => {
  const since = (run: string, runs: number) => ({ firstSeen: `${dayOf(run)}T06:00:00.000Z`, runs });

  test.each([
    { run: LAST, finding: 'stale-login/stale', outcome: 'FAIL', state: 'open', ...since(FIRST, 3) },
    {
      run: LAST,
      finding: 'api-access-without-principal/flapping',
      outcome: 'FAIL',
      state: 'reopened',
      ...since(FIRST, 2),
    },
    { run: LAST, finding: 'super-user-api-access/waived', outcome: 'FAIL', state: 'waived', ...since(FIRST, 3) },
    { run: SECOND, finding: 'promoted-to-super-user/promoted', outcome: 'FAIL', state: 'event', ...since(SECOND, 1) },
    { run: SECOND, finding: `shared-principal/${SHARED_ROLE}`, outcome: 'FAIL', state: 'open', ...since(FIRST, 2) },
    {
      run: LAST,
      finding: 'stale-login/murky',
      outcome: 'NOT_ASSESSED',
      state: 'open',
      carried: true,
      ...since(FIRST, 3),
    },
  ])('$finding, $state in run $run', async ({ run, finding, outcome, ...standing }) => {
    const id = `${ENVIRONMENT}/${finding}`;
    const { code, answer } = await told('explain', id, '--run', run, ...judgedBy);
    expect(code).toBe(0);
    const [ruleId] = finding.split('/');
    expect(answer).toMatchObject({ run, previousRun: run === LAST ? SECOND : FIRST });
    expect(answer.rules).toMatchObject([
      { id: ruleId, outcome, agreesWithRun: true, finding: { id, ruleId, ...standing } },
    ]);
  });
});

test('replay comes to the findings of each night, and tells of the one that was not complete', async () => {
  const { code, answer } = await told('replay', ...judgedBy);
  expect(code).toBe(0);
  const nights: readonly object[] = await Promise.all(
    COMPLETE.map(async (run) => {
      const { counts, findings } = await reportOf(run);
      const { bySeverity, byState } = findings;
      return { run, outcome: 'replayed', config: { users: counts.users, findings: { bySeverity, byState } } };
    }),
  );
  // They were counted together then.
  const replayed = answer.nights.map(({ config: own, ...night }: { config?: { findings: FindingCounts } }) => ({
    ...night,
    ...(own && { config: { ...own, findings: { ...own.findings, bySeverity: foundBySeverity(own.findings) } } }),
  }));
  expect(replayed).toHaveLength(4);
  expect(replayed).toMatchObject(nights.toSpliced(2, 0, { run: DENIED, outcome: 'not-complete' }));
});

test('review builds a pack with the findings that are open', async () => {
  const pack = join(await newFolder(), 'pack');
  const period = ['--from', dayOf(FIRST), '--to', dayOf(LAST)] as const;
  const { code, answer } = await told('review', ...period, '--pack', pack);
  expect(code).toBe(0);
  expect(answer).toMatchObject({
    run: LAST,
    gaps: {
      daysWithoutRun: [{ from: dayOf(DENIED), to: dayOf(DENIED) }],
      unfinished: [{ run: DENIED, attempt: ATTEMPT }],
      untrusted: [],
    },
    counts: {
      users: 18,
      superUsers: 4,
      waivers: 1,
      came: 1,
      gone: 0,
      events: 1,
      openFindings: severities({ CRITICAL: 1, HIGH: 1, MEDIUM: 7, LOW: 2 }),
    },
  });
  expect(answer.changesFrom.map(({ run }: { run: string }) => run)).toEqual(COMPLETE);

  const lines = await readSheet(await readFile(join(pack, 'worksheet.csv')));
  expect(lines).toHaveLength(18);
  const open = lines.filter(({ openFindings }) => openFindings !== '0');
  expect(open.map(({ userId, openFindings, worstSeverity }) => [userId, openFindings, worstSeverity])).toEqual([
    ['stale', '1', 'MEDIUM'],
    ['murky', '2', 'MEDIUM'],
    ['flapping', '1', 'MEDIUM'],
    ['shared1', '1', 'HIGH'],
    ['shared2', '1', 'HIGH'],
    ['outside', '1', 'CRITICAL'],
    ['elsewhere', '1', 'LOW'],
    ['#15', '2', 'MEDIUM'],
    ['ageing', '1', 'MEDIUM'],
  ]);
});

describe('the next run', () => {
  /** The users of the last night, one of whom was put right since. */
  const usersOfTheNextNight = async () => {
    const snapshot = gunzipSync(await readFile(join(BEFORE, `snapshots/${placeOf(LAST)}.jsonl.gz`)));
    const users = snapshot
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line): Readonly<Record<string, unknown>> => JSON.parse(line));
    return users.map((user) =>
      user.userId === 'outside' ? { ...user, apiAccessPrincipalArn: 'arn:aws:iam::111122223333:role/outside' } : user,
    );
  };

  let folder: string;
  let again: ProcessResult;
  let requestsOfAgain: number;
  let next: ProcessResult;
  beforeAll(async () => {
    folder = await copied();
    const users = await usersOfTheNextNight();
    const simulator = await startSimulator({ environmentId: ENVIRONMENT, users, pageSize: 7 });
    const run = (name: string): Promise<ProcessResult> =>
      command(
        [...runWords(simulator), ...judgedBy, ...['--out', folder, '--json', '--as-of', `${dayOf(name)}T06:00:00Z`]],
        runEnv(simulator),
      );
    again = await run(LAST);
    requestsOfAgain = simulator.stats().requests;
    next = await run(NEXT);
    await simulator.close();
  });

  const ask = async (...[name = '', ...words]: readonly string[]) =>
    JSON.parse((await invoke([name, '--out', folder, '--json', ...words])).stdout);

  test('of a night that is done reads it back, and asks FinSpace nothing', async () => {
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject(await reportOf(LAST));
    expect(requestsOfAgain).toBe(0);
  });

  test('compares itself with the last night', () => {
    expect(next.code).toBe(0);
    expect(JSON.parse(next.stdout)).toMatchObject({
      run: NEXT,
      verdict: 'COMPLETE',
      previousRun: LAST,
      counts: { users: 18, pages: 3 },
      findings: {
        // What was put right is no CRITICAL finding any more, but a HIGH event: the principal is another.
        bySeverity: severities({ HIGH: 1, MEDIUM: 7, LOW: 2 }),
        eventsBySeverity: severities({ HIGH: 1 }),
        byState: states({ open: 10, resolved: 1, waived: 1, event: 1 }),
      },
    });
  });

  test('goes on with what is open, and resolves what was put right', async () => {
    const stale = await ask('explain', `${ENVIRONMENT}/stale-login/stale`);
    expect(stale.rules[0].finding).toMatchObject({
      state: 'open',
      firstSeen: `${dayOf(FIRST)}T06:00:00.000Z`,
      lastSeen: `${dayOf(NEXT)}T06:00:00.000Z`,
      runs: 4,
    });
    const { findings } = await ask('diff', LAST, NEXT);
    expect(findings.new).toEqual([]);
    expect(findings.resolved).toMatchObject([
      { ruleId: 'principal-outside-account', subject: { id: 'outside' }, cause: 'fixed' },
    ]);
  });

  test('stands in one history with the nights before', async () => {
    const { entries } = await ask('history');
    expect(entries.map(({ run }: { run: string }) => run)).toEqual([FIRST, SECOND, DENIED, LAST, NEXT]);
    expect(await ask('verify')).toMatchObject({
      problems: 0,
      environments: [{ runs: 4, firstRun: FIRST, lastRun: NEXT, attempts: 1 }],
    });
  });

  test('changes nothing of what is there but the pointer and the page of all runs', async () => {
    const [before, after] = await Promise.all([hashesOf(BEFORE), hashesOf(folder)]);
    const changed = [...before.keys()].filter((key) => after.get(key) !== before.get(key));
    expect(after.size).toBeGreaterThan(before.size);
    expect(changed.toSorted()).toEqual([
      `latest/environment=${ENVIRONMENT}.json`,
      `reports/environment=${ENVIRONMENT}/index.html`,
    ]);
  });
});
