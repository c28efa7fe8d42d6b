import rule from '../../rules/principal-not-a-role.ts';
import { ACCOUNT, anApiUser, aUser } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

const root = `arn:aws:iam::${ACCOUNT}:root`;
const bound = (apiAccessPrincipalArn: unknown, overrides = {}) => anApiUser({ apiAccessPrincipalArn, ...overrides });

testRule(rule, {
  passes: [
    { name: 'a well-formed role', users: [anApiUser()] },
    { name: 'a role of a foreign account', users: [bound('arn:aws:iam::999988887777:role/x')] },
    { name: 'no principal: missing, null, empty', users: [bound(undefined), bound(null), bound('')] },
  ],
  fails: [
    {
      name: 'the root of an account',
      users: [bound(root), anApiUser({ userId: 'u2' })],
      violations: {
        u1: {
          message: 'API principal is not a well-formed role ARN',
          severity: 'HIGH',
          evidence: { apiAccessPrincipalArn: root },
        },
      },
    },
    { name: 'a blank', users: [bound(' ')], violations: { u1: { evidence: { apiAccessPrincipalArn: ' ' } } } },
    { name: 'something that is no text', users: [bound(0)], violations: { u1: { severity: 'HIGH' } } },
    {
      name: 'users that are disabled or not API-bound, and that may be neither',
      users: [
        bound(root, { status: 'DISABLED' }),
        aUser({ userId: 'u2', apiAccessPrincipalArn: root }),
        bound(root, { userId: 'u3', status: undefined }),
        bound(root, { userId: 'u4', apiAccess: null }),
        bound(root, { userId: 'u5', apiAccess: null, status: 'DISABLED' }),
      ],
      violations: {
        u1: { severity: 'LOW' },
        u2: { severity: 'LOW' },
        u3: { severity: 'HIGH' },
        u4: { severity: 'HIGH' },
        u5: { severity: 'LOW' },
      },
    },
  ],
});
