import rule from '../../rules/disabled-user-api-access.ts';
import { anApiUser, aRoleArn, aUser } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

testRule(rule, {
  passes: [
    { name: 'an enabled user with API access', users: [anApiUser()] },
    { name: 'a disabled user without API access', users: [aUser({ status: 'DISABLED' })] },
    {
      name: 'a disabled user whose apiAccess is missing',
      users: [aUser({ status: 'DISABLED', apiAccess: undefined })],
    },
    { name: 'a user without a status', users: [anApiUser({ status: undefined })] },
    { name: 'a user of an unrecognised status', users: [anApiUser({ status: 'disabled' })] },
  ],
  fails: [
    {
      name: 'a disabled user with API access, with a principal or without',
      users: [
        anApiUser({ status: 'DISABLED' }),
        anApiUser({ userId: 'u2', status: 'DISABLED', apiAccessPrincipalArn: undefined }),
      ],
      violations: {
        u1: {
          message: 'disabled, yet API access stays on: enabling the user revives it',
          severity: 'MEDIUM',
          evidence: {
            status: 'DISABLED',
            apiAccess: 'ENABLED',
            apiAccessPrincipalArn: aRoleArn('role-of-u1'),
          },
        },
        u2: {},
      },
    },
  ],
});
