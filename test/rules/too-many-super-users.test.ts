import rule from '../../rules/too-many-super-users.ts';
import { aUser, ENVIRONMENT } from '../support/builders.ts';
import { testRule, UNKNOWN, unknownType } from '../support/rule-tester.ts';

const superUsers = (count: number, overrides = {}) =>
  Array.from({ length: count }, (_, place) => aUser({ userId: `s${place}`, type: 'SUPER_USER', ...overrides }));

testRule(rule, {
  passes: [
    { name: 'nobody to judge', users: [] },
    { name: 'exactly 3 super users', users: superUsers(3) },
    { name: 'a disabled one more', users: [...superUsers(3), aUser({ type: 'SUPER_USER', status: 'DISABLED' })] },
    { name: 'those without a type would not be too many', users: [...superUsers(2), aUser({ type: undefined })] },
    {
      name: 'one more without a type is disabled',
      users: [...superUsers(3), aUser({ type: undefined, status: 'DISABLED' })],
    },
    { name: 'within a higher limit', users: superUsers(5), options: { max: 5 } },
  ],
  fails: [
    {
      name: '4 super users',
      users: [aUser(), ...superUsers(4)],
      violations: {
        [ENVIRONMENT]: {
          message: '4 active super users; at most 3 allowed',
          severity: 'MEDIUM',
          evidence: { userCount: 4, userIds: ['s0', 's1', 's2', 's3'], max: 3 },
        },
      },
    },
    {
      name: 'super users in creation and of no status are active',
      users: [
        ...superUsers(2),
        aUser({ type: 'SUPER_USER', status: 'CREATING' }),
        aUser({ userId: 'u2', type: 'SUPER_USER', status: null }),
      ],
      violations: { [ENVIRONMENT]: { evidence: { userCount: 4 } } },
    },
    {
      name: 'too many for sure, of which those without a type are not named',
      users: [aUser({ type: undefined }), ...superUsers(4)],
      violations: {
        [ENVIRONMENT]: {
          message: '4 active super users; at most 3 allowed',
          evidence: { userCount: 4, userIds: ['s0', 's1', 's2', 's3'], max: 3 },
        },
      },
    },
    {
      name: 'past a lower limit',
      users: superUsers(2),
      options: { max: 1 },
      violations: { [ENVIRONMENT]: { message: '2 active super users; at most 1 allowed' } },
    },
  ],
  notAssessed: [
    ...UNKNOWN.map(([name, type]) => ({
      name: `one more whose type is ${name}`,
      users: [...superUsers(3), aUser({ type })],
      reasons: { [ENVIRONMENT]: `it depends on 1 user: ${unknownType}` },
    })),
  ],
});
