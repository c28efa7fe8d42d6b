import rule from '../../rules/super-user-api-access.ts';
import { anApiUser, aRoleArn, aUser } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

testRule(rule, {
  passes: [
    { name: 'an application user with API access', users: [anApiUser()] },
    { name: 'a super user without API access', users: [aUser({ type: 'SUPER_USER' })] },
    {
      name: 'a disabled super user with API access',
      users: [anApiUser({ type: 'SUPER_USER', status: 'DISABLED' })],
    },
    {
      name: 'a super user whose apiAccess is missing',
      users: [aUser({ type: 'SUPER_USER', apiAccess: undefined })],
    },
  ],
  fails: [
    {
      name: 'an enabled super user with API access, beside one without',
      users: [anApiUser({ type: 'SUPER_USER' }), aUser({ userId: 'u2', type: 'SUPER_USER' })],
      violations: {
        u1: {
          message: 'super user with API access',
          severity: 'HIGH',
          evidence: { status: 'ENABLED', type: 'SUPER_USER', apiAccessPrincipalArn: aRoleArn('role-of-u1') },
        },
      },
    },
    {
      name: 'a super user in creation, and one of an unrecognised status: both count as active',
      users: [
        anApiUser({ type: 'SUPER_USER', status: 'CREATING' }),
        anApiUser({ userId: 'u2', type: 'SUPER_USER', status: 'PAUSED' }),
      ],
      violations: { u1: {}, u2: {} },
    },
    {
      name: 'a super user without a userId, under its place in the listing',
      users: [aUser(), { type: 'SUPER_USER', apiAccess: 'ENABLED' }],
      violations: { '#1': { evidence: { status: undefined } } },
    },
  ],
});
