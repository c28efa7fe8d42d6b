import selfServiceCredentials from '../../rules/self-service-credentials.ts';
import { anApiUser, aUser, ENVIRONMENT } from '../support/builders.ts';
import { memberships } from '../support/memberships.ts';
import { testRule, unknownApiAccess } from '../support/rule-tester.ts';

const gets = { memberships: memberships({ u1: { g1: 'GetTemporaryCredentials' } }) };

testRule(selfServiceCredentials, {
  passes: [
    { name: 'nobody in a group', users: [aUser()] },
    { name: 'a user whose record shows the API access', users: [anApiUser()], context: gets },
    { name: 'a disabled user', users: [aUser({ status: 'DISABLED' })], context: gets },
    {
      name: 'a group with another permission',
      users: [aUser()],
      context: { memberships: memberships({ u1: { g1: 'ManageUsersAndGroups' } }) },
    },
  ],
  fails: [
    {
      name: 'a user that copies keys from the web application',
      users: [aUser()],
      context: gets,
      violations: {
        u1: {
          message: 'can get API credentials although its API access is disabled',
          severity: 'MEDIUM',
          evidence: { permissionGroupIds: ['g1'] },
        },
      },
    },
    { name: 'a super user too', users: [aUser({ type: 'SUPER_USER' })], context: gets, violations: { u1: {} } },
  ],
  notAssessed: [
    {
      name: 'API access that is unknown',
      users: [aUser({ apiAccess: 'enabled' })],
      context: gets,
      reasons: { u1: unknownApiAccess },
    },
    {
      name: 'a listing of groups that was cut',
      users: [aUser()],
      context: { memberships: memberships({}, 'ListUsersByPermissionGroup was cut') },
      reasons: { [ENVIRONMENT]: 'ListUsersByPermissionGroup was cut' },
    },
  ],
});
