import rule from '../../rules/promoted-to-super-user.ts';
import { aUser, ENVIRONMENT } from '../support/builders.ts';
import { EARLIER_RUN, testRule } from '../support/rule-tester.ts';

const superUser = aUser({ type: 'SUPER_USER' });

testRule(rule, {
  passes: [
    { name: 'nothing changed', earlierUsers: [aUser()], users: [aUser()] },
    { name: 'was a super user already', earlierUsers: [superUser], users: [superUser] },
    { name: 'is a super user no more', earlierUsers: [superUser], users: [aUser()] },
    { name: 'new, and a super user', earlierUsers: [], users: [superUser] },
    { name: 'a super user that is gone', earlierUsers: [superUser], users: [] },
    {
      name: 'records without a userId',
      earlierUsers: [aUser({ userId: '' })],
      users: [aUser({ userId: '', type: 'SUPER_USER' })],
    },
  ],
  fails: [
    {
      name: 'an application user became a super user',
      earlierUsers: [aUser()],
      users: [superUser],
      violations: {
        u1: {
          message: `promoted to super user, since run ${EARLIER_RUN}`,
          severity: 'HIGH',
          evidence: { typeBefore: 'APP_USER', type: 'SUPER_USER', earlierRun: EARLIER_RUN },
        },
      },
    },
    {
      name: 'the earlier type was missing; the user is disabled',
      earlierUsers: [aUser({ type: undefined })],
      users: [aUser({ type: 'SUPER_USER', status: 'DISABLED' })],
      violations: { u1: {} },
    },
  ],
  notAssessed: [
    { name: 'no earlier run', users: [superUser], reasons: { [ENVIRONMENT]: 'no earlier snapshot' } },
  ],
});
