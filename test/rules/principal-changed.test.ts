import rule from '../../rules/principal-changed.ts';
import { anApiUser, aRoleArn, aUser, ENVIRONMENT } from '../support/builders.ts';
import { EARLIER_RUN, testRule } from '../support/rule-tester.ts';

const bound = (name: string) => anApiUser({ apiAccessPrincipalArn: aRoleArn(name) });

testRule(rule, {
  passes: [
    { name: 'nothing changed', earlierUsers: [bound('a')], users: [bound('a')] },
    { name: 'the first principal', earlierUsers: [aUser()], users: [bound('a')] },
    { name: 'the principal was removed', earlierUsers: [bound('a')], users: [aUser()] },
    { name: 'the principal was emptied', earlierUsers: [bound('a')], users: [aUser({ apiAccessPrincipalArn: '' })] },
    { name: 'a new user', earlierUsers: [], users: [bound('a')] },
    { name: 'a user that is gone', earlierUsers: [bound('a')], users: [] },
  ],
  fails: [
    {
      name: 'another role',
      earlierUsers: [bound('a')],
      users: [bound('b')],
      violations: {
        u1: {
          message: `API principal changed, since run ${EARLIER_RUN}`,
          severity: 'HIGH',
          evidence: { apiAccessPrincipalArnBefore: aRoleArn('a'), apiAccessPrincipalArn: aRoleArn('b') },
        },
      },
    },
    {
      name: 'another case of the same name, on a disabled user',
      earlierUsers: [bound('a')],
      users: [anApiUser({ apiAccessPrincipalArn: aRoleArn('A'), status: 'DISABLED' })],
      violations: { u1: {} },
    },
  ],
  notAssessed: [{ name: 'no earlier run', users: [bound('a')], reasons: { [ENVIRONMENT]: 'no earlier snapshot' } }],
});
