import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import { archiveNights, type NightPlan, nightKeys, nightRun } from '../../support/archived-nights.ts';
import { anApiUser, aUser, daysAgo, ENVIRONMENT, type UserRecord } from '../../support/builders.ts';
import { caseUsers } from '../../support/cases.ts';
import { expiredHistory, OLD_NIGHTS } from '../../support/expired-history.ts';
import { night, runOf } from '../../support/history.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

const archived = async (nights: readonly NightPlan[]): Promise<string> => {
  const out = await newFolder();
  await archiveNights(out, nights);
  return out;
};

/** An archive of two nights. */
const between = (before: readonly UserRecord[], after: readonly UserRecord[]): Promise<string> =>
  archived([
    { number: 1, users: before },
    { number: 2, users: after },
  ]);

const BOTH = [nightRun(1), nightRun(2)] as const;

const diff = (out: string, ...words: readonly string[]) => invoke(['diff', ...words, '--out', out]);

const jsonOf = async (out: string, ...words: readonly string[]) =>
  JSON.parse((await diff(out, ...BOTH, '--json', ...words)).stdout);

const [u1, u2, u3] = ['u1', 'u2', 'u3'].map((userId) => aUser({ userId })) as [UserRecord, UserRecord, UserRecord];

describe('users', () => {
  test.each([
    ['nothing', [u1, u2], [u1, u2], { came: [], gone: [], changed: [], unchanged: 2 }],
    ['one that came', [u1], [u1, u2], { came: ['u2'], gone: [], changed: [], unchanged: 1 }],
    ['one that went', [u1, u2], [u2], { came: [], gone: ['u1'], changed: [], unchanged: 1 }],
    [
      'records of a user that differ, of which the last counts',
      [aUser({ userId: 'u1', status: 'DISABLED' }), u2, u1],
      [u1, u2, aUser({ userId: 'u2', status: 'DISABLED' }), u2],
      { came: [], gone: [], changed: [], unchanged: 2 },
    ],
    ['another order', [u1, u2, u3], [u3, u1, u2], { came: [], gone: [], changed: [], unchanged: 3 }],
    [
      'another order of members',
      [u1],
      [Object.fromEntries(Object.entries(u1).toReversed())],
      { came: [], gone: [], changed: [], unchanged: 1 },
    ],
    [
      'members that changed, came and went',
      [u1, aUser({ userId: 'u2', lastLoginTime: undefined })],
      [anApiUser({ userId: 'u1', lastDisabledTime: null }), u2],
      {
        came: [],
        gone: [],
        unchanged: 0,
        changed: [
          {
            id: 'u1',
            members: [
              { member: 'apiAccess', from: 'DISABLED', to: 'ENABLED' },
              { member: 'apiAccessPrincipalArn', to: 'arn:aws:iam::111122223333:role/role-of-u1' },
              { member: 'lastDisabledTime', to: null },
            ],
          },
          { id: 'u2', members: [{ member: 'lastLoginTime', to: daysAgo(1) }] },
        ],
      },
    ],
  ])('%s', async (_, before, after, users) => {
    const result = await jsonOf(await between(before, after), '--all');
    const { changed, ...rest } = users;
    expect(result.users).toMatchObject(rest);
    expect(result.users.changed.map(({ members, ...user }: { members: object[] }) => ({ ...user, members }))).toEqual(
      changed.map((user) => ({ ...user, members: expect.arrayContaining([...user.members]) })),
    );
    expect(result.users.changed.map(({ members }: { members: object[] }) => members.length)).toEqual(
      changed.map(({ members }) => members.length),
    );
  });

  test('who merely logged in are counted, and shown with --all; a login that was unmade is a change', async () => {
    const at = (userId: string, lastLoginTime: unknown, more: object = {}) => ({
      ...aUser({ userId }),
      lastLoginTime,
      ...more,
    });
    const [day, later] = [daysAgo(3), daysAgo(1)];
    const out = await between(
      [at('u1', day), at('u2', null), at('u3', later), at('u4', day), at('u5', day)],
      [at('u1', later), at('u2', later), at('u3', day), at('u4', null), at('u5', later, { status: 'DISABLED' })],
    );
    const { users, leftOut } = await jsonOf(out);
    const members = users.changed.map((user: { id: string; members: { member: string }[] }) => [
      user.id,
      ...user.members.map(({ member }) => member),
    ]);
    expect(members).toEqual([
      ['u3', 'lastLoginTime'],
      ['u4', 'lastLoginTime'],
      ['u5', 'status'],
    ]);
    expect(leftOut).toMatchObject({ logins: 2 });
    expect((await diff(out, ...BOTH)).stdout).toContain('3 changed, 2 logged in (--all shows them), 0 are');
    expect((await jsonOf(out, '--all')).users.changed).toHaveLength(5);
  });

  test('members that every object inherits are data like others', async () => {
    const out = await between(
      caseUsers('diff-toString-night1') as UserRecord[],
      caseUsers('diff-toString-night2') as UserRecord[],
    );
    const { code, stdout } = await diff(out, ...BOTH, '--names');
    expect({ code, told: stdout.includes('toString (missing) → x') }).toEqual({ code: 0, told: true });
    const proto = JSON.parse('{"userId":"a","__proto__":{"constructor":1}}');
    const { users } = await jsonOf(await between([{ userId: 'a' }], [proto]), '--names');
    expect(users.changed).toEqual([{ id: 'a', members: [{ member: '__proto__', to: { constructor: 1 } }] }]);
  });

  test('records without a userId are counted, and said to be untraceable', async () => {
    const nameless = aUser({ userId: undefined });
    const out = await between([u1, nameless], [u1, nameless, { ...nameless, userId: '' }]);
    expect((await jsonOf(out)).users).toMatchObject({ came: [], changed: [], untraceable: { from: 1, to: 2 } });
    expect((await diff(out, ...BOTH)).stdout).toContain('Records without a userId: 1 before, 2 after');
  });

  test('a number that a double cannot hold is a change like another', async () => {
    const infinite = (text: string) => ({ ...u1, lastLoginTime: JSON.parse(text) });
    const out = await between([infinite('1e999')], [infinite('-1e999')]);
    const { stdout } = await diff(out, ...BOTH, '--json');
    expect(stdout).toMatch(/"from": 1e999,\n\s*"to": -1e999/);
  });

  test('a member that goes thousands deep is one like others', async () => {
    const deep = (text: string) => ({
      ...u1,
      lastModifiedTime: JSON.parse('['.repeat(20_000) + text + ']'.repeat(20_000)),
    });
    const out = await between([deep('1')], [deep('2')]);
    expect((await jsonOf(out)).users.changed).toMatchObject([
      { id: u1.userId, members: [{ member: 'lastModifiedTime' }] },
    ]);
    expect((await diff(out, ...BOTH)).stdout).toContain('lastModifiedTime');
  });
});

describe('what may name a person', () => {
  const renamed = {
    ...u1,
    firstName: 'Amanda',
    emailAddress: 'amanda@quagmire.example',
    nickName: 'Mandy',
    status: 'DISABLED',
  };
  const out = () => between([u1, u2], [renamed, u2]);
  const personal = /zebulon|quagmire|amanda|mandy/i;

  test('is masked, its member named', async () => {
    const folder = await out();
    const { stdout } = await diff(folder, ...BOTH);
    expect(stdout).toMatch(/^u1 {2}/m);
    for (const member of ['firstName', 'emailAddress', 'nickName']) expect(stdout).toContain(`${member} (masked)`);
    expect(stdout).toContain('status ENABLED → DISABLED');
    expect(stdout).not.toMatch(personal);

    const { stdout: json } = await diff(folder, ...BOTH, '--json');
    expect(json).not.toMatch(personal);
    expect(JSON.parse(json).users.changed[0].members).toContainEqual({ member: 'firstName', masked: true });
  });

  test('is shown with --names', async () => {
    const folder = await out();
    expect((await diff(folder, ...BOTH, '--names')).stdout).toContain('firstName Zebulon → Amanda');
    expect((await jsonOf(folder, '--names')).users.changed[0].members).toContainEqual({
      member: 'emailAddress',
      from: 'zebulon.u1@quagmire.example',
      to: 'amanda@quagmire.example',
    });
  });

  test('is masked in the name of a role as well', async () => {
    const arn = (name: string) => anApiUser({ apiAccessPrincipalArn: `arn:aws:iam::111122223333:role/${name}` });
    const folder = await between([arn('plain')], [arn('amanda@quagmire.example')]);
    for (const words of [[], ['--json']]) {
      const { stdout } = await diff(folder, ...BOTH, ...words);
      expect(stdout).toContain('[e-mail]');
      expect(stdout).not.toMatch(personal);
    }
  });
});

describe('findings', () => {
  const stale = (days: number) => aUser({ userId: 'u1', lastLoginTime: daysAgo(days) });

  test('that are new, resolved or different', async () => {
    const out = await between(
      [stale(200), aUser({ userId: 'u2', lastLoginTime: daysAgo(200) }), u3],
      [stale(201), u2, aUser({ userId: 'u3', lastLoginTime: daysAgo(100) })],
    );
    const { findings } = await jsonOf(out, '--all');
    const subjects = (all: readonly { readonly subject: { readonly id: string } }[]) =>
      all.map(({ subject }) => subject.id);
    expect(subjects(findings.new)).toEqual(['u3']);
    expect(findings.resolved).toMatchObject([{ subject: { id: 'u2' }, ruleId: 'stale-login', cause: 'fixed' }]);
    expect(findings.different).toMatchObject([
      { from: { subject: { id: 'u1' }, state: 'new' }, to: { subject: { id: 'u1' }, state: 'open' } },
    ]);
    const { stdout } = await diff(out, ...BOTH, '--all');
    expect(stdout).toMatch(/^MEDIUM {2}u2 {2}stale-login: fixed$/m);
    expect(stdout).toContain('Findings: 1 new, 1 resolved, 1 differ, ');
  });

  test('that are merely older are counted; another number of anything else is a difference', async () => {
    const shared = (userId: string) =>
      anApiUser({ userId, apiAccessPrincipalArn: 'arn:aws:iam::111122223333:role/one' });
    const out = await between(
      [stale(200), shared('u2'), shared('u3')],
      [stale(200), shared('u2'), shared('u3'), shared('u4')],
    );
    const { findings, leftOut } = await jsonOf(out);
    const differing = findings.different.map(({ to }: { to: { ruleId: string } }) => to.ruleId);
    expect({ differing, leftOut }).toEqual({ differing: ['shared-principal'], leftOut: { logins: 0, ages: 1 } });
    expect((await diff(out, ...BOTH)).stdout).toContain('1 differ, 1 merely older (--all shows them)');
  });

  test('whose severity differs come before those whose message alone does', async () => {
    const rules = { 'stale-login': { severity: 'HIGH' as const } };
    const long = (days: number) => ({
      ...aUser({ userId: 'u0', status: 'DISABLED', lastDisabledTime: daysAgo(days) }),
    });
    const users = [long(400), stale(200)];
    const out = await archived([
      { number: 1, users },
      { number: 2, users, config: { rules } },
    ]);
    const { findings, judgedBy } = await jsonOf(out, '--all');
    expect(findings.different.map(({ to }: { to: { ruleId: string } }) => to.ruleId)).toEqual([
      'stale-login',
      'long-disabled',
    ]);
    expect(judgedBy).toEqual(['rules', 'config']);
    expect((await diff(out, ...BOTH)).stdout).toContain('Not judged alike: the rules, config');
  });

  test('that a middle run resolved are resolved, and events stand in no run', async () => {
    const out = await archived([
      { number: 1, users: [stale(200)] },
      { number: 2, users: [u1] },
      { number: 3, users: [anApiUser({ userId: 'u1' })] },
    ]);
    const result = JSON.parse((await diff(out, nightRun(1), nightRun(3), '--json')).stdout);
    expect(result.findings).toMatchObject({ new: [], resolved: [{ ruleId: 'stale-login' }] });
    expect((await diff(out, nightRun(1), nightRun(3))).stdout).toContain('stale-login: resolved in between');
  });

  test('of records without a userId are not compared', async () => {
    const nameless = aUser({ userId: undefined });
    const { findings } = await jsonOf(await between([u1, nameless], [nameless, u1]));
    expect(findings).toMatchObject({ new: [], resolved: [], untraceable: { from: 1, to: 1 } });
  });
});

test.each([
  [20, 0],
  [21, 1],
])('of %d users that came, %d are left to --json', async (count, left) => {
  const many = Array.from({ length: count }, (_, n) => aUser({ userId: `v${n}` }));
  const { stdout } = await diff(await between([u1], [u1, ...many]), ...BOTH);
  const shown = stdout.split('\n').filter((line) => /^v\d+$/.test(line));
  expect(shown).toHaveLength(count - left);
  expect(stdout.includes('more; --json has them all')).toBe(left > 0);
  if (left > 0) expect(stdout).toContain(`and ${left} more`);
});

describe('a run is named', () => {
  const three = () =>
    archived([
      { number: 1, users: [u1] },
      { number: 2, users: [u1, u2] },
      { number: 3, users: [u1, u2, u3] },
    ]);

  test.each([
    [
      ['2026-11-24', 'latest'],
      [1, 3],
    ],
    [
      ['20261125T020000Z', '2026-11-26'],
      [2, 3],
    ],
  ])('%j', async (words, [from = 0, to = 0]) => {
    const { code, stdout } = await diff(await three(), ...words, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ from: nightRun(from), to: nightRun(to) });
  });

  test.each([
    [
      ['yesterday', 'latest'],
      3,
      'RUN must be a run as 20261124T020000Z, a day as 2026-11-24, or latest, got "yesterday"',
    ],
    [['latest', '2026-11-24'], 3, `the first RUN must be before the second, got ${nightRun(3)} and ${nightRun(1)}`],
    [['latest', 'latest'], 3, 'the first RUN must be before the second'],
    [['2026-11-20', 'latest'], 2, `then; the nearest: ${nightRun(1)}\n`],
    [['2026-12-20', 'latest'], 2, `then; the nearest: ${nightRun(3)}\n`],
    [['20261124T020001Z', 'latest'], 2, '20261124T020001Z: '],
  ])('%j exits %d', async (words, code, message) => {
    const outcome = await diff(await three(), ...words);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain(message);
  });

  test('by a day that has several: they are listed', async () => {
    const out = await archived([
      { number: 1, users: [u1] },
      { number: 1.5, users: [u1] },
      { number: 2, users: [u1] },
    ]);
    const { code, stderr } = await diff(out, '2026-11-24', 'latest');
    expect(code).toBe(3);
    expect(stderr).toContain('which has 20261124T020000Z, 20261124T140000Z');
  });

  test('an attempt is no run', async () => {
    const out = await archived([
      { number: 1, users: [u1] },
      { number: 2, users: [u1], end: { complete: false, reason: 'deadline', message: 'm' } },
    ]);
    expect(await diff(out, '2026-11-24', '2026-11-25')).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('what is damaged exits 2 and prints nothing on stdout', () => {
  const zipped = (records: readonly unknown[]) =>
    gzipSync(records.map((record) => `${JSON.stringify(record)}\n`).join(''));

  test.each([
    ['a snapshot with another user', 'snapshot', zipped([u3]), /was altered: its SHA-256 is/],
    ['a snapshot cut short', 'snapshot', zipped([u1, u2]).subarray(0, 60), /was altered|can't be read/],
    ['a snapshot that is no gzip', 'snapshot', Buffer.from('none'), /was altered|can't be read/],
    ['findings that are other', 'findings', zipped([]), /was altered: its SHA-256 is/],
  ] as const)('%s', async (_, name, bytes, message) => {
    const out = await between([u1], [u1, u2]);
    const key = nightKeys(1).object(OUTPUTS[name]);
    await writeFile(join(out, key), bytes);
    for (const words of [[], ['--json']]) {
      const { code, stdout, stderr } = await diff(out, ...BOTH, ...words);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(key);
      expect(stderr).toMatch(message);
    }
  });
});

test('an archive of several environments wants to know which', async () => {
  const out = await archived([
    { number: 1, users: [u1] },
    { number: 2, users: [u1] },
    { number: 1, users: [u1], environmentId: 'other' },
  ]);
  const { code, stderr } = await diff(out, ...BOTH);
  expect(code).toBe(3);
  expect(stderr).toContain(`--environment must be one of other, ${ENVIRONMENT}, got nothing`);
  expect((await diff(out, ...BOTH, '--environment', ENVIRONMENT)).code).toBe(0);
});

describe('a run that is gone', () => {
  const DAY = night(OLD_NIGHTS[0]).toISOString().slice(0, 10);
  test.each([
    {
      name: 'after its retention',
      afterRetention: 'delete',
      text: runOf(OLD_NIGHTS[1]),
      says: 'not there any more: run',
    },
    { name: 'after its retention, by its day', afterRetention: 'delete', text: DAY, says: 'are kept for 1 year and' },
    {
      name: 'though it was to be kept',
      afterRetention: 'keep',
      text: runOf(OLD_NIGHTS[1]),
      says: 'is not there, though',
    },
  ] as const)('$name', async ({ afterRetention, text, says }) => {
    const out = await newFolder();
    await expiredHistory(out, { years: 1, afterRetention }, 2);
    const { code, stdout, stderr } = await diff(out, text, 'latest');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });
});
