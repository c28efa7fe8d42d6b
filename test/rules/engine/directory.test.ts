import { describe, expect, test } from '@jest/globals';
import { apiBound, hasStatus, superUser } from '../../../rules/conditions/users.ts';
import { beginDirectoryCheck, lowestIds } from '../../../rules/engine/directory.ts';
import { type DirectoryRule, defineDirectoryRule, type UserGroup } from '../../../rules/engine/rule.ts';
import { readUser } from '../../../rules/engine/user.ts';
import { aContext, anApiUser, aRoleArn, aUser, ENVIRONMENT, type UserRecord } from '../../support/builders.ts';
import * as fc from '../../support/properties.ts';
import { type Completed, choices, completions } from '../../support/rule-oracle.ts';

const texts = { title: 't', failsWhen: 'f', severity: 'LOW', rationale: 'r', remediation: 'm', controls: [] } as const;

/** More than so many per cent of the enabled users are API-bound. */
const ratio = defineDirectoryRule({
  ...texts,
  id: 'ratio',
  options: { maxPercent: 50 },
  about: 'environment',
  outOf: [hasStatus('ENABLED')],
  counts: [apiBound],
  limit: ({ count, outOf }, { maxPercent }) => ({
    text: `over ${maxPercent} per cent: ${count} of ${outOf}`,
    holds: count * 100 > outOf * maxPercent,
  }),
  violation: ({ count, outOf, users }) => ({ message: `${count} of ${outOf}`, evidence: { ...users, outOf } }),
});

/** One role stands on more than so many per cent of the enabled users. */
const crowded = defineDirectoryRule({
  ...texts,
  id: 'crowded',
  options: { maxPercent: 50 },
  about: 'principal',
  outOf: [hasStatus('ENABLED')],
  counts: [apiBound],
  keys: { arn: { text: 'an ARN', of: ({ principalArn }) => principalArn } },
  limit: ratio.limit,
  violation: ({ sharing, key, count, outOf }) => ({ message: `${count} of ${outOf}`, evidence: { sharing, key } }),
});

/** More super users than all users of the listing but so many. */
const outOfAll = defineDirectoryRule({
  ...texts,
  id: 'out-of-all',
  options: { maxOthers: 1 },
  about: 'environment',
  counts: [superUser],
  limit: ({ count, outOf }, { maxOthers }) => ({ text: 'too many', holds: outOf - count <= maxOthers }),
  violation: ({ count, outOf }) => ({ message: `${count} of ${outOf}`, evidence: {} }),
});

const judged = (rule: DirectoryRule, records: readonly unknown[], options = rule.options) => {
  const check = beginDirectoryCheck(rule, options, aContext());
  const users = records.map(readUser);
  for (const user of users) check.see(user);
  const { checked, outcomes } = check.judge((position) => users[position]?.id ?? 'nobody');
  const told = outcomes.map(({ subject, outcome }) => [
    subject.id,
    'message' in outcome ? outcome.message : outcome.notAssessed,
  ]);
  return { checked, outcomes, told: Object.fromEntries(told) as Readonly<Record<string, string>> };
};

const people = (count: number, overrides: UserRecord) =>
  Array.from({ length: count }, (_, n) => aUser({ userId: `${JSON.stringify(overrides)}${n}`, ...overrides }));
const BOUND = { apiAccess: 'ENABLED' };

describe('a ratio', () => {
  test.each([
    { name: 'of nobody is none', users: [], told: {} },
    { name: 'at the limit passes', users: [...people(2, BOUND), ...people(2, {})], told: {} },
    {
      name: 'past it fails, with its numbers',
      users: [...people(3, BOUND), ...people(2, {})],
      told: { [ENVIRONMENT]: '3 of 5' },
    },
    {
      name: 'leaves out whom it is not out of',
      users: [...people(2, BOUND), ...people(1, {}), ...people(3, { status: 'DISABLED', ...BOUND })],
      told: { [ENVIRONMENT]: '2 of 3' },
    },
    {
      name: 'that a user decides who may count is not assessed',
      users: [...people(2, BOUND), ...people(2, {}), aUser({ apiAccess: null })],
      told: { [ENVIRONMENT]: 'it depends on 1 user: apiAccess is missing or not a documented value' },
    },
    {
      name: 'that a user decides who may be one of those is not assessed',
      users: [...people(3, BOUND), ...people(2, {}), aUser({ status: null })],
      told: { [ENVIRONMENT]: 'it depends on 1 user: status is missing or not a documented value' },
    },
    {
      name: 'that two users decide of whom something else is not known is not assessed for either',
      users: [...people(2, BOUND), ...people(2, {}), aUser({ apiAccess: null }), aUser({ status: null, ...BOUND })],
      told: {
        [ENVIRONMENT]:
          'it depends on 2 users: apiAccess is missing or not a documented value; status is missing or not a documented value',
      },
    },
  ])('$name', ({ users, told }) => {
    expect(judged(ratio, users).told).toEqual(told);
  });

  test('names those that count for sure, whoever is listed before them', () => {
    const [sure, unsure] = [people(3, BOUND), aUser({ userId: 'unsure', apiAccess: null })];
    const evidence = { userCount: 3, userIds: sure.map(({ userId }) => userId), outOf: 4 };
    expect(judged(ratio, [unsure, ...sure]).outcomes).toMatchObject([{ outcome: { evidence } }]);
  });

  test('is of users who have nothing in common', () => {
    const shown: unknown[] = [];
    const violation = ({ sharing, key }: UserGroup) => {
      shown.push({ sharing, key });
      return { message: 'm', evidence: {} };
    };
    const { outcomes } = judged({ ...ratio, violation }, people(1, BOUND));
    expect(outcomes).toMatchObject([{ subject: { kind: 'environment', id: ENVIRONMENT } }]);
    expect(shown).toStrictEqual([{ sharing: '', key: '' }]);
  });

  test('is out of all users where nothing else is said', () => {
    const superUsers = people(2, { type: 'SUPER_USER' });
    expect(judged(outOfAll, [...superUsers, aUser()]).told).toEqual({ [ENVIRONMENT]: '2 of 3' });
    expect(judged(outOfAll, [...superUsers, ...people(2, { status: 'DISABLED' })]).told).toEqual({});
  });
});

/** Users of whom anything that the rules above ask may be unknown. */
const someUser = fc.record({
  status: fc.constantFrom('ENABLED', 'DISABLED', undefined),
  type: fc.constantFrom('SUPER_USER', 'APP_USER', undefined),
  apiAccess: fc.constantFrom('ENABLED', 'DISABLED', undefined),
  apiAccessPrincipalArn: fc.constantFrom(aRoleArn('a'), aRoleArn('b'), undefined),
});

const isOverHalf = (users: readonly Completed[], percent: number, arn?: string): boolean => {
  const enabled = users.filter(({ status }) => status === 'ENABLED');
  const counted = enabled.filter((user) => user.apiAccess === 'ENABLED' && (arn === undefined || user.arn === arn));
  return counted.length * 100 > enabled.length * percent;
};

/** The groups that fail, by plain counting where all is known. */
const FAILING: Readonly<Record<string, (users: readonly Completed[], limit: number) => readonly string[]>> = {
  ratio: (users, percent) => (isOverHalf(users, percent) ? [ENVIRONMENT] : []),
  crowded: (users, percent) => [aRoleArn('a'), aRoleArn('b')].filter((arn) => isOverHalf(users, percent, arn)),
  'out-of-all': (users, limit) =>
    users.filter(({ type }) => type !== 'SUPER_USER').length <= limit ? [ENVIRONMENT] : [],
};

describe('a group of which not all is known is judged by every directory that it may be', () => {
  test.each([ratio, crowded, outOfAll].map((rule) => ({ rule, id: rule.id })))('$id', ({ rule, id }) => {
    const heard = new Set<string>();
    fc.assert(
      fc.property(fc.array(someUser, { maxLength: 5 }), fc.constantFrom(0, 1, 2, 30, 50, 60), (members, limit) => {
        const records = members.map((user, n) => ({ ...user, userId: `u${n}` }));
        const [option = ''] = Object.keys(rule.options);
        const { outcomes, checked } = judged(rule, records, { [option]: limit });
        const failing = choices(records.map(completions)).map((users) => FAILING[id]?.(users, limit) ?? []);
        // A key that one user has makes no group.
        const shared = ({ apiAccessPrincipalArn: arn }: UserRecord): boolean =>
          records.filter((user) => user.apiAccessPrincipalArn === arn && mayCount(user)).length > 1;
        const subjects = [...new Set(failing.flat())].filter(
          (subject) => subject === ENVIRONMENT || shared({ apiAccessPrincipalArn: subject }),
        );
        const expected = subjects.map((subject) => [subject, failing.every((some) => some.includes(subject))]);
        const given = outcomes.map(({ subject, outcome }) => [subject.id, 'message' in outcome]);
        expect([records, Object.fromEntries(given)]).toEqual([records, Object.fromEntries(expected)]);
        expect(checked).toBeGreaterThanOrEqual(outcomes.filter(({ outcome }) => 'message' in outcome).length);
        for (const [, isSure] of expected) heard.add(isSure === true ? 'FAIL' : 'NOT_ASSESSED');
        if (expected.length === 0) heard.add('PASS');
      }),
      { numRuns: 1000 },
    );
    expect([...heard].toSorted()).toEqual(['FAIL', 'NOT_ASSESSED', 'PASS']);
  });
});

const mayCount = ({ status, apiAccess }: UserRecord): boolean => status !== 'DISABLED' && apiAccess !== 'DISABLED';

describe('a rule with keys', () => {
  const twoKeys = defineDirectoryRule({
    ...texts,
    id: 'two-keys',
    options: {},
    about: 'user',
    counts: [apiBound],
    keys: {
      role: { text: 'a role', of: ({ principalArn }) => principalArn },
      name: { text: 'a name', of: ({ firstName }) => (typeof firstName === 'string' ? `${firstName}\nx` : undefined) },
    },
    limit: ({ count }) => ({ text: 'two', holds: count > 1 }),
    violation: ({ sharing, key, count }) => ({ message: `${count} with a ${sharing}`, evidence: { [sharing]: key } }),
    merge: (violations) => ({
      message: violations.map(({ message }) => message).join(' and '),
      evidence: Object.assign({}, ...violations.map(({ evidence }) => evidence)),
    }),
  });
  const bound = (userId: string, role: string, firstName: unknown, overrides: UserRecord = {}) =>
    anApiUser({ userId, apiAccessPrincipalArn: aRoleArn(role), firstName, ...overrides });

  const unsure = (...[userId, role, firstName]: Parameters<typeof bound>) =>
    bound(userId, role, firstName, { apiAccess: 7 });

  test('makes one finding of the groups of one subject', () => {
    const { outcomes } = judged(twoKeys, [bound('u2', 'a', 'Ada'), bound('u1', 'a', 'Ada'), bound('u3', 'b', 'Ada')]);
    expect(outcomes).toMatchObject([
      {
        subject: { kind: 'user', id: 'u1' },
        outcome: { message: '2 with a role and 3 with a name', evidence: { role: aRoleArn('a'), name: 'Ada\nx' } },
      },
    ]);
  });

  test('fails a subject of which one group fails and another is not known', () => {
    const doubtful = { apiAccess: 7 };
    const users = [bound('u1', 'a', 'Ada'), bound('u2', 'a', 'Eve'), bound('u3', 'b', 'Ada', doubtful)];
    expect(judged(twoKeys, users).told).toEqual({ u1: '2 with a role' });
    expect(judged(twoKeys, users.slice(1)).told).toEqual({});
    expect(judged(twoKeys, [users[0], users[2]]).told).toEqual({
      u1: 'it depends on 1 user: apiAccess is missing or not a documented value',
    });
  });

  test.each([
    ['whoever has a key', [bound('u1', 'a', 5), bound('u2', 'b', 5), bound('u3', 'b', 5)], 3],
    ['nobody without one', [bound('u1', 'a', 5), bound('u2', '', 5, { apiAccessPrincipalArn: null })], 1],
    ['nobody of a group that it could not assess', [unsure('u1', 'a', 'Ada'), bound('u2', 'a', 'Eve')], 0],
    ['those beside such a group', [unsure('u1', 'a', 'Ada'), bound('u2', 'a', 'Eve'), bound('u3', 'b', 'Bob')], 1],
    [
      'all that fail',
      [unsure('u1', 'a', 5), bound('u2', 'a', 'Eve'), bound('u3', 'b', 'Eve'), unsure('u4', 'b', 5)],
      1,
    ],
  ])('counts as checked %s', (_, users, checked) => {
    expect(judged(twoKeys, users).checked).toBe(checked);
  });
});

test('a rule that is not about users looks at none', () => {
  const rule = defineDirectoryRule({
    ...texts,
    id: 'late',
    options: {},
    about: 'environment',
    limit: ({ count, outOf }) => ({ text: 'late', holds: count + outOf === 0 }),
    violation: () => ({ message: 'late', evidence: {} }),
  });
  expect(judged(rule, [aUser()])).toMatchObject({ checked: 1, told: { [ENVIRONMENT]: 'late' } });
});

test('the lowest hundred of many are named', () => {
  const rule = defineDirectoryRule({
    ...texts,
    id: 'many',
    options: {},
    about: 'environment',
    counts: [],
    limit: () => ({ text: 'any', holds: true }),
    violation: ({ users }) => ({ message: 'many', evidence: users }),
  });
  const ids = Array.from({ length: 1001 }, (_, n) => `u${(n * 37) % 1001}`);
  const { outcomes } = judged(
    rule,
    ids.map((userId) => aUser({ userId })),
  );
  expect(outcomes[0]?.outcome).toMatchObject({ evidence: { userCount: 1001, userIds: ids.toSorted().slice(0, 100) } });
});

test('keys and their absence go with what a finding is about', () => {
  const rule = { ...texts, id: 'r', options: {}, limit: () => ({ text: '', holds: true }) };
  const violation = () => ({ message: 'm', evidence: {} });
  // @ts-expect-error a finding about the environment has no key
  defineDirectoryRule({ ...rule, violation, about: 'environment', keys: {} });
  // @ts-expect-error a finding about a principal needs one
  expect(defineDirectoryRule({ ...rule, violation, about: 'principal' }).about).toBe('principal');
});

test('whom a rule about principals has checked are those who have one, but whom it could not assess', () => {
  const role = (name: string, userId: string, over: UserRecord = {}) =>
    anApiUser({ userId, apiAccessPrincipalArn: aRoleArn(name), ...over });
  const known = [role('s', 'a'), role('s', 'b'), role('t', 'c')];
  expect(judged(crowded, known).checked).toBe(2);
  const unsure = [role('s', 'a'), role('s', 'b', { apiAccess: undefined }), role('t', 'c')];
  expect(judged(crowded, unsure)).toMatchObject({
    checked: 1,
    told: { [aRoleArn('s')]: expect.stringContaining('1 user') },
  });
  expect(judged(crowded, []).checked).toBe(0);
});

describe('what a check is asked besides', () => {
  const begin = (rule: DirectoryRule, records: readonly UserRecord[]) => {
    const check = beginDirectoryCheck(rule, rule.options, aContext());
    const users = records.map(readUser);
    for (const one of users) check.see(one);
    return { check, idAt: (position: number): string => users[position]?.id ?? 'nobody' };
  };

  test.each([
    ['counts', anApiUser({ status: 'ENABLED' }), true],
    ['may count', anApiUser({ apiAccess: undefined }), true],
    ['may belong', anApiUser({ status: undefined }), true],
    ['does not count', aUser({ apiAccess: 'DISABLED' }), false],
    ['does not belong', anApiUser({ status: 'DISABLED' }), false],
  ])('whether a user that %s may count', (_, record, isCounted) => {
    expect(begin(ratio, []).check.mayCount(readUser(record, 0))).toBe(isCounted);
  });

  test('the rule that belongs to nobody counts nobody, and the one without a whole any', () => {
    const { outOf: _outOf, ...whole } = ratio;
    expect(begin(whole, []).check.mayCount(readUser(anApiUser({ status: 'DISABLED' }), 0))).toBe(true);
    const { counts: _counts, ...blind } = ratio;
    expect(begin(blind, []).check.mayCount(readUser(anApiUser(), 0))).toBe(false);
  });

  test('the subject of a group that fails, and none of one that does not', () => {
    const role = (name: string, userId: string) => anApiUser({ userId, apiAccessPrincipalArn: aRoleArn(name) });
    const { check, idAt } = begin(crowded, [role('s', 'a'), role('s', 'b'), role('t', 'c')]);
    const ask = (key: string, name = 'arn') => check.failingSubject({ name, key }, idAt);
    expect([ask(aRoleArn('s')), ask(aRoleArn('t')), ask(aRoleArn('none'))]).toEqual([
      aRoleArn('s'),
      undefined,
      undefined,
    ]);
    expect(begin(ratio, [anApiUser()]).check.failingSubject(undefined, idAt)).toBe(ENVIRONMENT);
    expect(begin(ratio, [aUser()]).check.failingSubject(undefined, idAt)).toBeUndefined();
  });

  test('the subject of a group that may fail, where that is asked', () => {
    const unsure = anApiUser({ userId: 'x', apiAccess: 7 });
    const { check, idAt } = begin(ratio, [anApiUser(), aUser({ userId: 'y' }), unsure]);
    expect([false, true].map((orMay) => check.failingSubject(undefined, idAt, orMay))).toEqual([
      undefined,
      ENVIRONMENT,
    ]);
    expect(check.failingSubject(undefined, idAt)).toBeUndefined();
    expect(begin(ratio, [aUser()]).check.failingSubject(undefined, idAt, true)).toBeUndefined();
    expect(begin(ratio, [anApiUser()]).check.failingSubject(undefined, idAt, true)).toBe(ENVIRONMENT);
  });

  test('the group of a key, by the name of the key, and of all', () => {
    const sameText = defineDirectoryRule({
      ...texts,
      id: 'same-text',
      options: {},
      about: 'user',
      counts: [apiBound],
      keys: {
        first: { text: 'a first name', of: ({ firstName }) => String(firstName) },
        last: { text: 'a last name', of: ({ lastName }) => String(lastName) },
      },
      limit: ({ count }) => ({ text: 'two', holds: count > 1 }),
      violation: () => ({ message: 'm', evidence: {} }),
    });
    const named = (userId: string, firstName: string, lastName: string, over = {}) =>
      anApiUser({ userId, firstName, lastName, ...over });
    const users = [
      named('a', 'X', 'X'),
      named('b', 'Y', 'X'),
      named('c', 'Y', 'X', { apiAccess: 7 }),
      named('d', 'X', 'Z'),
    ];
    const { check, idAt } = begin(sameText, users);
    const groupOf = (name: string, key: string) => {
      const { bounds, ids } = check.groupOf({ name, key }, idAt);
      return { ids: [...ids()], low: bounds.low, most: bounds.high.count };
    };
    expect(groupOf('first', 'X')).toEqual({ ids: ['a', 'd'], low: { count: 2, outOf: 4, key: 'X' }, most: 2 });
    expect(groupOf('last', 'X')).toEqual({ ids: ['a', 'b'], low: { count: 2, outOf: 4, key: 'X' }, most: 3 });
    expect(groupOf('last', 'Z')).toEqual({ ids: ['d'], low: { count: 1, outOf: 4, key: 'Z' }, most: 1 });
    expect(['first', 'last'].map((name) => check.failingSubject({ name, key: 'Z' }, idAt))).toEqual([
      undefined,
      undefined,
    ]);
    expect(['first', 'last'].map((name) => check.failingSubject({ name, key: 'Y' }, idAt, true))).toEqual([
      'b',
      undefined,
    ]);
    const all = begin(ratio, users).check.groupOf(undefined, idAt);
    expect([...all.ids()]).toEqual(['a', 'b', 'd']);
    expect(all.bounds.low).toStrictEqual({ count: 3, outOf: 4, key: undefined });
  });

  test('a user that is seen again by some of its keys is counted by those alone, and is no more of the whole', () => {
    const twoKeys = defineDirectoryRule({
      ...texts,
      id: 'by-two-keys',
      options: {},
      about: 'principal',
      outOf: [hasStatus('ENABLED')],
      counts: [apiBound],
      keys: {
        arn: { text: 'an ARN', of: ({ principalArn }) => principalArn },
        name: { text: 'a name', of: ({ lastName }) => (typeof lastName === 'string' ? lastName : undefined) },
      },
      limit: ({ count }) => ({ text: 'two', holds: count > 1 }),
      violation: ({ count, outOf }) => ({ message: `${count} of ${outOf}`, evidence: {} }),
    });
    const [a, b] = [anApiUser({ userId: 'a', lastName: 'N' }), anApiUser({ userId: 'b', lastName: 'N' })];
    const { check, idAt } = begin(twoKeys, [{ ...a, apiAccessPrincipalArn: aRoleArn('s') }, aUser({ userId: 'c' })]);
    check.see(readUser({ ...b, apiAccessPrincipalArn: aRoleArn('s') }, 2), new Set(['name']));
    const { outcomes } = check.judge((position) => (position === 2 ? 'b' : idAt(position)));
    expect(outcomes.map(({ subject, outcome }) => [subject.id, Object(outcome).message])).toEqual([['N', '2 of 2']]);

    const again = begin(twoKeys, [a, aUser({ userId: 'c' }), { ...b, lastName: null, status: null }]);
    again.check.see(readUser({ ...b, status: null }, 3), new Set(['name']));
    const { low, high } = again.check.groupOf({ name: 'name', key: 'N' }, again.idAt).bounds;
    expect([low, high]).toEqual([
      { count: 1, outOf: 2, key: 'N' },
      { count: 2, outOf: 3, key: 'N' },
    ]);
  });
});

describe('whoever may be in any group', () => {
  const most = defineDirectoryRule({
    ...texts,
    id: 'most',
    options: {},
    about: 'principal',
    counts: [superUser],
    keys: { arn: { text: 'an ARN', of: ({ principalArn }) => principalArn, unknown: () => 'it has no ARN' } },
    limit: ({ count, outOf }) => ({ text: 'over 80 per cent', holds: count * 100 > outOf * 80 }),
    violation: ({ count, outOf }) => ({ message: `${count} of ${outOf}`, evidence: {} }),
  });
  const A = aRoleArn('a');

  test.each([
    { name: 'and may count', type: undefined, doubt: 'it depends on 1 user: it has no ARN' },
    { name: 'and counts', type: 'SUPER_USER', doubt: 'it depends on 1 user: it has no ARN' },
    { name: 'and does not count, makes no difference', type: 'APP_USER', doubt: undefined },
  ])('$name', ({ type, doubt }) => {
    const users = [aUser({ type: 'SUPER_USER', apiAccessPrincipalArn: A }), aUser({ userId: 'x', type })];
    expect(judged(most, users).told[A]).toBe(doubt);
  });
});

describe('the ids that evidence names', () => {
  const ids = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, number) => String(number).padStart(3, '0'));

  test.each([0, 2, 100, 101, 200, 250])('are the lowest 100 of %d, in order, however they come', (count) => {
    const lowest = ids(Math.min(count, 100));
    expect(lowestIds(ids(count))).toEqual(lowest);
    expect(lowestIds(ids(count).toReversed())).toEqual(lowest);
  });
});
