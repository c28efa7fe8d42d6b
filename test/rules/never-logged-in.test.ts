import { expect, test } from '@jest/globals';
import type { RoleFacts } from '../../rules/engine/facts.ts';
import rule from '../../rules/never-logged-in.ts';
import { anApiUser, answered, aRoleArn, aUser, daysAgo, NOW, type UserRecord } from '../support/builders.ts';
import { memberships } from '../support/memberships.ts';
import { judge, testRule, UNKNOWN, unknownStatus } from '../support/rule-tester.ts';

const unused = (overrides = {}) =>
  aUser({ lastLoginTime: undefined, createTime: daysAgo(46), lastEnabledTime: undefined, ...overrides });
const seconds = daysAgo(10) / 1000;

testRule(rule, {
  passes: [
    { name: 'created exactly 45 days ago', users: [unused({ createTime: daysAgo(45) })] },
    { name: 'created long ago, enabled exactly 45 days ago', users: [unused({ lastEnabledTime: daysAgo(45) })] },
    {
      name: 'enabled long ago, created exactly 45 days ago',
      users: [unused({ createTime: daysAgo(45), lastEnabledTime: daysAgo(90) })],
    },
    { name: 'one login, a year ago', users: [unused({ lastLoginTime: daysAgo(365) })] },
    { name: 'an unusable login is not never', users: [unused({ lastLoginTime: 'yesterday' })] },
    { name: 'a disabled user', users: [unused({ status: 'DISABLED' })] },
    { name: 'a user in creation', users: [unused({ status: 'CREATING' })] },
    {
      name: 'a user without a status, created a short time ago',
      users: [unused({ status: undefined, createTime: daysAgo(1) })],
    },
    { name: 'within a longer limit', users: [unused()], options: { maxDays: 46 } },
  ],
  fails: [
    {
      name: 'created a millisecond longer than 45 days ago, and never enabled since',
      users: [unused({ createTime: daysAgo(45) - 1 })],
      violations: {
        u1: {
          message: 'never logged in, over 45 days after being created or enabled; at most 45 allowed',
          severity: 'MEDIUM',
          evidence: { createTime: daysAgo(45) - 1, unusedDays: 45, allowedDays: 45 },
        },
      },
    },
    ...[
      { name: 'its last use', lastUsedAt: daysAgo(1), said: '2026-11-23T02:00:00.000Z' },
      { name: 'that it was not used', lastUsedAt: null, said: 'not within 400 days' },
    ].map(({ name, lastUsedAt, said }) => ({
      name: `a service identity whose role tells ${name}: evidence, and no pass`,
      users: [unused({ apiAccess: 'ENABLED', apiAccessPrincipalArn: aRoleArn() })],
      context: { roles: () => answered({ lastUsedAt }) },
      violations: {
        u1: { severity: 'LOW' as const, evidence: { roleLastUsedAt: said, roleReadAt: new Date(NOW).toISOString() } },
      },
    })),
    {
      name: 'an effective super user',
      users: [unused()],
      context: { memberships: memberships({ u1: { g1: 'ManageUsersAndGroups' } }) },
      violations: { u1: { severity: 'HIGH' } },
    },
    {
      name: 'the later of the two times counts, whichever it is',
      users: [
        unused({ createTime: daysAgo(90), lastEnabledTime: daysAgo(46) }),
        unused({ userId: 'u2', createTime: daysAgo(47), lastEnabledTime: daysAgo(90) }),
      ],
      violations: {
        u1: { message: 'never logged in, 46 days after being created or enabled; at most 45 allowed' },
        u2: { message: 'never logged in, 47 days after being created or enabled; at most 45 allowed' },
      },
    },
    {
      name: 'null and 0 are never',
      users: [unused({ lastLoginTime: null }), unused({ userId: 'u2', lastLoginTime: 0, lastEnabledTime: 0 })],
      violations: { u1: { evidence: { lastLoginTime: null } }, u2: { evidence: { lastLoginTime: 0 } } },
    },
    {
      name: 'an unusable time is left out',
      users: [
        unused({ lastEnabledTime: seconds }),
        unused({ userId: 'u2', createTime: NOW + 300_001, lastEnabledTime: daysAgo(46) }),
      ],
      violations: { u1: { evidence: { lastEnabledTime: seconds } }, u2: {} },
    },
    { name: 'a super user', users: [unused({ type: 'SUPER_USER' })], violations: { u1: { severity: 'HIGH' } } },
    {
      name: 'a super user that is API-bound: no service identity',
      users: [unused({ type: 'SUPER_USER', apiAccess: 'ENABLED', apiAccessPrincipalArn: aRoleArn() })],
      violations: { u1: { severity: 'HIGH' } },
    },
    {
      name: 'an API-bound user with a well-formed role: maybe a service identity',
      users: [anApiUser({ lastLoginTime: undefined })],
      violations: { u1: { severity: 'LOW' } },
    },
    {
      name: 'API-bound with a malformed principal or none, and a role without API access: no service identities',
      users: [
        unused({ apiAccess: 'ENABLED', apiAccessPrincipalArn: 'arn:aws:iam::111122223333:root' }),
        unused({ userId: 'u2', apiAccess: 'ENABLED' }),
        unused({ userId: 'u3', apiAccessPrincipalArn: aRoleArn() }),
      ],
      violations: { u1: { severity: 'MEDIUM' }, u2: { severity: 'MEDIUM' }, u3: { severity: 'MEDIUM' } },
    },
    {
      name: 'of unknown type: it may be a super user',
      users: [unused({ type: undefined }), anApiUser({ userId: 'u2', lastLoginTime: 0, type: 'ROOT' })],
      violations: { u1: { severity: 'HIGH' }, u2: { severity: 'HIGH' } },
    },
    {
      name: 'a role and unknown apiAccess: it may be no service identity',
      users: [anApiUser({ lastLoginTime: undefined, apiAccess: null })],
      violations: { u1: { severity: 'MEDIUM' } },
    },
    {
      name: 'past a shorter limit',
      users: [unused({ createTime: daysAgo(2) })],
      options: { maxDays: 1 },
      violations: { u1: { message: 'never logged in, 2 days after being created or enabled; at most 1 allowed' } },
    },
  ],
  notAssessed: [
    ...UNKNOWN.map(([name, status]) => ({
      name: `status is ${name}`,
      users: [unused({ status })],
      reasons: { u1: unknownStatus },
    })),
    {
      name: 'neither time is there',
      users: [unused({ createTime: undefined })],
      reasons: { u1: 'neither createTime nor lastEnabledTime is usable' },
    },
    {
      name: 'one is never and the other unusable',
      users: [unused({ createTime: 0, lastEnabledTime: seconds })],
      reasons: { u1: 'neither createTime nor lastEnabledTime is usable' },
    },
  ],
});

const serviceIdentity = unused({ apiAccess: 'ENABLED', apiAccessPrincipalArn: aRoleArn() });

test.each<[name: string, user: UserRecord, roles: (() => RoleFacts | undefined) | undefined]>([
  ['of a user without API access', { ...serviceIdentity, apiAccess: 'DISABLED' }, () => answered()],
  ['of what is no role', { ...serviceIdentity, apiAccessPrincipalArn: ':roleX' }, () => answered()],
  ['that nobody asked for', serviceIdentity, () => answered({ lastUsedAt: undefined })],
  ['of a role that is not there', serviceIdentity, () => answered(null)],
  ['of a role that was not read', serviceIdentity, () => ({ unread: 'throttled' })],
  ['of a role that is not known', serviceIdentity, () => undefined],
  ['where no roles are read', serviceIdentity, undefined],
])('the use %s is no evidence', (_, user, roles) => {
  const { failures } = judge([rule], { users: [user], context: { roles } });
  const members = Object.keys(failures.get('u1')?.violation.evidence ?? {});
  expect(members).toEqual(expect.arrayContaining(['unusedDays', 'allowedDays']));
  expect(members.filter((member) => member.startsWith('role'))).toStrictEqual([]);
});
