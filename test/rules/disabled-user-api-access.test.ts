import rule from '../../rules/disabled-user-api-access.ts';
import { anApiUser, aRoleArn, aUser } from '../support/builders.ts';
import { testRule, UNKNOWN, unknownApiAccess, unknownStatus } from '../support/rule-tester.ts';

testRule(rule, {
  passes: [
    { name: 'an enabled user with API access', users: [anApiUser()] },
    { name: 'a disabled user without API access', users: [aUser({ status: 'DISABLED' })] },
    { name: 'a user in creation with API access', users: [anApiUser({ status: 'CREATING' })] },
    { name: 'an enabled user of unknown apiAccess', users: [aUser({ apiAccess: undefined })] },
    { name: 'a user without a status and without API access', users: [aUser({ status: undefined })] },
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
          evidence: { status: 'DISABLED', apiAccess: 'ENABLED', apiAccessPrincipalArn: aRoleArn('role-of-u1') },
        },
        u2: {},
      },
    },
  ],
  notAssessed: [
    ...UNKNOWN.flatMap(([name, value]) => [
      {
        name: `a disabled user whose apiAccess is ${name}`,
        users: [aUser({ status: 'DISABLED', apiAccess: value })],
        reasons: { u1: unknownApiAccess },
      },
      {
        name: `an API-bound user whose status is ${name}`,
        users: [anApiUser({ status: value })],
        reasons: { u1: unknownStatus },
      },
    ]),
  ],
});
