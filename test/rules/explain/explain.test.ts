import { describe, expect, test } from '@jest/globals';
import { configureRules, type RuleSettings } from '../../../rules/engine/configure.ts';
import { beginDirectoryCheck } from '../../../rules/engine/directory.ts';
import type { RoleFacts } from '../../../rules/engine/facts.ts';
import { type Bounds, defineDirectoryRule, defineUserRule, type PrincipalSubject } from '../../../rules/engine/rule.ts';
import { readUser, type User } from '../../../rules/engine/user.ts';
import {
  type ConditionState,
  type ConfiguredDirectoryRule,
  countedGroup,
  countsInAny,
  type Explanation,
  explainChange,
  explainGroups,
  explainPrincipal,
  explainUser,
  sharedBy,
} from '../../../rules/explain/explain.ts';
import { rules } from '../../../rules/index.ts';
import { record as awkwardRecord, NAMED, oneEach } from '../../support/awkward-records.ts';
import { aContext, anApiUser, aRole, aRoleArn, aUser, daysAgo, NOW, type UserRecord } from '../../support/builders.ts';
import { memberships } from '../../support/memberships.ts';
import * as fc from '../../support/properties.ts';
import { expectMailable, judge } from '../../support/rule-tester.ts';
import { RULE_TEXTS } from '../../support/rule-texts.ts';

const configuredOf = (id: string, settings: RuleSettings = {}) => {
  const configured = configureRules(rules, { [id]: settings }).find(({ rule }) => rule.id === id);
  if (configured === undefined) throw new Error(`no rule ${id}`);
  return configured;
};

const explained = (id: string, record: UserRecord, settings?: RuleSettings) =>
  explainUser(configuredOf(id, settings), readUser(record, 0), record, aContext());

const limits = [
  { name: 'at the limit', lastLoginTime: daysAgo(45), outcome: 'PASS', last: false },
  { name: 'a millisecond past it', lastLoginTime: daysAgo(45) - 1, outcome: 'FAIL', last: true },
  { name: 'never', lastLoginTime: 0, outcome: 'PASS', last: undefined },
  { name: 'in seconds', lastLoginTime: daysAgo(46) / 1000, outcome: 'NOT_ASSESSED', last: undefined },
];

describe('a rule on one user', () => {
  test.each(limits)('$name: $outcome', ({ lastLoginTime, outcome, last }) => {
    const explanation = explained('stale-login', aUser({ type: 'SUPER_USER', lastLoginTime }));
    expect(explanation?.outcome).toBe(outcome);
    expect(explanation?.conditions.at(-1)).toEqual({ text: 'lastLoginTime is older than 45 days', holds: last });
    expect(explanation?.values).toEqual([
      { member: 'status', value: 'ENABLED' },
      { member: 'type', value: 'SUPER_USER' },
      { member: 'lastLoginTime', value: lastLoginTime },
    ]);
    expect([...(explanation?.context ?? [])]).toEqual(['now', 'readAt', 'memberships']);
    expect(explanation?.options).toEqual({ maxDays: 90, privilegedMaxDays: 45 });
  });

  test('a missing member is told from one that is null', () => {
    const record = anApiUser({ apiAccessPrincipalArn: undefined });
    expect(explained('api-access-without-principal', record)?.values.at(-1)).toEqual({
      member: 'apiAccessPrincipalArn',
    });
    expect(
      explained('api-access-without-principal', { ...record, apiAccessPrincipalArn: null })?.values.at(-1),
    ).toEqual({ member: 'apiAccessPrincipalArn', value: null });
  });

  test.each([
    [aUser({ lastLoginTime: daysAgo(91) }), {}, 'MEDIUM', "the rule's own"],
    [aUser({ lastLoginTime: daysAgo(91), type: 'SUPER_USER' }), {}, 'HIGH', 'HIGH for privileged users'],
    [aUser({ lastLoginTime: daysAgo(91) }), { severity: 'LOW' as const }, 'LOW', 'as the config sets it'],
  ])('the severity and why', (record, settings, severity, severityReason) => {
    expect(explained('stale-login', record, settings)).toMatchObject({ severity, severityReason });
  });

  /** Explains a rule that looks at one fact of a user, and fails it for that. */
  const lookingAt = (look: (user: User) => unknown, own: object = {}) => {
    const rule = defineUserRule({
      ...RULE_TEXTS,
      id: 'looks',
      options: {},
      when: [{ text: () => 'it looked', holds: (user) => look(user) !== lookingAt }],
      violation: () => ({ message: 'm', evidence: {}, ...own }),
    });
    const record = anApiUser({ status: 'ENABLED' });
    return {
      record,
      explanation: explainUser({ rule, state: 'on', options: {} }, readUser(record, 0), record, aContext()),
    };
  };

  test.each<[fact: keyof User, member: string]>([
    ['id', 'userId'],
    ['hasUserId', 'userId'],
    ['status', 'status'],
    ['isActive', 'status'],
    ['type', 'type'],
    ['isSuperUser', 'type'],
    ['apiAccess', 'apiAccess'],
    ['isApiBound', 'apiAccess'],
    ['principal', 'apiAccessPrincipalArn'],
    ['principalArn', 'apiAccessPrincipalArn'],
    ['emailAddress', 'emailAddress'],
  ])('that looks at %s has looked at the member %s', (fact, member) => {
    const { record, explanation } = lookingAt((user) => user[fact]);
    expect(explanation?.values).toStrictEqual([{ member, value: record[member] }]);
  });

  test.each([
    ['none of its own', {}, 'MEDIUM', "the rule's own"],
    ["one that is the rule's", { severity: 'MEDIUM' }, 'MEDIUM', "the rule's own"],
    ['another one, of which no note tells', { severity: 'LOW' }, 'LOW', 'as the rule judges this case'],
  ])('whose violation has %s', (_, own, severity, severityReason) => {
    expect(lookingAt(({ status }) => status, own).explanation).toMatchObject({ severity, severityReason });
  });

  test('shows the groups of the user that it asks about, or why they are not known', () => {
    const record = aUser();
    const groups = (id: string, given: ReturnType<typeof memberships> | undefined) =>
      explainUser(
        configureRules(rules, {}, new Set(['permissionGroups'])).find(({ rule }) => rule.id === id) ?? configuredOf(id),
        readUser(record, 0),
        record,
        aContext({ memberships: given }),
      )?.values.filter(({ member }) => member.startsWith('groups'));
    const both = (one: unknown, other: unknown) => [
      { member: 'groups with ManageUsersAndGroups', value: one },
      { member: 'groups with GetTemporaryCredentials', value: other },
    ];
    const known = memberships({ u1: { g1: 'GetTemporaryCredentials' } });
    expect(groups('self-service-credentials', known)).toStrictEqual(both([], ['g1']));
    expect(groups('self-service-credentials', { ...known, unread: 'it was cut' })).toStrictEqual(
      both('it was cut', 'it was cut'),
    );
    expect(groups('self-service-credentials', undefined)).toStrictEqual([]);
    expect(groups('leftover-principal', known)).toStrictEqual([]);
  });

  test('what else it looked at', () => {
    const foreign = anApiUser({ apiAccessPrincipalArn: aRoleArn('x', '999988887777') });
    const { context } = explained('principal-outside-account', foreign) ?? {};
    expect([...(context ?? [])].toSorted()).toEqual(['partition', 'trustedAccounts']);
  });
});

describe('a rule on change', () => {
  const compare = (id: string, beforeRecord: UserRecord | undefined, afterRecord: UserRecord | undefined) =>
    explainChange(
      configuredOf(id),
      {
        before: beforeRecord && readUser(beforeRecord, 0),
        after: afterRecord && readUser(afterRecord, 0),
        beforeRecord,
        afterRecord,
      },
      aContext(),
    );

  test('tells a member as it was and as it is', () => {
    expect(compare('promoted-to-super-user', aUser(), aUser({ type: 'SUPER_USER' }))).toMatchObject({
      outcome: 'FAIL',
      values: [{ member: 'type', before: 'APP_USER', value: 'SUPER_USER' }],
    });
  });

  test('of a user that is gone', () => {
    const { outcome, values } = compare('vanished-user', aUser(), undefined) ?? {};
    expect(outcome).toBe('FAIL');
    expect(values?.[0]).toStrictEqual({ member: 'status', before: 'ENABLED' });
  });

  test('of a user that is new', () => {
    expect(compare('new-super-user', undefined, aUser({ type: 'SUPER_USER' }))).toMatchObject({
      outcome: 'FAIL',
      values: [
        { member: 'status', value: 'ENABLED' },
        { member: 'type', value: 'SUPER_USER' },
      ],
    });
  });
});

describe('a rule on a role', () => {
  const subject = (facts: RoleFacts, before?: RoleFacts): PrincipalSubject => ({
    arn: aRoleArn(),
    isInUse: true,
    users: { userCount: 1, userIds: ['u1'] },
    facts,
    before,
  });
  const valuesOf = (id: string, ...given: Parameters<typeof subject>) =>
    explainPrincipal(configuredOf(id), subject(...given), aContext())?.values;
  const role = aRole({ roleId: 'AROA1', createdAt: NOW - 1000, lastUsedAt: null });
  const arn = { member: 'apiAccessPrincipalArn', value: aRoleArn() };
  const readAt = { member: 'readAt', value: '2026-11-24T02:00:00.000Z' };
  const shown = { member: 'role', value: { ...role, createdAt: '2026-11-24T01:59:59.000Z', lastUsedAt: null } };
  const was = (roleId: string): RoleFacts => ({ answer: { readAt: 0, role: { ...role, roleId } } });
  const answer = { readAt: NOW, role };

  test.each<[name: string, id: string, given: Parameters<typeof subject>, values: object[]]>([
    ['that was read', 'idle-principal', [{ answer }, was('AROA0')], [arn, readAt, shown]],
    [
      'that is not there',
      'principal-missing',
      [{ answer: { readAt: NOW, role: null } }],
      [arn, readAt, { member: 'role', value: null }],
    ],
    [
      'that was not read',
      'principal-missing',
      [{ unread: 'access denied' }],
      [arn, { member: 'notRead', value: 'access denied' }],
    ],
    [
      'that was another before',
      'recreated-principal',
      [{ answer }, was('AROA0')],
      [arn, readAt, shown, { member: 'roleIdBefore', value: 'AROA0' }],
    ],
    [
      'that was another long before',
      'recreated-principal',
      [{ answer }, { outdated: was('AROA9').answer }],
      [arn, readAt, shown, { member: 'roleIdBefore', value: 'AROA9' }],
    ],
    ['of which nothing was known before', 'recreated-principal', [{ answer }], [arn, readAt, shown]],
    [
      'that was not there before',
      'recreated-principal',
      [{ answer }, { answer: { readAt: 0, role: null } }],
      [arn, readAt, shown],
    ],
  ])('shows what is known of one %s', (_, id, given, values) => {
    expect(valuesOf(id, ...given)).toStrictEqual(values);
  });

  test('has its outcome, and what led to it', () => {
    const explanation = explainPrincipal(
      configuredOf('principal-missing'),
      subject({ answer: { readAt: NOW, role: null } }),
      aContext(),
    );
    expect(explanation).toMatchObject({
      outcome: 'FAIL',
      message: 'the role does not exist: IAM does not know it',
      severity: 'HIGH',
      conditions: [{ text: 'IAM does not know the role', holds: true }],
    });
  });
});

test('a rule is explained as one of its kind, or not at all', () => {
  const user = readUser(aUser(), 0);
  const change = { before: user, after: user, beforeRecord: {}, afterRecord: {} };
  const role: PrincipalSubject = {
    arn: aRoleArn(),
    isInUse: true,
    users: { userCount: 1, userIds: ['u1'] },
    facts: {},
    before: undefined,
  };
  const explains = rules.map((rule) => {
    const configured = configuredOf(rule.id);
    return [
      rule.kind,
      explainUser(configured, user, aUser(), aContext()) !== undefined,
      explainChange(configured, change, aContext()) !== undefined,
      explainPrincipal(configured, role, aContext()) !== undefined,
    ];
  });
  expect(explains).toEqual(rules.map(({ kind }) => [kind, kind === 'user', kind === 'change', kind === 'principal']));
});

const directoryRule = (id: string): ConfiguredDirectoryRule => {
  const configured = configuredOf(id);
  if (configured.rule.kind !== 'directory') throw new Error(`${id} is no directory rule`);
  return { ...configured, rule: configured.rule };
};
const explain = (id: string, records: readonly unknown[], about?: number) => {
  const configured = directoryRule(id);
  const users = records.map(readUser);
  const user: User | undefined = about === undefined ? undefined : users[about];
  const check = beginDirectoryCheck(configured.rule, configured.options, aContext());
  for (const one of users) check.see(one);
  const shared = user === undefined ? [undefined] : sharedBy(configured, user, aContext());
  const groups = shared.map((one) => countedGroup(check, one, (position) => users[position]?.id ?? ''));
  const record = about === undefined ? undefined : records[about];
  return { groups, ...explainGroups(configured, groups, user, record, aContext()) };
};

describe('a rule on the whole directory', () => {
  const superUsers = (count: number) =>
    Array.from({ length: count }, (_, n) => aUser({ userId: `s${n}`, type: 'SUPER_USER' }));

  test.each([
    [3, 'PASS'],
    [4, 'FAIL'],
  ])('%i super users: %s', (count, outcome) => {
    expect(explain('too-many-super-users', [...superUsers(count), aUser()])).toMatchObject({
      outcome,
      conditions: [{ text: `there are more than 3 such users: ${count}`, holds: count > 3 }],
      counted: ['status is not DISABLED', 'type is SUPER_USER'],
      groups: [{ bounds: { low: { count }, high: { count } }, shared: undefined }],
    });
  });

  test('concerns those who count only', () => {
    const users = [...superUsers(4), aUser()];
    expect(explain('too-many-super-users', users, 0).outcome).toBe('FAIL');
    expect(explain('too-many-super-users', users, 4).outcome).toBe('PASS');
  });

  test('counts each group of a user', () => {
    const twin = { firstName: 'ZEBULON', lastName: ' Quagmire  u1' };
    const { outcome, conditions, groups } = explain('duplicate-person', [aUser(), aUser({ userId: 'u2', ...twin })], 0);
    expect(outcome).toBe('FAIL');
    expect(groups.map(({ shared, bounds, ids }) => [shared?.name, bounds.low.count, ids])).toEqual([
      ['emailAddress', 1, ['u1']],
      ['firstName and lastName', 2, ['u1', 'u2']],
    ]);
    expect(conditions.at(-1)?.alternatives?.map(({ holds }) => holds)).toEqual([false, true]);
  });

  test('has nothing against a user that shares nothing', () => {
    const nameless = aUser({ emailAddress: undefined, firstName: '', lastName: '' });
    expect(explain('duplicate-person', [nameless, nameless], 0).outcome).toBe('PASS');
  });

  test('tells what a limit depends on where not all is known', () => {
    const users = [...superUsers(3), aUser({ type: undefined })];
    const text = 'there are more than 3 such users: 3; with all that may count, there are more than 3 such users: 4';
    const reason = 'it depends on 1 user: type is missing or not a documented value';
    expect(explain('too-many-super-users', users)).toMatchObject({
      outcome: 'NOT_ASSESSED',
      message: reason,
      conditions: [{ text, holds: undefined }],
      groups: [{ ids: ['s0', 's1', 's2'] }],
    });
    expect(explain('too-many-super-users', users, 3)).toMatchObject({
      outcome: 'NOT_ASSESSED',
      message: 'type is missing or not a documented value',
    });
    expect(explain('too-many-super-users', users, 0)).toMatchObject({ outcome: 'NOT_ASSESSED', message: reason });
    expect(explain('too-many-super-users', [...users, aUser({ userId: 'u2' })], 4).outcome).toBe('PASS');
  });
});

/** Finds the users that a finding names, wherever in its evidence. */
const userIdsIn = (evidence: unknown): readonly string[] => {
  if (typeof evidence !== 'object' || evidence === null) return [];
  const { userIds } = evidence as { readonly userIds?: readonly string[] };
  return userIds ?? Object.values(evidence).flatMap(userIdsIn);
};

describe('what is shown leads to the outcome, and names nobody', () => {
  const told = (states: readonly ConditionState[]): readonly string[] =>
    states.flatMap(({ text, alternatives = [] }) => [text, ...told(alternatives)]);

  const expectShown = (explanation: Explanation | undefined): void => {
    const { outcome = '', conditions = [], message } = explanation ?? {};
    const truths = conditions.map(({ holds }) => holds);
    const unknown = truths.includes(undefined) ? 'NOT_ASSESSED' : 'FAIL';
    expect([conditions, outcome]).toEqual([conditions, truths.includes(false) ? 'PASS' : unknown]);
    for (const { alternatives, holds } of conditions) {
      if (alternatives === undefined) continue;
      const some = alternatives.map((one) => one.holds);
      expect(holds).toBe(some.includes(true) || (some.includes(undefined) ? undefined : false));
    }
    for (const text of told(conditions)) expectMailable(text, NAMED);
    if (message !== undefined) expectMailable(message, NAMED);
  };
  const options = (id: string): RuleSettings => (id === 'email-domain' ? { allowedDomains: ['quagmire.example'] } : {});
  const ofKind = (kind: string) => rules.filter((rule) => rule.kind === kind).map(({ id }) => ({ id }));
  const records = fc.array(awkwardRecord, { maxLength: 6 }) as fc.Arbitrary<unknown[]>;

  test.each(ofKind('user'))('$id', ({ id }) => {
    const configured = configuredOf(id, options(id));
    const property = fc.property(records, (some) => {
      for (const [position, one] of some.entries()) {
        expectShown(explainUser(configured, readUser(one, position), one, aContext()));
      }
    });
    expect(() => fc.assert(property)).not.toThrow();
  });

  test.each(ofKind('change'))('$id', ({ id }) => {
    const configured = configuredOf(id);
    const record = fc.option(awkwardRecord);
    const property = fc.property(record, record, (beforeRecord, afterRecord) => {
      const [before, after] = [beforeRecord, afterRecord].map((one) => (one === null ? undefined : readUser(one, 0)));
      expectShown(explainChange(configured, { before, after, beforeRecord, afterRecord }, aContext()));
    });
    expect(() => fc.assert(property)).not.toThrow();
  });

  test.each(ofKind('directory'))('$id', ({ id }) => {
    const { rule } = directoryRule(id);
    fc.assert(
      fc.property(records, (some) => {
        const users = oneEach(some);
        const { failures, reasons } = judge([rule], { users });
        const named = new Set([...failures.values()].flatMap(({ violation }) => userIdsIn(violation.evidence)));
        for (const [position, one] of users.entries()) {
          const { id: userId } = readUser(one, position);
          const explanation = explain(id, users, position);
          expectShown(explanation);
          if (rule.keys !== undefined)
            expect([userId, explanation.outcome === 'FAIL']).toEqual([userId, named.has(userId)]);
        }
        if (rule.about !== 'environment') return;
        const ofEnvironment = explain(id, users);
        expectShown(ofEnvironment);
        const expected = failures.size > 0 ? 'FAIL' : Object.keys(reasons).length > 0 ? 'NOT_ASSESSED' : 'PASS';
        expect(ofEnvironment.outcome).toBe(expected);
      }),
    );
  });
});

describe('whom a rule on the directory counts is said by each condition', () => {
  const told = (id: string) => explain(id, [aUser(), aUser({ userId: 'u2' })], 0);

  test('of several keys, of which one is enough', () => {
    const { conditions } = told('duplicate-person');
    expect(conditions.map(({ text }) => text).slice(0, -1)).toEqual([
      'status is not DISABLED',
      'there is something to compare',
    ]);
    expect(conditions[1]?.alternatives).toMatchObject([{ holds: true }, { holds: true }]);
  });

  const ofKey = (unknown?: () => string) =>
    defineDirectoryRule({
      id: 'by-name',
      title: 'Names differ',
      failsWhen: 'they do not',
      severity: 'LOW',
      rationale: 'why',
      remediation: 'what to do',
      controls: [],
      options: {},
      about: 'user',
      outOf: [{ text: () => 'type is there', holds: ({ type }) => type !== undefined }],
      counts: [{ text: () => 'status is there', holds: ({ status }) => status !== undefined }],
      keys: {
        name: {
          text: 'lastName is there',
          of: ({ lastName }) => (typeof lastName === 'string' ? lastName : undefined),
          ...(unknown && { unknown }),
        },
      },
      clauses: [{ text: () => 'they are many', holds: ({ low }) => low.count > 1 }],
      violation: () => ({ message: 'm', evidence: {} }),
    });

  test.each([
    ['it has', undefined, aUser(), true, 'PASS', undefined],
    ['it has none of', undefined, aUser({ lastName: null }), false, 'PASS', undefined],
    [
      'it may have',
      () => 'lastName is missing',
      aUser({ lastName: null }),
      undefined,
      'NOT_ASSESSED',
      'lastName is missing',
    ],
  ] as const)('of a key that %s', (_, unknown, record, holds, outcome, message) => {
    const rule = ofKey(unknown);
    const configured = { rule, state: 'on' as const, options: {} } as ConfiguredDirectoryRule;
    const user = readUser(record, 0);
    const check = beginDirectoryCheck(configured.rule, {}, aContext());
    const groups = sharedBy(configured, user, aContext()).map((shared) => countedGroup(check, shared, () => ''));
    const explanation = explainGroups(configured, groups, user, record, aContext());
    expect(explanation.conditions.slice(0, 3)).toStrictEqual([
      { text: 'type is there', holds: true },
      { text: 'status is there', holds: true },
      { text: 'lastName is there', holds },
    ]);
    expect([explanation.outcome, explanation.message]).toEqual([outcome, message]);
  });

  test('and what a group is like is told by its key, where there are several', () => {
    const { conditions } = told('duplicate-person');
    expect(conditions.at(-1)).toStrictEqual({
      text: 'a group that it belongs to is too large',
      holds: false,
      alternatives: [
        { text: 'emailAddress: two or more such users share it: 1', holds: false },
        { text: 'firstName and lastName: two or more such users share it: 1', holds: false },
      ],
    });
    expect(explain('too-many-super-users', [aUser()], 0).conditions.at(-1)?.text).toBe(
      'there are more than 3 such users: 0',
    );
  });

  test('and who belongs to none belongs to none that is too large', () => {
    const { conditions, outcome } = explain('shared-principal', [aUser()], 0);
    expect(outcome).toBe('PASS');
    expect(conditions.at(-1)).toStrictEqual({
      text: 'a group that it belongs to is too large',
      holds: false,
      alternatives: [],
    });
  });

  test('and where no user is asked about, for all of them', () => {
    expect(explain('too-many-super-users', [aUser()]).counted).toEqual([
      'status is not DISABLED',
      'type is SUPER_USER',
    ]);
    expect(explain('end-of-support', [aUser()])).not.toHaveProperty('counted');
  });

  test.each([
    ['says why', ({ doubt }: Bounds) => doubt() || 'it is in doubt', 'it is in doubt'],
    ['says nothing', undefined, "it can't be told whether they are many (count 0, counted 0)"],
  ])('and of a clause that can not be told and %s', (_, unknown, message) => {
    const rule = {
      ...ofKey(),
      clauses: [{ text: () => 'they are many', holds: () => undefined, ...(unknown && { unknown }) }],
    };
    const configured = { rule, state: 'on' as const, options: {} } as ConfiguredDirectoryRule;
    const check = beginDirectoryCheck(configured.rule, {}, aContext());
    const group = { ...countedGroup(check, undefined, () => ''), shared: undefined };
    const bounds = { ...group.bounds, doubt: () => '' };
    expect(explainGroups(configured, [{ ...group, bounds }], undefined, undefined, aContext())).toMatchObject({
      outcome: 'NOT_ASSESSED',
      message,
    });
  });

  test('and a hundred of them are kept', () => {
    const { groups } = explain(
      'too-many-super-users',
      Array.from({ length: 101 }, (_, n) => aUser({ userId: `u${n}`, type: 'SUPER_USER' })),
    );
    expect(groups[0]?.ids).toHaveLength(100);
    expect(groups[0]?.ids.at(-1)).toBe('u99');
  });
});

describe('whether a user counts in one of some groups', () => {
  const configured = configuredOf('shared-principal') as ConfiguredDirectoryRule;
  const group = (key: string) => {
    const check = beginDirectoryCheck(configured.rule, configured.options, aContext());
    return countedGroup(check, { name: Object.keys(configured.rule.keys ?? {})[0] ?? '', key }, () => '');
  };
  const own = aRoleArn('own');

  test.each([
    ['of its own', [own], anApiUser({ apiAccessPrincipalArn: own }), true],
    ['one of two of its own', [aRoleArn('x'), own], anApiUser({ apiAccessPrincipalArn: own }), true],
    ['of others', [aRoleArn('x')], anApiUser({ apiAccessPrincipalArn: own }), false],
    [
      'of its own, but it has no access',
      [own],
      anApiUser({ apiAccessPrincipalArn: own, apiAccess: 'DISABLED' }),
      false,
    ],
    ['none', [], anApiUser({ apiAccessPrincipalArn: own }), false],
  ])('%s', (_, keys, record, counts) => {
    const user = readUser(record, 0);
    expect(countsInAny(configured, keys.map(group), user, aContext())).toBe(counts);
    const { counts: _counts, ...blind } = configured.rule;
    expect(countsInAny({ ...configured, rule: blind }, keys.map(group), user, aContext())).toBe(false);
  });
});

test('what fails is told, in the words of the finding', () => {
  expect(explained('stale-login', aUser({ lastLoginTime: daysAgo(91) }))?.message).toBe(
    'last login 91 days ago; at most 90 allowed',
  );
  expect(explained('stale-login', aUser())).not.toHaveProperty('message');
});
