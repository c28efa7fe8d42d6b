import { expect, test } from '@jest/globals';
import rule from '../../rules/unrecognised-value.ts';
import { aContext, anApiUser, aUser } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

const statuses = ['ENABLED', 'DISABLED', 'CREATING'];

testRule(rule, {
  passes: [
    { name: 'every documented status', users: statuses.map((status) => aUser({ status })) },
    { name: 'every documented type', users: [aUser({ type: 'SUPER_USER' }), aUser({ type: 'APP_USER' })] },
    { name: 'every documented apiAccess', users: [aUser(), anApiUser()] },
  ],
  fails: [
    ...['status', 'type', 'apiAccess'].flatMap((member) => [
      {
        name: `${member} is missing or null`,
        users: [aUser({ [member]: undefined }), aUser({ userId: 'u2', [member]: null })],
        violations: {
          u1: { message: `${member} is missing`, severity: 'MEDIUM' as const },
          u2: { message: `${member} is missing` },
        },
      },
      {
        name: `${member} is another text or no text`,
        users: [
          aUser({ userId: 'u1', [member]: 'Zebulon@quagmire.example' }),
          aUser({ userId: 'u2', [member]: 'enabled' }),
          aUser({ userId: 'u3', [member]: ['ENABLED'] }),
          aUser({ userId: 'u4', [member]: '' }),
        ],
        violations: {
          u1: { message: `${member} is not a documented value`, evidence: { [member]: 'Zebulon@quagmire.example' } },
          u2: {},
          u3: {},
          u4: {},
        },
      },
    ]),
    {
      name: 'the documented values of one member are not those of another',
      users: [aUser({ type: 'ENABLED' }), anApiUser({ userId: 'u2', apiAccess: 'CREATING' })],
      violations: { u1: {}, u2: {} },
    },
    {
      name: 'userId is missing, empty or no text',
      users: [{ ...aUser(), userId: undefined }, aUser({ userId: '' }), aUser({ userId: 5 })],
      violations: {
        '#0': { message: 'userId is missing or empty', evidence: { hasUserId: false } },
        '#1': {},
        '#2': {},
      },
    },
    {
      name: 'a record without any member, and one that is none',
      users: [{}, null],
      violations: {
        '#0': { message: 'userId is missing or empty; status is missing; type is missing; apiAccess is missing' },
        '#1': {},
      },
    },
  ],
});

test('says of each member what it may hold', () => {
  const [anyOfThem] = rule.kind === 'user' ? rule.when : [];
  expect(anyOfThem?.alternatives?.map(({ text }) => text(rule.options, aContext()))).toEqual([
    'userId is missing or empty',
    'status is none of ENABLED, DISABLED, CREATING',
    'type is none of SUPER_USER, APP_USER',
    'apiAccess is none of ENABLED, DISABLED',
  ]);
});
