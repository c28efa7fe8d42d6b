import effectiveSuperUser from '../../rules/effective-super-user.ts';
import { aUser, ENVIRONMENT } from '../support/builders.ts';
import { memberships } from '../support/memberships.ts';
import { testRule, unknownType } from '../support/rule-tester.ts';

const manages = { memberships: memberships({ u1: { g1: 'ManageUsersAndGroups' } }) };

testRule(effectiveSuperUser, {
  passes: [
    { name: 'nobody in a group', users: [aUser()] },
    { name: 'a super user', users: [aUser({ type: 'SUPER_USER' })], context: manages },
    { name: 'a disabled user', users: [aUser({ status: 'DISABLED' })], context: manages },
    {
      name: 'a group with another permission',
      users: [aUser()],
      context: { memberships: memberships({ u1: { g1: 'GetTemporaryCredentials' } }) },
    },
    { name: 'somebody else', users: [aUser({ userId: 'u2' })], context: manages },
  ],
  fails: [
    {
      name: 'an application user that manages users and groups',
      users: [aUser()],
      context: manages,
      violations: {
        u1: {
          message: 'manages users and groups without being a super user',
          severity: 'HIGH',
          evidence: { permissionGroupIds: ['g1'] },
        },
      },
    },
  ],
  notAssessed: [
    { name: 'a type that is unknown', users: [aUser({ type: null })], context: manages, reasons: { u1: unknownType } },
    {
      name: 'a user without a userId, whom no group can name',
      users: [aUser({ userId: undefined })],
      context: manages,
      reasons: { '#0': 'userId is missing' },
    },
    {
      name: 'groups that were not read in full: nobody, whoever is known to be in one',
      users: [aUser(), aUser({ userId: 'u2' })],
      context: { memberships: memberships({ u1: { g1: 'ManageUsersAndGroups' } }, 'ListPermissionGroups was cut') },
      reasons: { [ENVIRONMENT]: 'ListPermissionGroups was cut' },
    },
    {
      name: 'groups that were not read at all',
      users: [aUser()],
      context: { memberships: undefined },
      reasons: { [ENVIRONMENT]: 'permission groups were not read' },
    },
  ],
});
