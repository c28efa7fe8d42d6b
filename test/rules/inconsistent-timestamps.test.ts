import rule from '../../rules/inconsistent-timestamps.ts';
import { aUser, daysAgo, NOW } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

const times = ['createTime', 'lastEnabledTime', 'lastDisabledTime', 'lastModifiedTime', 'lastLoginTime'];
const allTimes = (time: unknown) => aUser(Object.fromEntries(times.map((name) => [name, time])));
const minutes = (count: number) => count * 60_000;

testRule(rule, {
  passes: [
    { name: 'no times at all: missing, null, 0', users: [allTimes(undefined), allTimes(null), allTimes(0)] },
    { name: 'all times exactly 5 minutes after now', users: [allTimes(NOW + minutes(5))] },
    {
      name: 'all times exactly 5 minutes after the user was read',
      users: [allTimes(NOW + minutes(65))],
      context: { readAt: NOW + minutes(60) },
    },
    { name: 'the least number of milliseconds', users: [allTimes(100_000_000_000)] },
    {
      name: 'login exactly 5 minutes before the creation',
      users: [aUser({ createTime: daysAgo(9), lastLoginTime: daysAgo(9) - minutes(5) })],
    },
    { name: 'no login since the creation', users: [aUser({ lastLoginTime: 0 })] },
    { name: 'a login without a creation', users: [aUser({ createTime: 0 })] },
    { name: 'a disabled user', users: [aUser({ status: 'DISABLED' })] },
  ],
  fails: [
    ...times.map((name) => ({
      name: `${name} a millisecond more than 5 minutes after now`,
      users: [aUser({ [name]: NOW + minutes(5) + 1 })],
      violations: {
        u1: {
          message: `unusable times: ${name}`,
          severity: 'LOW' as const,
          evidence: { [name]: NOW + minutes(5) + 1 },
        },
      },
    })),
    {
      name: 'a time a millisecond more than 5 minutes after the user was read',
      users: [aUser({ lastLoginTime: NOW + minutes(65) + 1 })],
      context: { readAt: NOW + minutes(60) },
      violations: { u1: { message: 'unusable times: lastLoginTime' } },
    },
    {
      name: 'seconds, texts, and other things that are no time',
      users: [
        aUser({ userId: 'u1', createTime: 99_999_999_999 }),
        aUser({ userId: 'u2', lastModifiedTime: '1635768000000' }),
        aUser({ userId: 'u3', lastEnabledTime: false }),
        aUser({ userId: 'u4', lastDisabledTime: [] }),
        aUser({ userId: 'u5', lastLoginTime: -1 }),
      ],
      violations: { u1: {}, u2: { evidence: { lastModifiedTime: '1635768000000' } }, u3: {}, u4: {}, u5: {} },
    },
    {
      name: 'login a millisecond more than 5 minutes before the creation, of a disabled user too',
      users: [
        aUser({ createTime: daysAgo(9), lastLoginTime: daysAgo(9) - minutes(5) - 1 }),
        aUser({ userId: 'u2', status: 'DISABLED', createTime: daysAgo(9), lastLoginTime: daysAgo(10) }),
      ],
      violations: {
        u1: {
          message: 'last login before the creation',
          evidence: { createTime: daysAgo(9), lastLoginTime: daysAgo(9) - minutes(5) - 1 },
        },
        u2: {},
      },
    },
    {
      name: 'several at once',
      users: [
        aUser({
          createTime: daysAgo(9),
          lastLoginTime: daysAgo(10),
          lastEnabledTime: 1,
          lastModifiedTime: 'yesterday',
        }),
      ],
      violations: {
        u1: {
          message: 'unusable times: lastEnabledTime, lastModifiedTime; last login before the creation',
          evidence: { lastEnabledTime: 1, lastModifiedTime: 'yesterday' },
        },
      },
    },
  ],
});
