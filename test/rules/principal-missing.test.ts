import rule from '../../rules/principal-missing.ts';
import { ACCOUNT, anApiUser, answered, aRoleArn, aUser, daysAgo } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

const ARN = aRoleArn('role-of-u1');
const missing = () => answered(null);
const users = [anApiUser()];
const message = 'the role does not exist: IAM does not know it';

testRule(rule, {
  passes: [
    { name: 'nobody', users: [aUser()] },
    { name: 'a role that IAM knows', users },
    {
      name: 'a role of an account that is not trusted, which another rule tells of',
      users: [anApiUser({ apiAccessPrincipalArn: aRoleArn('x', '999988887777') })],
      context: { roles: missing },
    },
    {
      name: 'a role of another partition',
      users: [anApiUser({ apiAccessPrincipalArn: `arn:aws-cn:iam::${ACCOUNT}:role/x` })],
      context: { roles: missing },
    },
    { name: 'no role', users: [anApiUser({ apiAccessPrincipalArn: ':roleX' })], context: { roles: missing } },
  ],
  fails: [
    {
      name: 'a role that IAM does not know',
      users,
      context: { roles: missing },
      violations: {
        [ARN]: {
          message,
          severity: 'HIGH',
          evidence: {
            apiAccessPrincipalArn: ARN,
            userCount: 1,
            userIds: ['u1'],
            roleReadAt: '2026-11-24T02:00:00.000Z',
          },
        },
      },
    },
    {
      name: 'one of a trusted account, once for all of its users',
      users: ['u2', 'u1', 'u3'].map((userId) =>
        anApiUser({ userId, apiAccessPrincipalArn: aRoleArn('x', '444455556666') }),
      ),
      context: { roles: missing, trustedAccounts: new Set([ACCOUNT, '444455556666']) },
      violations: { [aRoleArn('x', '444455556666')]: { evidence: { userCount: 3, userIds: ['u1', 'u2', 'u3'] } } },
    },
    ...[
      { name: 'a disabled user', user: { status: 'DISABLED' } },
      { name: 'a user without API access', user: { apiAccess: 'DISABLED' } },
    ].map(({ name, user }) => ({
      name: `one on ${name} only is LOW`,
      users: [anApiUser(user)],
      context: { roles: missing },
      violations: { [ARN]: { message, severity: 'LOW' as const } },
    })),
    {
      name: 'where it may be in use, the higher severity holds',
      users: [anApiUser({ apiAccess: undefined })],
      context: { roles: missing },
      violations: { [ARN]: { severity: 'HIGH' } },
    },
    {
      name: 'one user that reaches the API by it is enough',
      users: [
        anApiUser({ userId: 'u2', status: 'DISABLED', apiAccessPrincipalArn: ARN }),
        anApiUser(),
        anApiUser({ userId: 'u3', apiAccess: 'DISABLED', apiAccessPrincipalArn: ARN }),
      ],
      context: { roles: missing },
      violations: { [ARN]: { severity: 'HIGH' } },
    },
    {
      name: 'an answer that stands in for one of this run says so',
      users,
      context: { roles: () => ({ answer: { readAt: daysAgo(6), role: null }, unread: 'GetRole was throttled' }) },
      violations: {
        [ARN]: { evidence: { roleReadAt: '2026-11-18T02:00:00.000Z', roleNotReadInThisRun: 'GetRole was throttled' } },
      },
    },
  ],
  notAssessed: [
    {
      name: 'a role that nobody could tell of',
      users,
      context: { roles: () => ({ unread: 'GetRole failed: AccessDenied (403)' }) },
      reasons: { [ARN]: 'GetRole failed: AccessDenied (403)' },
    },
    {
      name: 'an answer that is too old',
      users,
      context: { roles: () => ({ outdated: { readAt: daysAgo(8), role: null }, unread: 'there was no time' }) },
      reasons: { [ARN]: 'there was no time' },
    },
    {
      name: 'a role that was not asked for',
      users,
      context: { roles: () => undefined },
      reasons: { [ARN]: 'the role was not read' },
    },
    {
      name: 'where no roles were read at all',
      users,
      context: { roles: undefined },
      reasons: { [ARN]: 'the role was not read' },
    },
  ],
});
