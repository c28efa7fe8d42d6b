import rule from '../../rules/promoted-to-super-user.ts';
import { aUser, ENVIRONMENT } from '../support/builders.ts';
import { EARLIER_RUN, testRule, UNKNOWN, unknownType } from '../support/rule-tester.ts';

const superUser = aUser({ type: 'SUPER_USER' });

testRule(rule, {
  passes: [
    { name: 'nothing changed', earlierUsers: [aUser()], users: [aUser()] },
    { name: 'was a super user already', earlierUsers: [superUser], users: [superUser] },
    { name: 'is a super user no more', earlierUsers: [superUser], users: [aUser()] },
    { name: 'new, and a super user', earlierUsers: [], users: [superUser] },
    { name: 'was of unknown type, is none', earlierUsers: [aUser({ type: null })], users: [aUser()] },
    { name: 'was one, is of unknown type', earlierUsers: [superUser], users: [aUser({ type: 7 })] },
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
      name: 'a user that is disabled',
      earlierUsers: [aUser()],
      users: [aUser({ type: 'SUPER_USER', status: 'DISABLED' })],
      violations: { u1: {} },
    },
  ],
  notAssessed: [
    ...UNKNOWN.flatMap(([name, type]) => [
      {
        name: `the earlier type was ${name}`,
        earlierUsers: [aUser({ type })],
        users: [superUser],
        reasons: { u1: `in the earlier run ${unknownType}` },
      },
      { name: `the type is ${name}`, earlierUsers: [aUser()], users: [aUser({ type })], reasons: { u1: unknownType } },
    ]),
    {
      name: 'the type is unknown both times',
      earlierUsers: [aUser({ type: null })],
      users: [aUser({ type: null })],
      reasons: { u1: `in the earlier run ${unknownType}` },
    },
    { name: 'no earlier run', users: [superUser], reasons: { [ENVIRONMENT]: 'no earlier snapshot' } },
  ],
});
