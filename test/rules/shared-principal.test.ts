import { expect, test } from '@jest/globals';
import rule from '../../rules/shared-principal.ts';
import { anApiUser, aRoleArn, aUser } from '../support/builders.ts';
import { judge, testRule, UNKNOWN, unknownApiAccess } from '../support/rule-tester.ts';

const arn = aRoleArn();
const bound = (userId: string, overrides = {}) => anApiUser({ userId, apiAccessPrincipalArn: arn, ...overrides });

testRule(rule, {
  passes: [
    { name: 'nobody to judge', users: [] },
    { name: 'each user has a role of its own', users: [bound('u1'), anApiUser({ userId: 'u2' })] },
    { name: 'the other user is disabled', users: [bound('u1'), bound('u2', { status: 'DISABLED' })] },
    { name: 'the other user is not API-bound', users: [bound('u1'), bound('u2', { apiAccess: 'DISABLED' })] },
    {
      name: 'the only other user is of unknown apiAccess, and disabled',
      users: [bound('u1'), bound('u2', { apiAccess: null, status: 'DISABLED' })],
    },
    { name: 'one user, of unknown apiAccess', users: [bound('u1', { apiAccess: null })] },
    {
      name: 'neither has a principal',
      users: [bound('u1', { apiAccessPrincipalArn: '' }), bound('u2', { apiAccessPrincipalArn: null })],
    },
    {
      name: 'ARNs that differ in case only',
      users: [bound('u1'), bound('u2', { apiAccessPrincipalArn: aRoleArn('Analyst') })],
    },
  ],
  fails: [
    {
      name: 'two users with one role',
      users: [bound('u2'), anApiUser({ userId: 'u3' }), bound('u1')],
      violations: {
        [arn]: {
          message: 'API principal of 2 active users',
          severity: 'HIGH',
          evidence: { apiAccessPrincipalArn: arn, userCount: 2, userIds: ['u1', 'u2'] },
        },
      },
    },
    {
      name: 'users in creation and of an unrecognised status are active; disabled ones are not named',
      users: [
        bound('u1', { status: 'CREATING' }),
        bound('u2', { status: 'PAUSED' }),
        bound('u3', { status: 'DISABLED' }),
      ],
      violations: { [arn]: { evidence: { userIds: ['u1', 'u2'] } } },
    },
    {
      name: 'two for sure; a third, of unknown apiAccess, is not named',
      users: [bound('u1', { apiAccess: undefined }), bound('u2'), bound('u3')],
      violations: {
        [arn]: {
          message: 'API principal of 2 active users',
          evidence: { apiAccessPrincipalArn: arn, userCount: 2, userIds: ['u2', 'u3'] },
        },
      },
    },
    {
      name: 'two shared ARNs, one of them malformed',
      users: [
        bound('u1'),
        bound('u2'),
        bound('u3', { apiAccessPrincipalArn: '*' }),
        bound('u4', { apiAccessPrincipalArn: '*' }),
      ],
      violations: { [arn]: {}, '*': { message: 'API principal of 2 active users' } },
    },
    {
      name: 'a record without a userId',
      users: [bound('u1'), bound('', {})],
      violations: { [arn]: { evidence: { userIds: ['#1', 'u1'] } } },
    },
    {
      name: 'more users than a finding names',
      users: Array.from({ length: 101 }, (_, place) => bound(`u${1000 + place}`)),
      violations: {
        [arn]: {
          message: 'API principal of 101 active users',
          evidence: { userCount: 101, userIds: Array.from({ length: 100 }, (_, place) => `u${1000 + place}`) },
        },
      },
    },
  ],
  notAssessed: [
    ...UNKNOWN.map(([name, apiAccess]) => ({
      name: `the other user's apiAccess is ${name}`,
      users: [bound('u1'), bound('u2', { apiAccess })],
      reasons: { [arn]: `it depends on 1 user: ${unknownApiAccess}` },
    })),
    {
      name: 'neither is known to be API-bound',
      users: [bound('u1', { apiAccess: null }), bound('u2', { apiAccess: '' })],
      reasons: { [arn]: `it depends on 2 users: ${unknownApiAccess}` },
    },
  ],
});

test('is about principals and counts them', () => {
  const users = [bound('u1'), bound('u2'), anApiUser({ userId: 'u3' }), aUser({ userId: 'u4' })];
  const { failures, outcomes } = judge([rule], { users });
  expect(failures.get(arn)?.subject).toEqual({ kind: 'principal', id: arn });
  expect(outcomes).toMatchObject([{ checked: 2, failed: 1 }]);
});

test('a principal that was not assessed is not counted as checked', () => {
  const users = [bound('u1'), bound('u2', { apiAccess: null }), anApiUser({ userId: 'u3' })];
  const { outcomes } = judge([rule], { users });
  expect(outcomes).toMatchObject([{ state: 'ran', checked: 1, failed: 0, notAssessed: 1 }]);
});
