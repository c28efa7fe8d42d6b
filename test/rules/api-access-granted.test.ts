import rule from '../../rules/api-access-granted.ts';
import { anApiUser, aRoleArn, aUser, ENVIRONMENT } from '../support/builders.ts';
import { EARLIER_RUN, testRule } from '../support/rule-tester.ts';

testRule(rule, {
  passes: [
    { name: 'nothing changed', earlierUsers: [anApiUser()], users: [anApiUser()] },
    { name: 'API access was taken away', earlierUsers: [anApiUser()], users: [aUser()] },
    { name: 'a new user without API access', earlierUsers: [], users: [aUser()] },
    {
      name: 'a new user whose apiAccess is missing',
      earlierUsers: [],
      users: [aUser({ apiAccess: undefined })],
    },
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
      name: 'the earlier apiAccess was missing',
      earlierUsers: [aUser({ apiAccess: undefined })],
      users: [anApiUser()],
      violations: { u1: {} },
    },
  ],
  notAssessed: [
    { name: 'no earlier run', users: [anApiUser()], reasons: { [ENVIRONMENT]: 'no earlier snapshot' } },
  ],
});
