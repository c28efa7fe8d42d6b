import { describe, expect, test } from '@jest/globals';
import type { CustomRuleDefinition } from '../../../rules/custom/definition.ts';
import { beginDirectoryCheck } from '../../../rules/engine/directory.ts';
import type { DirectoryRule } from '../../../rules/engine/rule.ts';
import { readUser } from '../../../rules/engine/user.ts';
import { countedGroup, explainGroups, sharedBy } from '../../../rules/explain/explain.ts';
import { aContext, anApiUser, aRoleArn, aUser, ENVIRONMENT, type UserRecord } from '../../support/builders.ts';
import { ruleOf } from '../../support/custom-rule.ts';
import * as fc from '../../support/properties.ts';
import { choices } from '../../support/rule-oracle.ts';

const directoryRule = (clause: string, overrides: Partial<CustomRuleDefinition> = {}): DirectoryRule => {
  const rule = ruleOf(clause, { kind: 'directory', ...overrides });
  if (rule.kind !== 'directory') throw new Error(`${rule.id} is no directory rule`);
  return rule;
};

const seenBy = (rule: DirectoryRule, records: readonly unknown[]) => {
  const users = records.map(readUser);
  const check = beginDirectoryCheck(rule, rule.options, aContext());
  for (const user of users) check.see(user);
  return { check, users, idAt: (position: number) => users[position]?.id ?? 'nobody' };
};

/** The answers on subjects that do not pass. */
const told = (rule: DirectoryRule, records: readonly unknown[]): Readonly<Record<string, string>> => {
  const { check, idAt } = seenBy(rule, records);
  return Object.fromEntries(
    check
      .judge(idAt)
      .outcomes.map(({ subject, outcome }) => [
        subject.id,
        'message' in outcome ? outcome.message : outcome.notAssessed,
      ]),
  );
};

const some = (count: number, overrides: UserRecord = {}) =>
  Array.from({ length: count }, (_, n) => aUser({ userId: `${JSON.stringify(overrides)}${n}`, ...overrides }));
const SUPER = { type: 'SUPER_USER' };
const UNKNOWN_TYPE = { type: null };
const superUsers = { where: ['user.active', 'user.superUser'] };

describe('users that are counted', () => {
  const doubt = (users: string) => `it depends on ${users}: type is missing or unusable`;
  test.each([
    { name: 'at the limit', clause: 'count > 3', users: some(3, SUPER), is: {} },
    { name: 'over it', clause: 'count > 3', users: some(4, SUPER), is: { [ENVIRONMENT]: 'm' } },
    { name: 'whom where rules out', clause: 'count > 3', users: [...some(3, SUPER), ...some(9)], is: {} },
    { name: 'nobody', clause: 'count > 3', users: some(9), is: { [ENVIRONMENT]: 'nobody is counted' } },
    { name: 'nobody, whatever is asked', clause: 'count < 3', users: [], is: { [ENVIRONMENT]: 'nobody is counted' } },
    {
      name: 'one of whom it can’t be told, at the limit',
      clause: 'count > 3',
      users: [...some(3, SUPER), ...some(1, UNKNOWN_TYPE)],
      is: { [ENVIRONMENT]: doubt('1 user') },
    },
    {
      name: 'one of whom it can’t be told, far from it',
      clause: 'count > 3',
      users: [...some(2, SUPER), ...some(1, UNKNOWN_TYPE)],
      is: {},
    },
    {
      name: 'some of whom it can’t be told, of whom only a number between would fail',
      clause: 'count == 4.0',
      users: [...some(2, SUPER), ...some(4, UNKNOWN_TYPE)],
      is: { [ENVIRONMENT]: doubt('4 users') },
    },
    {
      name: 'clauses of which at each number another is false',
      clause: '(count != 3.0 || options.n < 0) && (count == 3.0 || count > 9)',
      users: [...some(2, SUPER), ...some(3, UNKNOWN_TYPE)],
      is: {},
    },
    {
      name: 'nobody for sure',
      clause: 'count < 9',
      users: some(1, UNKNOWN_TYPE),
      is: { [ENVIRONMENT]: doubt('1 user') },
    },
    {
      name: 'nobody besides, whoever may be counted',
      clause: 'counted - count > 0.0',
      users: [...some(2, SUPER), ...some(1, UNKNOWN_TYPE)],
      is: {},
    },
    {
      name: 'nobody for sure, of whom it can’t be asked',
      clause: '10 / int(count) > 5',
      users: some(1, UNKNOWN_TYPE),
      is: { [ENVIRONMENT]: doubt('1 user') },
    },
    { name: '1 000 that may be', clause: 'count < 0', users: [...some(1, SUPER), ...some(999, UNKNOWN_TYPE)], is: {} },
    {
      name: '1 001 that may be',
      clause: 'count < 0',
      users: [...some(1, SUPER), ...some(1000, UNKNOWN_TYPE)],
      is: { [ENVIRONMENT]: `over 1000 counts are possible; ${doubt('1000 users')}` },
    },
  ])('$name', ({ clause, users, is }) => {
    expect(told(directoryRule(clause, { ...superUsers, options: { n: 1 } }), users)).toEqual(is);
  });

  const both = {
    a: `over 1000 counts are possible; ${doubt('80 users')}`,
    b: `over 1000 counts are possible; ${doubt('80 users')}`,
  };
  test.each([
    { failsWhen: ['count < 0'], is: {} },
    { failsWhen: ['count + counted < 0.0'], is: both },
    { failsWhen: ['count > 0', 'counted < 0'], is: both },
  ])('how many are counted besides matters only where it is asked: $failsWhen', ({ failsWhen, is }) => {
    const users = ['a', 'b'].flatMap((lastName) => [
      aUser({ userId: lastName, lastName, ...SUPER }),
      ...some(40, { lastName, ...UNKNOWN_TYPE }),
    ]);
    expect(told(directoryRule('', { ...superUsers, by: 'user.lastName', failsWhen }), users)).toEqual(is);
  });

  test('two clauses of which at each number another is false pass, as they do together', () => {
    const rule = directoryRule('', { ...superUsers, failsWhen: ['count != 3.0', 'count == 3.0 || count > 9'] });
    expect(told(rule, [...some(2, SUPER), ...some(3, UNKNOWN_TYPE)])).toEqual({});
  });

  test('all of the directory, where it says nothing of whom', () => {
    expect(told(directoryRule('count > 2'), some(3))).toEqual({ [ENVIRONMENT]: 'm' });
  });
});

describe('users that are counted by a key', () => {
  const byDomain = { by: 'user.emailAddress.domain()' };
  const of = (count: number, domain: string) => some(count, { emailAddress: `a@${domain}` });

  test.each([
    { name: '3 of 4 are not 0', clause: 'count / counted > 0.74', is: ['a.example'] },
    { name: 'one alone is a group', clause: 'count < 2', is: ['b.example'] },
    { name: 'the group has a name', clause: 'group.startsWith("b")', is: ['b.example'] },
  ])('$name', ({ clause, is }) => {
    const users = [...of(3, 'a.example'), ...of(1, 'b.example')];
    const rule = directoryRule(clause, { ...byDomain, message: 'string(count) + " of " + string(counted)' });
    const { outcomes } = seenBy(rule, users).check.judge((position) => `u${position}`);
    expect(outcomes.map(({ outcome }) => 'evidence' in outcome && outcome.evidence.group)).toEqual(is);
    expect(outcomes.map(({ outcome }) => 'message' in outcome && outcome.message)).toEqual(
      is.map((domain) => (domain === 'a.example' ? '3 of 4' : '1 of 4')),
    );
  });

  test('of the ARN are a finding of the role', () => {
    const rule = directoryRule('count > 1', { where: ['user.apiBound'], by: 'user.apiAccessPrincipalArn' });
    const users = ['a', 'a', 'b'].map((name, n) =>
      anApiUser({ userId: `u${n}`, apiAccessPrincipalArn: aRoleArn(name) }),
    );
    const { check, idAt } = seenBy(rule, users);
    const { checked, outcomes } = check.judge(idAt);
    expect(checked).toBe(2);
    expect(outcomes).toMatchObject([
      {
        subject: { kind: 'principal', id: aRoleArn('a') },
        outcome: { evidence: { userCount: 2, userIds: ['u0', 'u1'], counted: 3, group: aRoleArn('a') } },
      },
    ]);
  });

  const nowhere = aUser({ userId: 'x', emailAddress: null });
  const reason = 'it depends on 1 user: emailAddress is missing or unusable';
  test.each([
    { name: 'may be in any group', clause: 'count > 3', first: 'u0', is: { u0: reason } },
    { name: 'makes no difference', clause: 'count > 9', is: {} },
    { name: 'may be one of its own', clause: 'count < 2', is: { [ENVIRONMENT]: reason } },
    { name: 'may be of any name', clause: 'group == "c.example"', is: { [ENVIRONMENT]: reason } },
    { name: 'is left out by the author’s own word', clause: 'count > 3', where: ['has(user.emailAddress)'], is: {} },
  ])('whoever has none $name', ({ clause, is, where = [] }) => {
    const users = ['u0', 'u1', 'u2'].map((userId) => aUser({ userId, emailAddress: 'a@a.example' }));
    expect(told(directoryRule(clause, { ...byDomain, where }), [...users, nowhere])).toEqual(is);
  });

  test('whoever has none leaves something open of the environment', () => {
    const { check, idAt } = seenBy(directoryRule('count < 2', byDomain), [nowhere]);
    expect(check.judge(idAt).outcomes.map(({ subject }) => subject)).toEqual([
      { kind: 'environment', id: ENVIRONMENT },
    ]);
  });

  test('of a name of which it can’t be told what is asked are not assessed, and that is why', () => {
    const rule = directoryRule('group.domain() == "a.example"', { by: 'user.lastName' });
    expect(told(rule, some(2, { lastName: 'Love' }))).toEqual({ '{"lastName":"Love"}0': 'group has no domain' });
  });

  describe('by their roles', () => {
    const [A, B] = [aRoleArn('a'), aRoleArn('b')];
    const bound = { userId: 'bound', apiAccess: 'ENABLED', apiAccessPrincipalArn: A };
    const maybe = { ...bound, userId: 'maybe', apiAccess: undefined };

    test.each([
      { name: 'one is somebody', clause: 'count > 5', users: [bound], is: {} },
      {
        name: 'one and one who may be counted are somebody',
        clause: 'count > 5',
        users: [bound, { ...maybe, apiAccessPrincipalArn: B }],
        is: {},
      },
      {
        name: 'no more are counted than there are, wherever one belongs that may be counted',
        clause: 'count <= counted',
        users: [bound, { ...maybe, apiAccessPrincipalArn: undefined }],
        is: { [A]: 'm', [ENVIRONMENT]: expect.any(String) },
      },
    ])('$name', ({ clause, users, is }) => {
      const rule = directoryRule(clause, { where: ['user.apiBound'], by: 'user.apiAccessPrincipalArn' });
      expect(told(rule, users)).toEqual(is);
    });
  });

  test('of whom there is none are not assessed', () => {
    const rule = directoryRule('count > 1', { ...byDomain, where: ['user.superUser'] });
    expect(told(rule, some(3))).toEqual({ [ENVIRONMENT]: 'nobody is counted' });
  });
});

/** Users of whom anything that the rules below ask may be unknown. */
const someUser = fc.record({
  apiAccess: fc.constantFrom('ENABLED', 'DISABLED', undefined),
  apiAccessPrincipalArn: fc.constantFrom(aRoleArn('a'), aRoleArn('b'), undefined),
});

/** As the expressions have it, in plain words of this language. */
const CLAUSES: Readonly<Record<string, (count: number, counted: number, group: string) => boolean>> = {
  'count == 2.0': (count) => count === 2,
  'count / counted > 0.5': (count, counted) => count / counted > 0.5,
  'counted - count == 1.0': (count, counted) => counted - count === 1,
  'count < 2 && group.endsWith("a")': (count, _, group) => count < 2 && group.endsWith('a'),
};
const GROUPS = ['a', 'b', 'c'].map((name) => aRoleArn(name));

test.each(Object.entries(CLAUSES))(
  'what %s is answered of holds of every directory that there may be',
  (clause, fails) => {
    const rule = directoryRule(clause, { where: ['user.apiBound'], by: 'user.apiAccessPrincipalArn' });
    const heard = new Set<string>();
    fc.assert(
      fc.property(fc.array(someUser, { maxLength: 5 }), (members) => {
        const records = members.map((user, n) => ({ ...user, userId: `u${n}` }));
        const directories = choices(
          records.map(({ apiAccess, apiAccessPrincipalArn: arn }) => [
            ...(apiAccess === 'DISABLED' ? [] : arn === undefined ? GROUPS : [arn]),
            ...(apiAccess === 'ENABLED' ? [] : [undefined]),
          ]),
        ).map((groups) => groups.filter((group) => group !== undefined));
        const answers = told(rule, records);
        for (const group of GROUPS) {
          const failing = directories.map((users) => {
            const count = users.filter((one) => one === group).length;
            return count > 0 && fails(count, users.length, group);
          });
          const answer = answers[group] ?? (answers[ENVIRONMENT] === undefined ? 'PASS' : 'NOT_ASSESSED');
          heard.add(answer === 'm' ? 'FAIL' : answer === 'PASS' ? answer : 'NOT_ASSESSED');
          if (answer === 'm') expect([records, failing]).toEqual([records, failing.map(() => true)]);
          if (answer === 'PASS') expect([records, failing]).toEqual([records, failing.map(() => false)]);
        }
      }),
      { numRuns: 500 },
    );
    expect([...heard].toSorted()).toEqual(['FAIL', 'NOT_ASSESSED', 'PASS']);
  },
);

describe('explain', () => {
  const rule = directoryRule('', {
    where: ['user.active'],
    by: 'user.emailAddress.domain()',
    failsWhen: ['count > 1', 'count / counted > options.share'],
    options: { share: 0.5 },
  });
  const configured = { rule, state: 'on' as const, options: rule.options };
  const explain = (records: readonly UserRecord[]) => {
    const { check, users, idAt } = seenBy(rule, records);
    const [user = readUser({}, 0)] = users;
    const groups = sharedBy(configured, user, aContext()).map((shared) => countedGroup(check, shared, idAt));
    return explainGroups(configured, groups, user, records[0], aContext());
  };

  test('shows each clause, with what it was asked about, and the members that were read', () => {
    const others = [aUser({ userId: 'u2', emailAddress: 'b@a.example' }), aUser({ userId: 'u3', emailAddress: 'c@b' })];
    expect(explain([aUser({ emailAddress: 'a@a.example' }), ...others])).toMatchObject({
      outcome: 'FAIL',
      conditions: [
        { text: 'user.active', holds: true },
        { text: 'it is told what user.emailAddress.domain() is', holds: true },
        { text: 'count > 1 (count 2, counted 3)', holds: true },
        { text: 'count / counted > options.share (count 2, counted 3)', holds: true },
      ],
      values: [{ member: 'status' }, { member: 'emailAddress' }],
    });
  });

  test('shows a clause that holds though one before it does not', () => {
    expect(explain([aUser({ emailAddress: 'a@a.example' })])).toMatchObject({
      outcome: 'PASS',
      conditions: [{}, {}, { text: 'count > 1 (count 1, counted 1)', holds: false }, { holds: true }],
    });
  });

  test('says of whoever may be in any group that it can’t be told', () => {
    const { outcome, message } = explain([aUser({ emailAddress: 'nobody' }), aUser({ userId: 'u2' })]);
    expect([outcome, message]).toEqual(['NOT_ASSESSED', 'emailAddress has no domain']);
  });

  test('shows all that may be', () => {
    const users = [aUser({ emailAddress: 'a@a.example' }), aUser({ userId: 'u2', emailAddress: null })];
    expect(explain(users)).toMatchObject({
      outcome: 'NOT_ASSESSED',
      conditions: [{}, {}, { text: 'count > 1 (count 1 to 2, counted 2)', holds: undefined }, {}],
    });
  });
});
