import { expect, test } from '@jest/globals';
import { DAY_MS } from '../../rules/engine/time.ts';
import idlePrincipal from '../../rules/idle-principal.ts';
import { anApiUser, answered, aRole, aRoleArn, daysAgo, NOW } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

const ARN = aRoleArn('role-of-u1');
const users = [anApiUser()];
const role = (lastUsedAt: number | null | undefined, createdAt: number | undefined = daysAgo(500)) => ({
  roles: () => answered({ lastUsedAt, createdAt }),
});

/** A role that was not used within the 400 days before it was asked for, so many days after the users were listed. */
const askedLater = (days: number) => {
  const { answer } = answered({ lastUsedAt: null, createdAt: daysAgo(500) });
  return { roles: () => ({ answer: answer && { ...answer, readAt: NOW + days * DAY_MS } }) };
};

testRule(idlePrincipal, {
  passes: [
    { name: 'a role used exactly as long ago as allowed', users, context: role(daysAgo(90)) },
    { name: 'a role used after now', users, context: role(NOW + 1) },
    { name: 'a role never used and created as long ago', users, context: role(null, daysAgo(90)) },
    { name: 'a role that is not there, which another rule tells of', users, context: { roles: () => answered(null) } },
    { name: 'a role on a disabled user', users: [anApiUser({ status: 'DISABLED' })], context: role(daysAgo(91)) },
    { name: 'a role on a user without API access', users: [anApiUser({ apiAccess: 'DISABLED' })], context: role(null) },
    { name: 'within another limit', users, options: { maxDays: 400 }, context: role(daysAgo(400)) },
  ],
  fails: [
    {
      name: 'a role whose last use was told long after it',
      users,
      context: { roles: () => ({ answer: { readAt: NOW + 500 * DAY_MS, role: aRole({ lastUsedAt: daysAgo(91) }) } }) },
      violations: { [ARN]: { message: 'the role was last used 91 days ago; at most 90 allowed' } },
    },
    {
      name: 'a role never used since it was created, as far back as IAM tells of, and further',
      users: ['u1', 'u2'].map((userId) => anApiUser({ userId })),
      context: { roles: (arn) => answered({ lastUsedAt: null, createdAt: daysAgo(400) - (arn === ARN ? 0 : 1) }) },
      violations: {
        [ARN]: { message: 'the role was never used since it was created 400 days ago; at most 90 allowed' },
        [aRoleArn('role-of-u2')]: {
          message: 'the role was not used within the 400 days that IAM tells of; at most 90 allowed',
        },
      },
    },
    {
      name: 'a role used a moment longer ago',
      users,
      context: role(daysAgo(90) - 1),
      violations: {
        [ARN]: { message: 'the role was last used over 90 days ago; at most 90 allowed', severity: 'LOW' },
      },
    },
    {
      name: 'a role used a day longer ago',
      users,
      context: role(daysAgo(91)),
      violations: {
        [ARN]: {
          message: 'the role was last used 91 days ago; at most 90 allowed',
          evidence: { lastUsedAt: '2026-08-25T02:00:00.000Z', allowedDays: 90 },
        },
      },
    },
    {
      name: 'a role never used since it was created',
      users,
      context: role(null, daysAgo(91)),
      violations: {
        [ARN]: {
          message: 'the role was never used since it was created 91 days ago; at most 90 allowed',
          evidence: { lastUsedAt: null, createdAt: '2026-08-25T02:00:00.000Z' },
        },
      },
    },
    {
      name: 'a role not used within what IAM tells of',
      users,
      context: role(null, daysAgo(500)),
      violations: {
        [ARN]: {
          message: 'the role was not used within the 400 days that IAM tells of; at most 90 allowed',
          evidence: { lastUsedAt: null },
        },
      },
    },
    {
      name: 'a role asked for long after now, as far as IAM tells of then',
      users,
      context: askedLater(311),
      violations: { [ARN]: { severity: 'LOW' } },
    },
  ],
  notAssessed: [
    {
      name: 'a role asked for so long after now that IAM tells nothing of then',
      users,
      context: askedLater(312),
      reasons: { [ARN]: 'IAM does not tell when the role was used or created' },
    },
    {
      name: 'a role of which ListRoles did not tell when it was used',
      users,
      context: role(undefined),
      reasons: { [ARN]: 'IAM does not tell when the role was used or created' },
    },
    {
      name: 'a role never used, and who knows when created',
      users,
      context: { roles: () => answered({ lastUsedAt: null, createdAt: undefined }) },
      reasons: { [ARN]: 'IAM does not tell when the role was used or created' },
    },
    {
      name: 'a role that may be in use',
      users: [anApiUser({ apiAccess: null })],
      context: role(daysAgo(91)),
      reasons: { [ARN]: 'apiAccess of its users is missing or not a documented value' },
    },
    {
      name: 'a role that was not read',
      users,
      context: { roles: () => ({ unread: 'throttled' }) },
      reasons: { [ARN]: 'throttled' },
    },
  ],
});

test.each([
  [400, undefined],
  [401, 'maxDays must be at most 400, since IAM remembers no longer, got 401'],
  [-1, 'maxDays must be a whole number, 0 or more, got -1'],
])('a limit of %d days: %s', (maxDays, error) => {
  expect(idlePrincipal.kind === 'principal' && idlePrincipal.optionsError?.({ maxDays })).toBe(error);
});
