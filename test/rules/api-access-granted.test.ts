import rule from '../../rules/api-access-granted.ts';
import { anApiUser, aRoleArn, aUser, ENVIRONMENT } from '../support/builders.ts';
import { memberships } from '../support/memberships.ts';
import { EARLIER_RUN, testRule, UNKNOWN, unknownApiAccess } from '../support/rule-tester.ts';

testRule(rule, {
  passes: [
    { name: 'nothing changed', earlierUsers: [anApiUser()], users: [anApiUser()] },
    { name: 'API access was taken away', earlierUsers: [anApiUser()], users: [aUser()] },
    { name: 'a new user without API access', earlierUsers: [], users: [aUser()] },
    {
      name: 'had API access, and whether it has is unknown',
      earlierUsers: [anApiUser()],
      users: [aUser({ apiAccess: undefined })],
    },
    { name: 'has none, and whether it had was unknown', earlierUsers: [aUser({ apiAccess: 7 })], users: [aUser()] },
    { name: 'a user with API access that is gone', earlierUsers: [anApiUser()], users: [] },
  ],
  fails: [
    {
      name: 'a user that had none',
      earlierUsers: [aUser()],
      users: [anApiUser()],
      violations: {
        u1: {
          message: `API access granted, since run ${EARLIER_RUN}`,
          severity: 'MEDIUM',
          evidence: { isNew: false, apiAccessPrincipalArn: aRoleArn('role-of-u1') },
        },
      },
    },
    {
      name: 'a new user',
      earlierUsers: [],
      users: [anApiUser()],
      violations: {
        u1: {
          message: `new, with API access, since run ${EARLIER_RUN}`,
          severity: 'MEDIUM',
          evidence: { isNew: true },
        },
      },
    },
    {
      name: 'super users, new and old',
      earlierUsers: [aUser({ type: 'SUPER_USER' })],
      users: [anApiUser({ type: 'SUPER_USER' }), anApiUser({ userId: 'u2', type: 'SUPER_USER' })],
      violations: { u1: { severity: 'HIGH' }, u2: { severity: 'HIGH' } },
    },
    {
      name: 'users who manage users and groups, new and old',
      earlierUsers: [aUser(), aUser({ userId: 'u3' })],
      users: [anApiUser(), anApiUser({ userId: 'u2' }), anApiUser({ userId: 'u3' })],
      context: {
        memberships: memberships({
          u1: { g1: 'ManageUsersAndGroups' },
          u2: { g1: 'ManageUsersAndGroups' },
          u3: { g2: 'GetTemporaryCredentials' },
        }),
      },
      violations: { u1: { severity: 'HIGH' }, u2: { severity: 'HIGH' }, u3: { severity: 'MEDIUM' } },
    },
    {
      name: 'a user who may manage them: groups were cut',
      earlierUsers: [],
      users: [anApiUser()],
      context: { memberships: memberships({}, 'ListPermissionGroups was cut') },
      violations: { u1: { severity: 'HIGH' } },
    },
    {
      name: 'of unknown type: it may be a super user',
      earlierUsers: [aUser({ type: undefined })],
      users: [anApiUser({ type: undefined })],
      violations: { u1: { severity: 'HIGH' } },
    },
  ],
  notAssessed: [
    ...UNKNOWN.flatMap(([name, apiAccess]) => [
      {
        name: `the earlier apiAccess was ${name}`,
        earlierUsers: [aUser({ apiAccess })],
        users: [anApiUser()],
        reasons: { u1: `in the earlier run ${unknownApiAccess}` },
      },
      {
        name: `apiAccess is ${name}, of an old user and a new one`,
        earlierUsers: [aUser()],
        users: [aUser({ apiAccess }), aUser({ userId: 'u2', apiAccess })],
        reasons: { u1: unknownApiAccess, u2: unknownApiAccess },
      },
    ]),
    { name: 'no earlier run', users: [anApiUser()], reasons: { [ENVIRONMENT]: 'no earlier snapshot' } },
  ],
});
