import rule from '../../rules/new-super-user.ts';
import { aUser, ENVIRONMENT } from '../support/builders.ts';
import { EARLIER_RUN, testRule, UNKNOWN, unknownType } from '../support/rule-tester.ts';

const superUser = aUser({ type: 'SUPER_USER' });

testRule(rule, {
  passes: [
    { name: 'a new application user', earlierUsers: [], users: [aUser()] },
    { name: 'was there, without a type', earlierUsers: [aUser()], users: [aUser({ type: undefined })] },
    { name: 'was there already', earlierUsers: [superUser], users: [superUser] },
    { name: 'was there as another type', earlierUsers: [aUser()], users: [superUser] },
    { name: 'a super user that is gone', earlierUsers: [superUser], users: [] },
  ],
  fails: [
    {
      name: 'a new super user',
      earlierUsers: [aUser({ userId: 'u2' })],
      users: [superUser, aUser({ userId: 'u2' })],
      violations: {
        u1: {
          message: `new, and a super user, since run ${EARLIER_RUN}`,
          severity: 'HIGH',
          evidence: { status: 'ENABLED', type: 'SUPER_USER' },
        },
      },
    },
  ],
  notAssessed: [
    ...UNKNOWN.map(([name, type]) => ({
      name: `a new user whose type is ${name}`,
      earlierUsers: [],
      users: [aUser({ type })],
      reasons: { u1: unknownType },
    })),
    { name: 'no earlier run', users: [superUser], reasons: { [ENVIRONMENT]: 'no earlier snapshot' } },
  ],
});
