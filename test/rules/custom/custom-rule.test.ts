import { describe, expect, test } from '@jest/globals';
import { customRules } from '../../../rules/custom/custom-rule.ts';
import { type CustomRuleDefinition, KEPT_MEMBERS } from '../../../rules/custom/definition.ts';
import { KEPT_FIELDS } from '../../../rules/custom/records.ts';
import type { Role, RoleFacts } from '../../../rules/engine/facts.ts';
import type { Rule } from '../../../rules/engine/rule.ts';
import { readUser, type UserFacts } from '../../../rules/engine/user.ts';
import { explainChange, explainUser } from '../../../rules/explain/explain.ts';
import { aContext, anApiUser, aRoleArn, aUser, daysAgo, NOW } from '../../support/builders.ts';
import { aCustomRule, ruleOf } from '../../support/custom-rule.ts';
import { memberships } from '../../support/memberships.ts';
import { judge, UNKNOWN } from '../../support/rule-tester.ts';

type Given = Omit<Parameters<typeof judge>[1], 'users'>;

/** The outcome of a rule on one user, as tests name it. */
const outcomeOf = (rule: Rule, user: unknown, given: Given = {}) => {
  const { failures, reasons, outcomes } = judge([rule], { users: [user], ...given });
  const [failure] = failures.values();
  const [{ error } = { error: undefined }] = outcomes;
  if (error !== undefined) return { error };
  return failure === undefined ? { reason: Object.values(reasons)[0] } : { message: failure.violation.message };
};

const PASS = { reason: undefined };
const lacking = (member: string) => ({ reason: `${member} is missing or unusable` });

const contractor = (overrides = {}) =>
  anApiUser({ emailAddress: 'A@Contractor.Example.com', createTime: daysAgo(8), ...overrides });

describe('the rule on contractors', () => {
  const { rule } = aCustomRule();
  test.each([
    { name: 'over its limit', user: contractor(), is: { message: 'API access of a contractor, 8 days old' } },
    {
      name: 'a millisecond over',
      user: contractor({ createTime: daysAgo(7) - 1 }),
      is: { message: 'API access of a contractor, 7 days old' },
    },
    { name: 'at its limit', user: contractor({ createTime: daysAgo(7) }), is: PASS },
    {
      name: 'by an option of the config',
      user: contractor({ createTime: daysAgo(2) }),
      options: { graceDays: 1 },
      is: { message: 'API access of a contractor, 2 days old' },
    },
    { name: 'of another domain', user: anApiUser(), is: PASS },
    { name: 'disabled', user: contractor({ status: 'DISABLED' }), is: PASS },
    { name: 'not known to be bound', user: contractor({ apiAccess: 'maybe' }), is: lacking('apiAccess') },
    ...['nobody', 'nobody@', '@contractor.example.com'].map((emailAddress) => ({
      name: `without a domain: ${emailAddress}`,
      user: contractor({ emailAddress }),
      is: { reason: 'emailAddress has no domain' },
    })),
    { name: 'without an address, but not bound', user: aUser({ emailAddress: null }), is: PASS },
  ])('$name', ({ user, options, is }) => {
    expect(outcomeOf(rule, user, options && { options })).toEqual(is);
  });
});

test.each([...UNKNOWN.filter(([name]) => name !== 'not documented')])(
  'a member that is %s is not assessed, as in the catalogue',
  (_, value) => {
    const rule = ruleOf('user.emailAddress == "a"');
    expect(outcomeOf(rule, aUser({ emailAddress: value }))).toEqual(lacking('emailAddress'));
  },
);

test.each(UNKNOWN)('a status that is %s is not assessed', (_, status) => {
  expect(outcomeOf(ruleOf('user.status == "CREATING"'), aUser({ status }))).toEqual(lacking('status'));
});

test.each([
  ['missing', undefined],
  ['null', null],
  ['0', 0],
  ['in seconds', daysAgo(400) / 1000],
  ['over 5 minutes after now', NOW + 300_001],
  ['no number', '2026'],
  ['not finite', Number.NaN],
])('a time that is %s is not assessed; has() is the author’s own word', (_, lastLoginTime) => {
  const user = aUser({ lastLoginTime });
  expect(outcomeOf(ruleOf('age(user.lastLoginTime) > days(90)'), user)).toEqual(lacking('lastLoginTime'));
  expect(outcomeOf(ruleOf('has(user.lastLoginTime) && age(user.lastLoginTime) > days(90)'), user)).toEqual(PASS);
  expect(outcomeOf(ruleOf('!has(user.lastLoginTime) || user.lastLoginTime < now'), user)).toEqual({ message: 'm' });
});

describe('has() of a record with gaps', () => {
  const gaps = { context: { hasGaps: true } };
  const untold = (member: string) => ({ reason: `${member} is not told` });
  const arn = 'apiAccessPrincipalArn';
  test.each([
    { clause: '!has(user.lastLoginTime)', members: {}, is: untold('lastLoginTime') },
    {
      clause: 'has(user.lastLoginTime) && age(user.lastLoginTime) > days(90)',
      members: {},
      is: lacking('lastLoginTime'),
    },
    { clause: '!has(user.lastLoginTime)', members: { lastLoginTime: null }, is: { message: 'm' } },
    { clause: '!has(user.lastLoginTime)', members: { lastLoginTime: daysAgo(1) }, is: PASS },
    { clause: '!has(user.lastLoginTime) || user.active', members: {}, is: { message: 'm' } },
    { clause: 'has(user.lastLoginTime) && !user.active', members: {}, is: PASS },
    { clause: `has(user.${arn})`, members: {}, is: untold(arn) },
    { clause: `has(user.${arn})`, members: { [arn]: aRoleArn('a') }, is: { message: 'm' } },
    { clause: 'has(user.superUser)', members: { type: undefined }, is: untold('superUser') },
    { clause: 'has(options.n)', members: {}, is: { message: 'm' } },
  ])('$clause of $members: $is', ({ clause, members, is }) => {
    const { lastLoginTime: _, ...user } = aUser();
    const rule = ruleOf(clause, { options: { n: 1 } });
    expect(outcomeOf(rule, { ...user, ...members }, gaps)).toEqual(is);
    expect(outcomeOf(rule, { ...user, ...members })).not.toHaveProperty('reason', expect.stringContaining('not told'));
  });

  test('is asked of a user who seems to be as before', () => {
    const rule = ruleOf(`!has(user.${arn})`, { kind: 'change' });
    expect(outcomeOf(rule, aUser(), { ...gaps, earlierUsers: [aUser()] })).toEqual(untold(arn));
    expect(
      outcomeOf(ruleOf(`!has(before.${arn})`, { kind: 'change' }), aUser(), { ...gaps, earlierUsers: [aUser()] }),
    ).toEqual({ message: expect.stringMatching(/^m, since/) });
  });
});

describe('a member is read as it stands in the record', () => {
  const times = {
    createTime: daysAgo(50),
    lastEnabledTime: daysAgo(40),
    lastDisabledTime: daysAgo(30),
    lastModifiedTime: daysAgo(20),
    lastLoginTime: daysAgo(10),
  };
  const texts = {
    userId: 'id1',
    status: 'DISABLED',
    type: 'SUPER_USER',
    apiAccess: 'ENABLED',
    apiAccessPrincipalArn: aRoleArn('a'),
    firstName: 'Ada',
    lastName: 'Love',
    emailAddress: 'ada@example.com',
  };
  const record = aUser({ ...times, ...texts });
  const kept = Object.entries(texts).filter(([member]) => KEPT_MEMBERS.includes(member));

  test.each(Object.entries(texts))('user.%s == %j', (member, text) => {
    const rule = ruleOf(`user.${member} == ${JSON.stringify(text)}`);
    expect(outcomeOf(rule, record)).toEqual({ message: 'm' });
    const { userId: _, ...nameless } = { ...record, [member]: undefined };
    expect(outcomeOf(rule, member === 'userId' ? nameless : { ...nameless, userId: 'id1' })).toEqual(lacking(member));
  });

  test.each(Object.entries(times))('user.%s, %d', (member, time) => {
    const rule = ruleOf(`user.${member} == timestamp(${JSON.stringify(new Date(time).toISOString())})`);
    expect(outcomeOf(rule, record)).toEqual({ message: 'm' });
    expect(outcomeOf(rule, { ...record, [member]: time + 1 })).toEqual(PASS);
  });

  test.each([
    { apiAccess: 'ENABLED', is: 'ENABLED' },
    { apiAccess: 'DISABLED', is: 'DISABLED' },
  ])('user.apiAccess of $apiAccess, now and before', ({ apiAccess, is }) => {
    const both = `before.apiAccess == ${JSON.stringify(is)} && user.apiAccess == ${JSON.stringify(is)}`;
    const rule = ruleOf(`${both} && before.status != user.status`, { kind: 'change' });
    const was = aUser({ apiAccess, status: 'DISABLED' });
    expect(outcomeOf(rule, aUser({ apiAccess }), { earlierUsers: [was] })).toMatchObject({
      message: expect.stringMatching(/^m, since/),
    });
  });

  test.each(kept)('before.%s == %j', (member, text) => {
    const rule = ruleOf(`before.${member} == ${JSON.stringify(text)} && user.status == "CREATING"`, { kind: 'change' });
    const after = { ...record, status: 'CREATING' };
    expect(outcomeOf(rule, after, { earlierUsers: [record] })).toMatchObject({
      message: expect.stringMatching(/^m, since/),
    });
    if (member !== 'userId')
      expect(outcomeOf(rule, after, { earlierUsers: [{ ...record, [member]: undefined }] })).toEqual(
        lacking(`in the earlier run ${member}`),
      );
  });

  test.each([
    ['user', 'user.status == "DISABLED"', undefined],
    ['change', 'before.status != user.status', 'ENABLED'],
  ] as const)('and so it is in the evidence of a rule of kind %s', (kind, clause, before) => {
    const evidence = kept.map(([member]) => member);
    const rule = ruleOf(clause, { kind, evidence });
    const earlierUsers = before === undefined ? undefined : [{ ...record, status: before, apiAccess: 'DISABLED' }];
    const { failures } = judge([rule], { users: [record], ...(earlierUsers && { earlierUsers }) });
    const now = Object.fromEntries(kept);
    expect(failures.get('id1')?.violation.evidence).toEqual(
      before === undefined
        ? now
        : { before: { ...now, status: before, apiAccess: 'DISABLED' }, after: now, earlierRun: '20261123T020000Z' },
    );
  });

  test('of which nothing is known in the evidence where it is none', () => {
    const evidence = ['userId', 'apiAccess', 'apiAccessPrincipalArn'];
    const rule = ruleOf('user.active', { evidence });
    const { failures } = judge([rule], { users: [aUser({ userId: '', apiAccess: 7 })] });
    expect(failures.get('#0')?.violation.evidence).toStrictEqual({
      userId: undefined,
      apiAccess: 7,
      apiAccessPrincipalArn: undefined,
    });
    const onChange = ruleOf('before.status != user.status', { kind: 'change', evidence: ['apiAccess'] });
    const changed = judge([onChange], {
      users: [aUser({ apiAccess: 7 })],
      earlierUsers: [aUser({ status: 'DISABLED', apiAccess: 7 })],
    });
    expect(changed.failures.get('u1')?.violation.evidence).toMatchObject({
      before: { apiAccess: 7 },
      after: { apiAccess: 7 },
    });
  });
});

describe('what is kept of a user from an earlier run', () => {
  const evidence = ['apiAccess', 'userId', 'status', 'type'];
  const rule = ruleOf('before.status != user.status', { kind: 'change', evidence });
  const keptOf = (isApiBound: boolean | undefined): UserFacts => ({
    id: 'u1',
    hasUserId: true,
    status: 'DISABLED',
    type: 'APP_USER',
    isSuperUser: false,
    isApiBound,
    principalArn: undefined,
  });

  test.each([
    [true, 'ENABLED'],
    [false, 'DISABLED'],
    [undefined, undefined],
  ] as const)('has as its access, where it is bound: %j, %j', (isApiBound, apiAccess) => {
    if (rule.kind !== 'change') throw new Error('it is a rule on change');
    const change = { before: keptOf(isApiBound), after: readUser(aUser(), 0) };
    expect(rule.violation(change, {}, aContext()).evidence).toStrictEqual({
      before: { apiAccess, userId: 'u1', status: 'DISABLED', type: 'APP_USER' },
      after: { apiAccess: 'DISABLED', userId: 'u1', status: 'ENABLED', type: 'APP_USER' },
    });
  });

  test('is nothing of a user that is gone', () => {
    if (rule.kind !== 'change') throw new Error('it is a rule on change');
    const nobody = Object.fromEntries(evidence.map((member) => [member, undefined]));
    expect(rule.violation({ before: undefined, after: undefined }, {}, aContext()).evidence).toStrictEqual({
      before: nobody,
      after: nobody,
    });
  });
});

test.each<[kind: string, definition: Partial<CustomRuleDefinition>, says: string]>([
  ['user', {}, 'all of this holds: `true`; not'],
  ['change', { kind: 'change' }, 'all of this holds: `true`; not'],
  ['directory', { kind: 'directory' }, 'all of this holds of the users: `true`; not'],
  [
    'directory, of some',
    { kind: 'directory', where: ['user.active', 'user.apiBound'] },
    'all of this holds of the users with `user.active`; `user.apiBound`: `true`; not',
  ],
  [
    'directory, by a key',
    { kind: 'directory', by: 'user.status', where: ['user.active'] },
    'all of this holds of a group, by `user.status`, of users with `user.active`: `true`; not',
  ],
])('the catalogue says when a rule fails, of kind %s', (_, definition, says) => {
  const { failsWhen } = ruleOf('true', definition);
  expect(failsWhen).toBe(`${says} assessed where it depends on a member that is missing or unusable`);
});

test('what a rule is made of is said in its own words', () => {
  const onChange = ruleOf('true', { kind: 'change' });
  const counting = ruleOf('true', { kind: 'directory', by: 'user.status' });
  if (onChange.kind !== 'change' || counting.kind !== 'directory') throw new Error('they are of other kinds');
  expect(onChange.when.map(({ text }) => text({}, aContext()))).toEqual([
    'the user was there in the earlier run, and is now',
    'true',
  ]);
  expect(Object.entries(counting.keys ?? {}).map(([name, { text }]) => [name, text])).toEqual([
    ['user.status', 'it is told what user.status is'],
  ]);
});

test('the message is about whom it is asked for, whoever was asked about before', () => {
  const [ada, bob] = ['ada', 'bob'].map((userId) => readUser(aUser({ userId }), 0));
  const rule = ruleOf('user.active', { message: 'user.userId' });
  const counting = ruleOf('count > 0', { kind: 'directory', by: 'user.status', message: 'string(count) + group' });
  if (rule.kind !== 'user' || counting.kind !== 'directory' || ada === undefined || bob === undefined)
    throw new Error('they are of other kinds');
  expect(rule.when[0]?.holds(ada, {}, aContext())).toBe(true);
  expect(rule.violation(bob, {}, aContext()).message).toBe('bob');
  const group = { count: 2, outOf: 3, key: 'A', sharing: 'user.status', users: { userCount: 2, userIds: [] } };
  expect(counting.violation(group, {}, aContext())).toStrictEqual({
    message: '2A',
    evidence: { userCount: 2, userIds: [], counted: 3, group: 'A' },
  });
  expect(counting.violation({ ...group, key: 'B', count: 1 }, {}, aContext()).message).toBe('1B');
  const whole = ruleOf('count > 0', { kind: 'directory' });
  expect(whole.kind === 'directory' && whole.violation(group, {}, aContext()).evidence).toStrictEqual({
    userCount: 2,
    userIds: [],
    counted: 3,
  });
});

test('the reason is about whom it is asked for, whoever was asked about before', () => {
  const rule = ruleOf('user.firstName != "a" && user.lastName != "b"');
  const [ada, bob] = [{ firstName: null }, { lastName: null }].map((record) => readUser(aUser(record), 0));
  if (rule.kind !== 'user' || ada === undefined || bob === undefined) throw new Error('they are of other kinds');
  const [asked] = rule.when;
  expect(asked?.holds(ada, {}, aContext())).toBeUndefined();
  expect(asked?.unknown?.(bob, {}, aContext())).toBe('lastName is missing or unusable');

  const counting = ruleOf('group.domain() == "a"', { kind: 'directory', by: 'user.lastName' });
  if (counting.kind !== 'directory') throw new Error('it is of another kind');
  const bounds = (key: string) => {
    const facts = { count: 1, outOf: 1, key };
    return { low: facts, high: facts, doubt: () => 'it depends' };
  };
  const [clause] = counting.clauses ?? [];
  expect(clause?.holds(bounds('a@a'), {}, aContext())).toBe(true);
  expect(clause?.unknown?.(bounds('Love'), {}, aContext())).toBe('group has no domain');
});

test.each([
  [undefined, 'environment', []],
  ['user.status', 'user', ['user.status']],
  ['user.apiAccessPrincipalArn', 'principal', ['apiAccessPrincipalArn']],
  [' user.apiAccessPrincipalArn ', 'principal', ['apiAccessPrincipalArn']],
])('users that are counted by %j make findings about the %s', (by, about, keys) => {
  const rule = ruleOf('count > 0', { kind: 'directory', ...(by !== undefined && { by }) });
  expect(rule).toMatchObject({ about });
  expect(Object.keys((rule.kind === 'directory' && rule.keys) || {})).toEqual(keys);
});

test.each([
  { clause: 'age(user.createTime) == duration("86400.001s")', createTime: daysAgo(1) - 1, is: { message: 'm' } },
  { clause: 'age(user.createTime) == duration("86400s")', createTime: daysAgo(1) - 1, is: PASS },
  { clause: 'age(user.createTime) == duration("0s")', createTime: NOW + 1, is: { message: 'm' } },
  { clause: 'age(user.createTime) > days(1.5)', createTime: daysAgo(1.5) - 1, is: { message: 'm' } },
  { clause: 'age(user.createTime) > days(1.5)', createTime: daysAgo(1.5), is: PASS },
  { clause: 'daysOld(user.createTime) == 2', createTime: daysAgo(2.9), is: { message: 'm' } },
  { clause: 'now - user.createTime == days(2)', createTime: daysAgo(2), is: { message: 'm' } },
])('a time is told to the millisecond: $clause of $createTime', ({ clause, createTime, is }) => {
  expect(outcomeOf(ruleOf(clause), aUser({ createTime }))).toEqual(is);
});

test.each([
  { clause: 'user.lastName.domain() == "a"', reason: 'lastName has no domain' },
  { clause: '("a" + user.userId).domain() == "a"', reason: 'text has no domain' },
  { clause: '"@".domain() == "a"', reason: 'text has no domain' },
  { clause: 'user.emailAddress.domain() == user.lastName.domain()', reason: 'emailAddress or lastName has no domain' },
  { clause: 'user.lastName.domain() == "a" || user.lastName.domain() == "b"', reason: 'lastName has no domain' },
  { clause: 'user.userId.startsWith("u") && user.lastName.domain() == string(1)', reason: 'lastName has no domain' },
])('$clause: $reason', ({ clause, reason }) => {
  expect(outcomeOf(ruleOf(clause), aUser())).toEqual({ reason });
});

describe('what is unknown', () => {
  const user = aUser({ emailAddress: undefined });
  test.each([
    { clause: 'user.active || user.emailAddress == "a"', is: { message: 'm' } },
    { clause: 'user.emailAddress == "a" || user.active', is: { message: 'm' } },
    { clause: 'user.emailAddress == "a" && !user.active', is: PASS },
    { clause: 'user.emailAddress == "a" && user.active', is: lacking('emailAddress') },
    { clause: '!(user.emailAddress == "a")', is: lacking('emailAddress') },
    { clause: 'user.emailAddress != "a"', is: lacking('emailAddress') },
    { clause: '["a", "b"].exists(x, user.emailAddress == x)', is: lacking('emailAddress') },
    { clause: '["u1"].exists(x, user.userId == x || user.emailAddress == x)', is: { message: 'm' } },
    { clause: 'user.active ? user.emailAddress == "a" : true', is: lacking('emailAddress') },
    { clause: 'user.active ? user.userId == "u1" : user.emailAddress == "a"', is: { message: 'm' } },
    { clause: 'user.active ? user.userId == "u2" : user.emailAddress == "a"', is: PASS },
    { clause: 'user.emailAddress == "a" ? user.active : user.active', is: lacking('emailAddress') },
    { clause: '{"a": user.emailAddress}.a == "x"', is: lacking('emailAddress') },
    { clause: '{"a": user.userId}.a == "u1"', is: { message: 'm' } },
  ])('decides $clause only where it can be told', ({ clause, is }) => {
    expect(outcomeOf(ruleOf(clause), user)).toEqual(is);
  });

  test('does not hide a failure where only the message needs it', () => {
    const rule = ruleOf('user.active', { message: 'string(daysOld(user.lastLoginTime))' });
    expect(outcomeOf(rule, aUser({ lastLoginTime: 0 }))).toEqual({
      message: "fails; more can't be told, since lastLoginTime is missing or unusable",
    });
  });
});

test.each([
  { clause: '1 / (options.n - 7) > 1 || user.userId == "a"', says: 'division by zero' },
  { clause: '{"a": 2}[user.userId] == 1', says: 'No such key: u1' },
  {
    clause: 'age(user.createTime) > days(1.0 / double(options.n - 7))',
    says: 'The number Infinity cannot be converted to a BigInt because it is not an integer',
  },
])('a rule that breaks, as $clause, is told as one that broke', ({ clause, says }) => {
  const rule = ruleOf(clause, { options: { n: 7 } });
  expect(outcomeOf(rule, aUser())).toEqual({ error: `Error: ${clause}: ${says}` });
});

describe('a rule on change', () => {
  const rule = ruleOf('before.type != user.type && user.superUser', { kind: 'change', evidence: ['type'] });
  const promoted = aUser({ type: 'SUPER_USER' });
  test.each([
    { name: 'promoted', before: aUser(), is: { message: 'm, since run 20261123T020000Z' } },
    { name: 'as before', before: promoted, is: PASS },
    {
      name: 'not known before',
      before: aUser({ type: null }),
      is: { reason: 'in the earlier run type is missing or unusable' },
    },
    { name: 'not there before', before: aUser({ userId: 'u2' }), is: PASS },
  ])('$name', ({ before, is }) => {
    expect(outcomeOf(rule, promoted, { earlierUsers: [before] })).toEqual(is);
  });
});

test.each([
  { clause: 'user.apiBound && user.active', user: { status: 'DISABLED', apiAccess: null }, is: PASS },
  { clause: 'user.apiBound && user.active', user: { apiAccess: null }, is: lacking('apiAccess') },
  { clause: '!(user.apiBound && user.superUser)', user: { apiAccess: 'ENABLED' }, is: { message: 'm' } },
  { clause: '!user.superUser && !!user.active', user: {}, is: { message: 'm' } },
  { clause: '!user.superUser', user: { type: 'SUPER_USER' }, is: PASS },
  { clause: 'options.yes && user.active', user: {}, is: { message: 'm' } },
  { clause: 'user.active && !options.yes', user: {}, is: PASS },
  { clause: 'options.yes', user: {}, is: { message: 'm' } },
])('$clause of a user with $user', ({ clause, user, is }) => {
  expect(outcomeOf(ruleOf(clause, { options: { yes: true } }), aUser(user))).toEqual(is);
});

describe('what is read beside the listing', () => {
  const arn = aRoleArn('a');
  const bound = anApiUser({ apiAccessPrincipalArn: arn });
  const role = { roleId: 'AROA1', createdAt: daysAgo(400), lastUsedAt: daysAgo(91), trust: undefined };
  const knowing = (facts: RoleFacts | undefined) => ({ roles: () => facts });
  const answered = (overrides: Partial<Role> | null) =>
    knowing({ answer: { readAt: NOW, role: overrides && { ...role, ...overrides } } });
  const unused = '!has(role.lastUsedTime) || age(role.lastUsedTime) > days(90)';
  const memberOf = (groups: readonly string[], unread?: string) => ({
    memberships: { unread, groupsOf: (_: string, permission: string) => (permission[0] === 'M' ? groups : []) },
  });
  const managing = 'groups.ManageUsersAndGroups.exists(group, !(group in options.allowed))';
  const many = (count: number) => Array.from({ length: count }, (_, n) => `g${n}`);

  test.each([
    { clause: unused, context: answered({}), is: { message: 'm' } },
    { clause: unused, context: answered({ lastUsedAt: daysAgo(90) }), is: PASS },
    { clause: unused, context: answered({ lastUsedAt: null }), is: { message: 'm' } },
    { clause: unused, context: answered(null), is: { message: 'm' } },
    {
      clause: unused,
      context: answered({ lastUsedAt: undefined }),
      is: { reason: 'the last use of the role was not read' },
    },
    { clause: unused, context: {}, is: { reason: 'roles were not read' } },
    { clause: unused, context: knowing({ unread: 'access denied' }), is: { reason: 'access denied' } },
    {
      clause: unused,
      context: knowing(undefined),
      is: { reason: 'apiAccessPrincipalArn is no role of an own or trusted account' },
    },
    { clause: unused, user: aUser(), context: answered({}), is: lacking('apiAccessPrincipalArn') },
    { clause: 'role.exists', context: answered(null), is: PASS },
    { clause: '!role.exists', context: answered(null), is: { message: 'm' } },
    { clause: 'role.roleId == "AROA1"', context: answered(null), is: lacking('role.roleId') },
    { clause: 'role.createTime < now', context: answered(null), is: lacking('role.createTime') },
    {
      clause: 'role.roleId == "AROA1"',
      context: { roles: (of: string) => (of === arn ? { answer: { readAt: NOW, role } } : undefined) },
      is: { message: 'm' },
    },
    { clause: 'role.exists || user.active', context: {}, is: { message: 'm' } },
    { clause: 'role.exists && !user.active', context: {}, is: PASS },
    { clause: managing, context: memberOf(['g9']), is: { message: 'm' } },
    { clause: managing, context: memberOf(['g1']), is: PASS },
    { clause: managing, context: memberOf([]), is: PASS },
    { clause: managing, context: {}, is: { reason: 'permission groups were not read' } },
    { clause: managing, context: memberOf(['g9'], 'throttled out'), is: { reason: 'throttled out' } },
    { clause: managing, user: aUser({ userId: null }), context: memberOf([]), is: { reason: 'userId is missing' } },
    { clause: managing, context: memberOf(many(50)), is: { message: 'm' } },
    { clause: managing, context: memberOf(many(51)), is: { reason: 'over 50 groups have ManageUsersAndGroups' } },
    { clause: '"g1" in groups.GetTemporaryCredentials', context: memberOf(['g1']), is: PASS },
    {
      clause: '"g1" in groups.GetTemporaryCredentials',
      context: { memberships: memberships({ u1: { g1: 'GetTemporaryCredentials' } }) },
      is: { message: 'm' },
    },
    { clause: 'age(role.createTime) > days(399)', context: answered({}), is: { message: 'm' } },
    { clause: 'age(role.createTime) > days(400)', context: answered({}), is: PASS },
    { clause: 'role.createTime < now', context: answered({ createdAt: undefined }), is: lacking('role.createTime') },
    { clause: 'role.exists', context: knowing({}), is: { reason: 'the role was not read' } },
    { clause: 'has(groups.GetTemporaryCredentials)', context: {}, is: { reason: 'permission groups were not read' } },
  ])('$clause: $is', ({ clause, user = bound, context, is }) => {
    expect(outcomeOf(ruleOf(clause, { options: { allowed: ['g1'] } }), user, { context })).toEqual(is);
  });
});

test.each([
  {
    name: 'bound to a role that is not there',
    roles: () => ({ answer: { readAt: NOW, role: null } }),
    is: { message: 'm, since run 20261123T020000Z' },
  },
  { name: 'not read', roles: undefined, is: { reason: 'roles were not read' } },
])('a change may ask for what is read beside the listing: $name', ({ roles, is }) => {
  const rule = ruleOf('before.apiAccessPrincipalArn != user.apiAccessPrincipalArn && !role.exists', { kind: 'change' });
  const [before, after] = ['a', 'b'].map((name) => anApiUser({ apiAccessPrincipalArn: aRoleArn(name) }));
  expect(outcomeOf(rule, after, { earlierUsers: [before], context: { roles } })).toEqual(is);
});

test.each([
  {
    name: 'whose role is gone',
    roles: () => ({ answer: { readAt: NOW, role: null } }),
    is: { message: 'm, since run 20261123T020000Z' },
  },
  { name: 'whose role was not read', roles: undefined, is: { reason: 'roles were not read' } },
])('a change is asked for of a user that is as it was, $name', ({ roles, is }) => {
  const clause = 'before.apiAccessPrincipalArn == user.apiAccessPrincipalArn && !role.exists';
  expect(
    outcomeOf(ruleOf(clause, { kind: 'change' }), anApiUser(), { earlierUsers: [anApiUser()], context: { roles } }),
  ).toEqual(is);
});

test.each([
  { name: 'was not there', record: 'before', before: undefined, after: readUser(anApiUser(), 0) },
  { name: 'is gone', record: 'user', before: readUser(anApiUser(), 0), after: undefined },
])('explain says of a user that $name that it can’t be told what it was like', ({ record, before, after }) => {
  const failsWhen = Object.entries(KEPT_FIELDS).map(([member, type]) =>
    type === 'bool' ? `${record}.${member}` : `${record}.${member} == ""`,
  );
  const rule = ruleOf('', { kind: 'change', failsWhen });
  const change = { before, after, beforeRecord: undefined, afterRecord: undefined };
  expect(explainChange({ rule, state: 'on', options: {} }, change, aContext())).toMatchObject({
    outcome: 'PASS',
    conditions: [{ holds: false }, ...failsWhen.map((text) => ({ text, holds: undefined }))],
  });
});

test('explain shows each clause, and the members that were read', () => {
  const { rule } = aCustomRule();
  const record = contractor({ createTime: daysAgo(1) });
  const configured = { rule, state: 'on' as const, options: rule.options };
  expect(explainUser(configured, readUser(record, 0), record, aContext())).toMatchObject({
    outcome: 'PASS',
    conditions: [
      { text: 'user.active && user.apiBound', holds: true },
      { text: 'user.emailAddress.domain() == options.domain', holds: true },
      { text: 'age(user.createTime) > days(options.graceDays)', holds: false },
    ],
    values: [{ member: 'status' }, { member: 'apiAccess' }, { member: 'emailAddress' }, { member: 'createTime' }],
  });
});

test('a whole-number option stays one, and a list has an end', () => {
  const { rule } = aCustomRule({ options: { domain: 'contractor.example.com', graceDays: 7, l: ['a'] } });
  expect(rule.optionsError?.({ ...rule.options, graceDays: 1.5 })).toBe(
    'graceDays must be a whole number, as its default is, got 1.5',
  );
  expect(rule.optionsError?.({ ...rule.options, l: Array(1001).fill('a') })).toBe(
    'l must list at most 1000 texts, got 1001',
  );
  expect(rule.optionsError?.({ ...rule.options, l: Array(1000).fill('a') })).toBeUndefined();
  expect(rule.optionsError?.({ ...rule.options, domain: 'a'.repeat(1001) })).toBeUndefined();
});

test('what was bundled is compiled again, and refused where it is none any more', () => {
  const { definition, rule } = aCustomRule();
  const [again] = customRules([JSON.parse(JSON.stringify(definition))]);
  expect(JSON.stringify(again)).toBe(JSON.stringify(rule));
  expect(() => customRules([{ ...definition, message: '1', evidence: ['x'] }])).toThrow(
    /^x-contractor-api-access: must give a string, got int; must be one of userId, .*, got "x"$/,
  );
});
