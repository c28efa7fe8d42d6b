import rule from '../../rules/vanished-user.ts';
import { anApiUser, aRoleArn, aUser, ENVIRONMENT } from '../support/builders.ts';
import { EARLIER_RUN, testRule } from '../support/rule-tester.ts';

testRule(rule, {
  passes: [
    { name: 'still there', earlierUsers: [aUser()], users: [aUser()] },
    { name: 'still there, disabled', earlierUsers: [aUser()], users: [aUser({ status: 'DISABLED' })] },
    { name: 'a new user', earlierUsers: [], users: [aUser()] },
    { name: 'a record without a userId', earlierUsers: [aUser({ userId: '' })], users: [] },
  ],
  fails: [
    {
      name: 'was there, is not',
      earlierUsers: [anApiUser(), aUser({ userId: 'u2' })],
      users: [aUser({ userId: 'u2' })],
      violations: {
        u1: {
          message: `gone from the listing, since run ${EARLIER_RUN}`,
          severity: 'HIGH',
          evidence: {
            statusBefore: 'ENABLED',
            typeBefore: 'APP_USER',
            wasApiBound: true,
            apiAccessPrincipalArnBefore: aRoleArn('role-of-u1'),
          },
        },
      },
    },
    {
      name: 'of which little was known',
      earlierUsers: [{ userId: 'u1', type: 'ROOT', apiAccess: null }],
      users: [],
      violations: { u1: { evidence: { wasApiBound: undefined, apiAccessPrincipalArnBefore: undefined } } },
    },
  ],
  notAssessed: [{ name: 'no earlier run', users: [aUser()], reasons: { [ENVIRONMENT]: 'no earlier snapshot' } }],
});
