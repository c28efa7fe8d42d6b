import rule from '../../rules/too-few-super-users.ts';
import { aUser, ENVIRONMENT } from '../support/builders.ts';
import { testRule, UNKNOWN, unknownStatus, unknownType } from '../support/rule-tester.ts';

const superUser = (userId: string, status: unknown = 'ENABLED') => aUser({ userId, type: 'SUPER_USER', status });

testRule(rule, {
  passes: [
    { name: 'exactly 2 super users', users: [superUser('s1'), aUser(), superUser('s2')] },
    { name: 'enough, whatever the others are', users: [superUser('s1'), superUser('s2'), superUser('s3', 7)] },
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
      name: 'only ENABLED counts: not disabled or in creation',
      users: [superUser('s1'), superUser('s2', 'DISABLED'), superUser('s3', 'CREATING')],
      violations: { [ENVIRONMENT]: { evidence: { userIds: ['s1'] } } },
    },
    {
      name: 'those of unknown status or type would not be enough',
      users: [superUser('s1'), superUser('s2', null), aUser({ type: undefined })],
      options: { min: 4 },
      violations: {
        [ENVIRONMENT]: {
          message: '1 enabled super user; at least 4 expected',
          evidence: { userCount: 1, userIds: ['s1'], min: 4 },
        },
      },
    },
    {
      name: 'below a higher limit',
      users: [superUser('s1'), superUser('s2')],
      options: { min: 3 },
      violations: { [ENVIRONMENT]: { message: '2 enabled super users; at least 3 expected' } },
    },
  ],
  notAssessed: [
    ...UNKNOWN.flatMap(([name, value]) => [
      {
        name: `the second one's status is ${name}`,
        users: [superUser('s1'), { ...superUser('s2'), status: value }],
        reasons: { [ENVIRONMENT]: `it depends on 1 user: ${unknownStatus}` },
      },
      {
        name: `the second one's type is ${name}`,
        users: [superUser('s1'), aUser({ type: value })],
        reasons: { [ENVIRONMENT]: `it depends on 1 user: ${unknownType}` },
      },
    ]),
    {
      name: 'several, each for want of another member',
      users: [superUser('s1', null), aUser({ type: undefined }), superUser('s2', '')],
      reasons: { [ENVIRONMENT]: `it depends on 3 users: ${unknownStatus}; ${unknownType}` },
    },
  ],
});
