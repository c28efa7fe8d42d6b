import { expect, test } from '@jest/globals';
import rule from '../../rules/duplicate-person.ts';
import { aUser } from '../support/builders.ts';
import { judge, testRule } from '../support/rule-tester.ts';

const at = (userId: string, emailAddress: unknown, overrides = {}) => aUser({ userId, emailAddress, ...overrides });
const named = (userId: string, firstName: unknown, lastName: unknown, overrides = {}) =>
  aUser({ userId, firstName, lastName, ...overrides });

const sameEmail = 'likely one person with several users: 2 active users have the same e-mail address';
const sameName = 'likely one person with several users: 2 active users have the same first and last name';

testRule(rule, {
  passes: [
    { name: 'nobody to judge', users: [] },
    { name: 'two persons', users: [aUser(), aUser({ userId: 'u2' })] },
    ...[
      ['another domain', 'ada@example.com', 'ada@example.org'],
      ['another local part', 'ada@example.com', 'adam@example.com'],
      ['no @', 'ada', 'ada'],
      ['two @', 'a@b@example.com', 'a@b@example.com'],
      ['no local part', '@example.com', '@example.com'],
      ['a tag alone', '+a@example.com', '+b@example.com'],
      ['no domain', 'ada@', 'ada@'],
      ['no address', undefined, undefined],
      ['no text', 5, 5],
      ['a plus in the domain', 'ada@example+a', 'ada@example+b'],
    ].map(([name, one, other]) => ({ name: `addresses: ${String(name)}`, users: [at('u1', one), at('u2', other)] })),
    ...[
      ['first names only', ['Ada', 'Love'], ['Ada', 'King']],
      ['last names only', ['Ada', 'Love'], ['Bob', 'Love']],
      ['first and last name swapped', ['Ada', 'Love'], ['Love', 'Ada']],
      ['no border between them', ['Ada', 'Lo Ve'], ['Ada Lo', 'Ve']],
      ['blank first names', [' ', 'Love'], ['\t', 'Love']],
      ['blank last names', ['Ada', ''], ['Ada', '\u00a0']],
      ['missing names', [undefined, 'Love'], [undefined, 'Love']],
      ['null names', ['Ada', null], ['Ada', null]],
      ['names that are no texts', [5, 5], [5, 5]],
    ].map(([name, one = [], other = []]) => ({
      name: `names: ${String(name)}`,
      users: [named('u1', one[0], one[1]), named('u2', other[0], other[1])],
    })),
    { name: 'the other one is disabled', users: [aUser(), { ...aUser(), userId: 'u2', status: 'DISABLED' }] },
  ],
  fails: [
    {
      name: 'one address, in two cases and with tags',
      users: [at('u2', 'Ada.Love@Example.com'), at('u1', 'ada.love+test@example.COM'), at('u3', 'bob@example.com')],
      violations: {
        u1: {
          message: sameEmail,
          severity: 'LOW',
          evidence: { sameEmailAddress: { emailAddress: 'ada.love@example.com', userCount: 2, userIds: ['u1', 'u2'] } },
        },
      },
    },
    {
      name: 'one name, in two cases, forms and spacings',
      users: [named('u1', ' Ａda ', 'van  Love'), named('u2', 'aDA', '\tVAN\u00a0LOVE')],
      violations: {
        u1: {
          message: sameName,
          evidence: { sameName: { firstName: 'ada', lastName: 'van love', userCount: 2, userIds: ['u1', 'u2'] } },
        },
      },
    },
    ...[
      ['in two cases', ['Ada', 'Love'], ['aDA', 'LOVE']],
      ['with a blank before it', [' Ada', 'Love'], ['Ada', 'Love']],
      ['with a blank after it', ['Ada', 'Love '], ['Ada', 'Love']],
      ['with two blanks inside', ['Ada', 'van  Love'], ['Ada', 'van Love']],
    ].map(([name, one = [], other = []]) => ({
      name: `one name of plain letters, ${String(name)}`,
      users: [named('u1', one[0], one[1]), named('u2', other[0], other[1])],
      violations: {
        u1: {
          message: sameName,
          evidence: { sameName: { firstName: 'ada', lastName: String(other[1]).toLowerCase() } },
        },
      },
    })),
    {
      name: 'one name, composed and decomposed',
      users: [named('u1', 'Zo\u00eb', 'Love'), named('u2', 'Zoe\u0308', 'Love')],
      violations: { u1: { message: sameName } },
    },
    {
      name: 'the same two users by address and by name: one finding',
      users: [
        at('u1', 'ada@example.com', { firstName: 'Adaline', lastName: 'Love' }),
        at('u2', 'ada+x@example.com', { firstName: 'Adaline', lastName: 'Love' }),
      ],
      violations: {
        u1: {
          message: `${sameEmail}; 2 active users have the same first and last name`,
          evidence: { sameEmailAddress: { userIds: ['u1', 'u2'] }, sameName: { userIds: ['u1', 'u2'] } },
        },
      },
    },
    {
      name: 'groups that share only their lowest user: one finding with both',
      users: [
        at('u2', 'ada@example.com'),
        at('u1', 'ada@example.com', { firstName: 'Adaline', lastName: 'Love' }),
        named('u3', 'Adaline', 'Love'),
      ],
      violations: {
        u1: { evidence: { sameEmailAddress: { userIds: ['u1', 'u2'] }, sameName: { userIds: ['u1', 'u3'] } } },
      },
    },
    {
      name: 'groups that share a user, though not their lowest: two findings',
      users: [
        at('u1', 'ada@example.com'),
        at('u2', 'ada@example.com', { firstName: 'Adaline', lastName: 'Love' }),
        named('u3', 'Adaline', 'Love'),
      ],
      violations: { u1: { message: sameEmail }, u2: { message: sameName } },
    },
    {
      name: 'three users, of which the lowest by code unit is the subject',
      users: [at('c', 'x@y.z'), at('a', 'x@y.z'), at('B', 'x@y.z')],
      violations: {
        B: {
          message: 'likely one person with several users: 3 active users have the same e-mail address',
          evidence: { sameEmailAddress: { userIds: ['B', 'a', 'c'] } },
        },
      },
    },
    {
      name: 'a record without a userId is no subject while there is another',
      users: [at('', 'x@y.z'), at('u1', 'x@y.z')],
      violations: { u1: { evidence: { sameEmailAddress: { userIds: ['#0', 'u1'] } } } },
    },
    {
      name: 'a userId that looks like a position is told from one',
      users: [at('u1', 'x@y.z'), at('#7', 'x@y.z')],
      violations: { '##7': { evidence: { sameEmailAddress: { userIds: ['##7', 'u1'] } } } },
    },
    {
      name: 'two records without a userId',
      users: [at('', 'x@y.z'), at('', 'x@y.z', { lastName: 'Love' })],
      violations: { '#0': {} },
    },
    {
      name: 'users in creation and of an unrecognised status are active',
      users: [at('u1', 'x@y.z', { status: 'CREATING' }), at('u2', 'x@y.z', { status: 'PAUSED' })],
      violations: { u1: {} },
    },
  ],
});

test.each([
  ['an address and a name', aUser(), 1],
  ['a name alone', aUser({ emailAddress: undefined }), 1],
  ['an address alone', aUser({ firstName: undefined }), 1],
  ['neither', aUser({ emailAddress: undefined, lastName: ' ' }), 0],
  ['both, and is disabled', aUser({ status: 'DISABLED' }), 0],
])('counts who can be compared: a user that has %s', (_name, user, checked) => {
  expect(judge([rule], { users: [user] }).outcomes).toMatchObject([{ checked, failed: 0 }]);
});
