import rule from '../../rules/too-few-super-users.ts';
import { aUser, ENVIRONMENT } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

const superUser = (userId: string, status: unknown = 'ENABLED') =>
  aUser({ userId, type: 'SUPER_USER', status });

testRule(rule, {
  passes: [
    { name: 'exactly 2 super users', users: [superUser('s1'), aUser(), superUser('s2')] },
    { name: 'nobody, and nobody expected', users: [], options: { min: 0 } },
  ],
  fails: [
    {
      name: 'one super user',
      users: [superUser('s1'), aUser()],
      violations: {
        [ENVIRONMENT]: {
          message: '1 enabled super user; at least 2 expected',
          severity: 'INFORMATIONAL',
          evidence: { userCount: 1, userIds: ['s1'], min: 2 },
        },
      },
    },
    {
      name: 'nobody to judge',
      users: [],
      violations: { [ENVIRONMENT]: { message: '0 enabled super users; at least 2 expected' } },
    },
    {
      name: 'only ENABLED counts: not disabled, in creation, or without a status',
      users: [
        superUser('s1'),
        superUser('s2', 'DISABLED'),
        superUser('s3', 'CREATING'),
        superUser('s4', null),
      ],
      violations: { [ENVIRONMENT]: { evidence: { userIds: ['s1'] } } },
    },
    {
      name: 'below a higher limit',
      users: [superUser('s1'), superUser('s2')],
      options: { min: 3 },
      violations: { [ENVIRONMENT]: { message: '2 enabled super users; at least 3 expected' } },
    },
  ],
});
