import { describe, expect, test } from '@jest/globals';
import { configureRules, type RuleSettings } from '../../../rules/engine/configure.ts';
import { readUser, type User } from '../../../rules/engine/user.ts';
import {
  beginCounting,
  type ConfiguredDirectoryRule,
  explainChange,
  explainGroups,
  explainUser,
  sharedBy,
} from '../../../rules/explain/explain.ts';
import { rules } from '../../../rules/index.ts';
import { aContext, anApiUser, aRoleArn, aUser, daysAgo, type UserRecord } from '../../support/builders.ts';

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
    expect(explanation?.clauses.at(-1)).toEqual({
      text: 'lastLoginTime is older than 45 days',
      holds: last,
    });
    expect(explanation?.values).toEqual([
      { member: 'status', value: 'ENABLED' },
      { member: 'type', value: 'SUPER_USER' },
      { member: 'lastLoginTime', value: lastLoginTime },
    ]);
    expect([...(explanation?.context ?? [])]).toEqual(['now']);
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
    [aUser({ lastLoginTime: daysAgo(91), type: 'SUPER_USER' }), {}, 'HIGH', 'HIGH for super users'],
    [aUser({ lastLoginTime: daysAgo(91) }), { severity: 'LOW' as const }, 'LOW', 'as the config sets it'],
  ])('the severity and why', (record, settings, severity, severityReason) => {
    expect(explained('stale-login', record, settings)).toMatchObject({ severity, severityReason });
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
    expect(values?.[0]).toEqual({ member: 'status', before: 'ENABLED' });
  });
});

describe('a rule on the whole directory', () => {
  const directoryRule = (id: string): ConfiguredDirectoryRule => {
    const configured = configuredOf(id);
    if (configured.rule.kind !== 'directory') throw new Error(`${id} is no directory rule`);
    return { ...configured, rule: configured.rule };
  };
  const explain = (id: string, records: readonly UserRecord[], about?: number) => {
    const configured = directoryRule(id);
    const users = records.map(readUser);
    const user: User | undefined = about === undefined ? undefined : users[about];
    const counting = beginCounting(
      configured,
      user === undefined ? [undefined] : sharedBy(configured, user),
      aContext(),
    );
    for (const one of users) counting.see(one);
    const groups = counting.groups();
    const record = about === undefined ? undefined : records[about];
    return { groups, ...explainGroups(configured, groups, user, record, aContext()) };
  };
  const superUsers = (count: number) =>
    Array.from({ length: count }, (_, n) => aUser({ userId: `s${n}`, type: 'SUPER_USER' }));

  test.each([
    [3, 'PASS'],
    [4, 'FAIL'],
  ])('%i super users: %s', (count, outcome) => {
    expect(explain('too-many-super-users', [...superUsers(count), aUser()])).toMatchObject({
      outcome,
      clauses: [{ text: `there are more than 3 such users: ${count}`, holds: count > 3 }],
      whom: ['status is not DISABLED', 'type is SUPER_USER'],
      groups: [{ count, shared: undefined }],
    });
  });

  test('concerns those who count only', () => {
    const users = [...superUsers(4), aUser()];
    expect(explain('too-many-super-users', users, 0).outcome).toBe('FAIL');
    expect(explain('too-many-super-users', users, 4).outcome).toBe('PASS');
  });

  test('counts each group of a user', () => {
    const twin = { firstName: 'ZEBULON', lastName: ' Quagmire  u1' };
    const { outcome, clauses, groups } = explain(
      'duplicate-person',
      [aUser(), aUser({ userId: 'u2', ...twin })],
      0,
    );
    expect(outcome).toBe('FAIL');
    expect(groups.map(({ shared, count, ids }) => [shared?.name, count, ids])).toEqual([
      ['emailAddress', 1, ['u1']],
      ['firstName and lastName', 2, ['u1', 'u2']],
    ]);
    expect(clauses.at(-1)?.alternatives?.map(({ holds }) => holds)).toEqual([false, true]);
  });

  test('has nothing against a user that shares nothing', () => {
    const nameless = aUser({ emailAddress: undefined, firstName: '', lastName: '' });
    expect(explain('duplicate-person', [nameless, nameless], 0).outcome).toBe('PASS');
  });
});
