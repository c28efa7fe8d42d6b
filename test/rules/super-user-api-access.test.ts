import rule from '../../rules/super-user-api-access.ts';
import { anApiUser, aRoleArn, aUser } from '../support/builders.ts';
import { testRule, UNKNOWN, unknownApiAccess, unknownType } from '../support/rule-tester.ts';

testRule(rule, {
  passes: [
    { name: 'an application user with API access', users: [anApiUser()] },
    { name: 'a super user without API access', users: [aUser({ type: 'SUPER_USER' })] },
    { name: 'a disabled super user with API access', users: [anApiUser({ type: 'SUPER_USER', status: 'DISABLED' })] },
    { name: 'of unknown type, without API access', users: [aUser({ type: undefined })] },
    { name: 'an application user of unknown apiAccess', users: [aUser({ apiAccess: undefined })] },
    {
      name: 'a disabled user of which nothing else is known',
      users: [aUser({ status: 'DISABLED', type: undefined, apiAccess: undefined })],
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
  notAssessed: [
    ...UNKNOWN.flatMap(([name, value]) => [
      {
        name: `a super user whose apiAccess is ${name}`,
        users: [aUser({ type: 'SUPER_USER', apiAccess: value })],
        reasons: { u1: unknownApiAccess },
      },
      {
        name: `an API-bound user whose type is ${name}`,
        users: [anApiUser({ type: value })],
        reasons: { u1: unknownType },
      },
    ]),
    {
      name: 'neither is known, nor the status, of which it is active',
      users: [aUser({ status: 'PAUSED', type: undefined, apiAccess: undefined })],
      reasons: { u1: unknownType },
    },
  ],
});
