import { describe, expect, it, test } from '@jest/globals';
import { readUser } from '../../rules/engine/user.ts';
import { rules } from '../../rules/index.ts';
import type { UserRecord } from '../../simulator/accounts.ts';
import { lazyDirectory, makeDirectory, type UserKind } from '../../simulator/directory.ts';
import { FAULTY_KINDS, ruleOf } from '../../simulator/faulty-accounts.ts';
import { AWKWARD_NAMES, people } from '../../simulator/people.ts';
import { seededRandom } from '../../simulator/random.ts';
import { judge, SIMULATED } from './judge.ts';

const OPTIONS = { users: 400, seed: 7, asOf: new Date('2026-11-24T02:00:00Z'), accountId: '111122223333' };
const SEEDS = [1, 7, 42, 2026];

describe('a directory', () => {
  it('is the same for the same options, and another for another seed', () => {
    const directory = makeDirectory(OPTIONS);

    expect(makeDirectory({ ...OPTIONS })).toEqual(directory);
    expect(makeDirectory({ ...OPTIONS, seed: 8 })).not.toEqual(directory);
  });

  test.each([0, 1, 5, 100, 1000])('of %i users has as many, whole and slice by slice', (users) => {
    const directory = lazyDirectory({ ...OPTIONS, users });
    const slices = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((i) => directory.slice(i * 101, (i + 1) * 101));

    expect(directory).toHaveLength(users);
    expect(makeDirectory({ ...OPTIONS, users })).toEqual([...directory]);
    expect(slices).toEqual([...directory]);
  });

  it('of a million users gives those in the middle at once', () => {
    const directory = lazyDirectory({ ...OPTIONS, users: 1_000_000 });

    expect(directory.slice(999_950, 1_000_050)).toHaveLength(50);
  });

  test.each(SEEDS)('with seed %i has ids of 26 characters and nobody twice', (seed) => {
    const directory = [...lazyDirectory({ ...OPTIONS, seed, users: 6000 })];
    const odd = directory.filter(({ userId = '' }) => !/^[0-9A-HJKMNP-TV-Z]{26}$/.test(userId));

    expect(odd).toEqual([]);
    expect(new Set(directory.map(({ userId }) => userId)).size).toBe(6000);
    expect(new Set(directory.map(({ emailAddress }) => emailAddress?.toLowerCase())).size).toBe(6000);
  });

  test.each(SEEDS)('with seed %i has another person for each of over a million places', (seed) => {
    const personAt = people(seededRandom(seed));
    const plain = 5120;
    const namesakes = Array.from({ length: 200 }, (_, round) => personAt(3 + round * plain));
    const first = Array.from({ length: plain }, (_, index) => personAt(index));

    for (const group of [namesakes, first]) {
      const written = group.map(({ firstName, lastName }) => `${firstName} ${lastName}`);
      expect(new Set(written).size).toBe(group.length);
      expect(new Set(group.map(({ mailbox }) => mailbox)).size).toBe(group.length);
    }
  });

  it('has names within the limits, and only reserved domains', () => {
    const isName = (name = ''): boolean => name.length > 0 && name.length <= 50;
    const odd = [...lazyDirectory({ ...OPTIONS, users: 6000 })].filter(
      ({ firstName, lastName, emailAddress = '' }) =>
        !isName(firstName) || !isName(lastName) || !/^[^@]+(@([a-z]+\.)?example\.(com|org))?$/.test(emailAddress),
    );

    expect(odd).toEqual([]);
  });

  it('has every awkward name, one of fifty characters among them', () => {
    const firstNames = new Set([...lazyDirectory(OPTIONS)].map(({ firstName }) => firstName));

    for (const name of AWKWARD_NAMES) expect(firstNames).toContain(name);
    expect(AWKWARD_NAMES.map((name) => name.length)).toContain(50);
  });

  it('says never in every way that there is', () => {
    const forms = new Set(
      [...lazyDirectory(OPTIONS)].map((user) => ('lastDisabledTime' in user ? user.lastDisabledTime : 'absent')),
    );

    for (const form of [null, 0, 'absent']) expect(forms).toContain(form);
  });
});

describe('judged by the rules that it is made for', () => {
  const onUsers = new Set(rules.filter(({ kind }) => kind === 'user').map(({ id }) => id));
  const madeFor = new Set(FAULTY_KINDS.map(ruleOf));

  /** Rules on users that a kind fails besides its own. */
  const BESIDES: Readonly<Partial<Record<UserKind, string>>> = {
    'principal-outside-account/dormant': 'leftover-principal',
  };

  const expectedOf = (kind: UserKind): readonly string[] =>
    FAULTY_KINDS.filter((faulty) => faulty === kind)
      .flatMap((faulty) => [ruleOf(faulty), BESIDES[faulty] ?? ''])
      .filter((ruleId) => onUsers.has(ruleId))
      .toSorted();

  it('has faulty accounts for these rules at least, and only for rules that there are', () => {
    expect([...madeFor]).toEqual(
      expect.arrayContaining([
        'super-user-api-access',
        'stale-login',
        'never-logged-in',
        'principal-outside-account',
        'principal-not-a-role',
        'api-access-without-principal',
        'leftover-principal',
        'disabled-user-api-access',
        'stuck-creating',
        'email-domain',
        'shared-mailbox',
        'long-disabled',
        'inconsistent-timestamps',
        'unrecognised-value',
        'shared-principal',
        'duplicate-person',
      ]),
    );
    expect(rules.map(({ id }) => id)).toEqual(expect.arrayContaining([...SIMULATED]));
  });

  test.each(SEEDS)('with seed %i each user fails what it was made to fail, and nothing else', (seed) => {
    const directory = lazyDirectory({ ...OPTIONS, seed });
    const failures = judge([...directory], OPTIONS);

    [...directory].forEach(({ userId }, index) => {
      const failed = failures.filter(({ ruleId, subject }) => subject === userId && onUsers.has(ruleId));
      const kind = directory.kindAt(index);
      expect([kind, ...failed.map(({ ruleId }) => ruleId).toSorted()]).toEqual([kind, ...expectedOf(kind)]);
    });
  });

  test.each(SEEDS)(
    'with seed %i every rule that has faulty accounts fails at least three of 400, and most users are sound',
    (seed) => {
      const users = [...lazyDirectory({ ...OPTIONS, seed })];
      const failures = judge(users, OPTIONS);

      for (const ruleId of madeFor)
        expect([ruleId, failures.filter((failure) => failure.ruleId === ruleId).length >= 3]).toEqual([ruleId, true]);
      expect(new Set(failures.map(({ subject }) => subject)).size).toBeLessThan(100);
    },
  );

  test.each(SEEDS)('with seed %i the directory itself fails as it was made to', (seed) => {
    const failures = judge([...lazyDirectory({ ...OPTIONS, seed })], OPTIONS);
    const count = (ruleId: string) => failures.filter((failure) => failure.ruleId === ruleId).length;

    expect(count('shared-principal')).toBe(3);
    expect(count('duplicate-person')).toBe(6);
    expect(count('too-many-super-users')).toBe(1);
  });

  it('one of a single user has too few super users', () => {
    const failures = judge([...lazyDirectory({ ...OPTIONS, users: 1 })], OPTIONS);
    expect(failures.map(({ ruleId }) => ruleId)).toContain('too-few-super-users');
  });

  it('has each kind in each block of it', () => {
    const directory = lazyDirectory(OPTIONS);
    const kinds = Array.from({ length: 400 }, (_, index) => directory.kindAt(index));

    for (const kind of FAULTY_KINDS) expect(kinds.filter((other) => other === kind).length).toBeGreaterThanOrEqual(3);
  });

  it('has times that are right but for those that should not be', () => {
    const directory = lazyDirectory(OPTIONS);
    const timesOf = ({ createTime, lastEnabledTime, lastModifiedTime, lastLoginTime, lastDisabledTime }: UserRecord) =>
      [createTime, lastEnabledTime, lastModifiedTime, lastLoginTime, lastDisabledTime].filter((time) => Boolean(time));
    const wrong = [...directory].filter((user, index) => {
      const times = timesOf(user).map(Number);
      const isRight = Math.min(...times) === user.createTime && Math.max(...times) <= OPTIONS.asOf.getTime();
      return !isRight && directory.kindAt(index) !== 'inconsistent-timestamps';
    });

    expect(wrong).toEqual([]);
  });
});

describe('with malformed entries', () => {
  const entries = makeDirectory({ ...OPTIONS, malformed: true });

  it('has some of each, and the rest as before', () => {
    const sound = makeDirectory(OPTIONS);
    const broken = entries.filter((entry, index) => JSON.stringify(entry) !== JSON.stringify(sound[index]));

    expect(entries).toHaveLength(400);
    expect(broken.length).toBeGreaterThanOrEqual(10);
    expect(broken.length).toBeLessThan(20);
    for (const entry of [null, 42, 'not a record', [], {}]) expect(broken).toContainEqual(entry);
    expect(broken.filter((entry, index) => !readUser(entry, index).hasUserId).length).toBeGreaterThanOrEqual(7);
  });

  it('is the same each time', () => {
    expect(makeDirectory({ ...OPTIONS, malformed: true })).toEqual(entries);
  });
});
