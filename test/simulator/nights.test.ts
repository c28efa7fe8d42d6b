import { describe, expect, it, test } from '@jest/globals';
import type { UserRecord } from '../../simulator/accounts.ts';
import { makeNights, type Night } from '../../simulator/nights.ts';
import { EVENTS, type JudgedFailure, judge } from './judge.ts';

const ACCOUNT = { accountId: '111122223333' };
const OPTIONS = { ...ACCOUNT, seed: 7, firstNight: new Date('2026-11-24T02:00:00Z') };
const SEEDS = [1, 7, 42, 2026];

const keyOf = ({ ruleId, subject }: JudgedFailure): string => `${ruleId} ${subject}`;

/** The news of each night's audit beside the night before's. */
const newsOf = (nights: readonly Night[], seed: number) => {
  const judged = nights.map((night, i) => judge(night.users, { ...ACCOUNT, asOf: night.asOf }, nights[i - 1]?.users));
  const open = judged.map((failures) => failures.filter(({ ruleId }) => !EVENTS.has(ruleId)).map(keyOf));

  return judged.map((failures, i) => {
    const now = open[i] ?? [];
    const before = open[i - 1] ?? [];
    const ever = new Set(open.slice(0, i).flat());
    const rulesOf = (keys: readonly string[]) => keys.map((key) => key.split(' ', 1).join()).toSorted();
    return {
      seed,
      events: failures
        .filter(({ ruleId }) => EVENTS.has(ruleId))
        .map(({ ruleId }) => ruleId)
        .toSorted(),
      found: i === 0 ? [] : rulesOf(now.filter((key) => !ever.has(key))),
      returned: rulesOf(now.filter((key) => ever.has(key) && !before.includes(key))),
      resolved: rulesOf(before.filter((key) => !now.includes(key))),
    };
  });
};

const nothing = { events: [], found: [], returned: [], resolved: [] };

describe('five nights', () => {
  test.each(SEEDS)('with seed %i have everything that can happen, and nothing else', (seed) => {
    expect(newsOf(makeNights({ ...OPTIONS, seed }), seed)).toEqual([
      { ...nothing, seed },
      {
        ...nothing,
        seed,
        events: ['api-access-granted'],
        resolved: ['leftover-principal', 'never-logged-in', 'stale-login'],
      },
      { ...nothing, seed },
      {
        ...nothing,
        seed,
        events: ['principal-changed', 'promoted-to-super-user', 're-enabled'],
        returned: ['leftover-principal'],
      },
      { ...nothing, seed, events: ['vanished-user'], resolved: ['principal-outside-account', 'shared-mailbox'] },
    ]);
  });

  it('follow each other day by day', () => {
    expect(makeNights(OPTIONS).map(({ asOf }) => asOf.toISOString())).toEqual([
      '2026-11-24T02:00:00.000Z',
      '2026-11-25T02:00:00.000Z',
      '2026-11-26T02:00:00.000Z',
      '2026-11-27T02:00:00.000Z',
      '2026-11-28T02:00:00.000Z',
    ]);
  });

  it('have a joiner on the second and one user less on the last', () => {
    expect(makeNights(OPTIONS).map(({ users }) => users.length)).toEqual([400, 401, 401, 401, 400]);
    expect(makeNights({ ...OPTIONS, users: 130 }).map(({ users }) => users.length)).toEqual([130, 131, 131, 131, 130]);
  });

  it('are the same for the same seed', () => {
    expect(makeNights(OPTIONS)).toEqual(makeNights({ ...OPTIONS, nights: 5, users: 400 }));
    expect(makeNights({ ...OPTIONS, seed: 8 })).not.toEqual(makeNights(OPTIONS));
  });

  it('are quiet on the third: only people log in', () => {
    const [, second, third] = makeNights(OPTIONS);
    const withoutLogin = (night: Night | undefined) =>
      night?.users.map(({ lastLoginTime, ...user }) => ({ ...user, everLoggedIn: Boolean(lastLoginTime) }));

    expect(withoutLogin(third)).toEqual(withoutLogin(second));
    expect(third?.users).not.toEqual(second?.users);
  });

  it('tell their stories without naming anybody', () => {
    for (const { story, users } of makeNights(OPTIONS)) {
      expect(story).toMatch(/^[a-z]/);
      expect(story).not.toMatch(/\.$/);
      const words = new Set(story.split(/[ ,:]+/));
      const namesOf = ({ userId, firstName, lastName, emailAddress }: UserRecord) =>
        [userId, firstName, lastName, emailAddress].filter((text) => text !== undefined);
      for (const text of users.flatMap(namesOf)) expect(words).not.toContain(text);
    }
  });

  it('have no time that is still to come, but for those that were wrong at first', () => {
    for (const { asOf, users } of makeNights(OPTIONS)) {
      const late = users.filter(({ lastLoginTime, lastEnabledTime, createTime, lastDisabledTime }) =>
        [lastLoginTime, lastEnabledTime, createTime, lastDisabledTime].some((time) => Number(time) > asOf.getTime()),
      );
      expect(late).toEqual([]);
    }
  });
});

describe('the number of nights', () => {
  test.each([
    [1, 1],
    [3, 3],
    [10, 10],
  ])('may be %i', (nights, expected) => {
    expect(makeNights({ ...OPTIONS, nights })).toHaveLength(expected);
  });

  test.each(SEEDS)('may go beyond the script: with seed %i nothing happens any more', (seed) => {
    expect(newsOf(makeNights({ ...OPTIONS, seed, nights: 10 }), seed).slice(5)).toEqual(
      Array.from({ length: 5 }, () => ({ ...nothing, seed })),
    );
  });

  test.each<[string, object, string]>([
    ['no night', { nights: 0 }, 'nights must be a whole number from 1 to 10, got 0'],
    ['eleven nights', { nights: 11 }, 'nights must be a whole number from 1 to 10, got 11'],
    ['half a night', { nights: 1.5 }, 'nights must be a whole number from 1 to 10, got 1.5'],
    ['too few users for every part', { users: 129 }, 'users must be a whole number from 130, got 129'],
  ])('%s: refused', (_, changes, message) => {
    expect(() => makeNights({ ...OPTIONS, ...changes })).toThrow(message);
  });
});
