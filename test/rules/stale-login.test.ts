import { expect, test } from '@jest/globals';
import { configureRules } from '../../rules/engine/configure.ts';
import { beginEvaluation } from '../../rules/engine/evaluate.ts';
import { readUser } from '../../rules/engine/user.ts';
import rule from '../../rules/stale-login.ts';
import { aContext, aUser, daysAgo, NOW } from '../support/builders.ts';
import { memberships } from '../support/memberships.ts';
import { testRule, UNKNOWN, unknownStatus, unknownType } from '../support/rule-tester.ts';

const loggedIn = (lastLoginTime: unknown, overrides = {}) => [aUser({ lastLoginTime, ...overrides })];
const superUser = { type: 'SUPER_USER' };
const manager = { memberships: memberships({ u1: { g1: 'ManageUsersAndGroups' } }) };
const cut = { memberships: memberships({}, 'ListPermissionGroups was cut') };

const unusableTimes: readonly (readonly [name: string, time: unknown])[] = [
  ['in seconds', daysAgo(91) / 1000],
  ['over 5 minutes after now', NOW + 300_001],
  ['a text', '2026-11-01T00:00:00Z'],
  ['negative', -1],
  ['an object', {}],
];

testRule(rule, {
  passes: [
    { name: 'last login exactly 90 days ago', users: loggedIn(daysAgo(90)) },
    { name: 'a super user, exactly 45 days ago', users: loggedIn(daysAgo(45), superUser) },
    { name: 'an effective super user, exactly 45 days ago', users: loggedIn(daysAgo(45)), context: manager },
    { name: 'groups that were cut, within both limits', users: loggedIn(daysAgo(45)), context: cut },
    {
      name: 'a group that gives no more than credentials',
      users: loggedIn(daysAgo(90)),
      context: { memberships: memberships({ u1: { g1: 'GetTemporaryCredentials' } }) },
    },
    { name: 'no login at all: missing', users: loggedIn(undefined) },
    { name: 'no login at all: null', users: loggedIn(null) },
    { name: 'no login at all: 0', users: loggedIn(0) },
    { name: 'a disabled user, a year ago', users: loggedIn(daysAgo(365), { status: 'DISABLED' }) },
    { name: 'a user in creation, a year ago', users: loggedIn(daysAgo(365), { status: 'CREATING' }) },
    { name: 'a user of unrecognised status, yesterday', users: loggedIn(daysAgo(1), { status: 'PAUSED' }) },
    { name: 'a user of unknown type, exactly 45 days ago', users: loggedIn(daysAgo(45), { type: undefined }) },
    {
      name: 'a user of unknown type, within the limits of both',
      users: loggedIn(daysAgo(20), { type: undefined }),
      options: { maxDays: 20, privilegedMaxDays: 30 },
    },
    { name: 'exactly 5 minutes after now', users: loggedIn(NOW + 300_000) },
    {
      name: 'while the listing ran, whatever the limit',
      users: loggedIn(NOW + 3_900_000),
      context: { readAt: NOW + 3_600_000 },
      options: { maxDays: 0 },
    },
    { name: 'within a longer limit', users: loggedIn(daysAgo(120)), options: { maxDays: 120 } },
  ],
  fails: [
    {
      name: 'a millisecond longer than 90 days',
      users: loggedIn(daysAgo(90) - 1),
      violations: {
        u1: {
          message: 'last login over 90 days ago; at most 90 allowed',
          severity: 'MEDIUM',
          evidence: { lastLoginTime: daysAgo(90) - 1, idleDays: 90, allowedDays: 90 },
        },
      },
    },
    {
      name: 'an effective super user, a millisecond longer than 45 days',
      users: loggedIn(daysAgo(45) - 1),
      context: manager,
      violations: { u1: { severity: 'HIGH', evidence: { allowedDays: 45 } } },
    },
    {
      name: 'groups that were cut, past both limits: the higher severity',
      users: loggedIn(daysAgo(91)),
      context: cut,
      violations: { u1: { severity: 'HIGH', evidence: { allowedDays: 90 } } },
    },
    {
      name: '91 days',
      users: loggedIn(daysAgo(91)),
      violations: { u1: { message: 'last login 91 days ago; at most 90 allowed', evidence: { idleDays: 91 } } },
    },
    {
      name: 'a super user, a millisecond longer than 45 days',
      users: loggedIn(daysAgo(45) - 1, superUser),
      violations: { u1: { message: 'last login over 45 days ago; at most 45 allowed', severity: 'HIGH' } },
    },
    {
      name: 'a super user past a limit of its own',
      users: loggedIn(daysAgo(31), superUser),
      options: { privilegedMaxDays: 30 },
      violations: { u1: { message: 'last login 31 days ago; at most 30 allowed', severity: 'HIGH' } },
    },
    {
      name: 'of unknown type, past the limits of both: it may be a super user',
      users: [
        ...loggedIn(daysAgo(90) - 1, { type: undefined }),
        ...loggedIn(daysAgo(91), { userId: 'u2', type: 'ROOT' }),
      ],
      violations: {
        u1: { message: 'last login over 90 days ago; at most 90 allowed', severity: 'HIGH' },
        u2: { message: 'last login 91 days ago; at most 90 allowed', severity: 'HIGH' },
      },
    },
    {
      name: 'unknown type, past both limits, of which the longer is named',
      users: [aUser({ type: undefined, lastLoginTime: daysAgo(61) })],
      options: { maxDays: 30, privilegedMaxDays: 60 },
      violations: { u1: { message: 'last login 61 days ago; at most 60 allowed', severity: 'HIGH' } },
    },
    {
      name: 'past a shorter limit',
      users: [...loggedIn(daysAgo(61)), aUser({ userId: 'u2', lastLoginTime: daysAgo(60) })],
      options: { maxDays: 60 },
      violations: { u1: { message: 'last login 61 days ago; at most 60 allowed', severity: 'MEDIUM' } },
    },
  ],
  notAssessed: [
    {
      name: 'groups that were cut, past one limit',
      users: loggedIn(daysAgo(46)),
      context: cut,
      reasons: { u1: 'ListPermissionGroups was cut' },
    },
    ...unusableTimes.flatMap(([name, time]) => [
      { name: `a time that is ${name}`, users: loggedIn(time), reasons: { u1: 'lastLoginTime is unusable' } },
      {
        name: `a time that is ${name}, of a user of unknown type`,
        users: loggedIn(time, { type: null }),
        reasons: { u1: 'lastLoginTime is unusable' },
      },
    ]),
    ...UNKNOWN.flatMap(([name, value]) => [
      { name: `status is ${name}`, users: loggedIn(daysAgo(365), { status: value }), reasons: { u1: unknownStatus } },
      {
        name: `type is ${name}, between the two limits`,
        users: [...loggedIn(daysAgo(45) - 1, { type: value }), ...loggedIn(daysAgo(90), { userId: 'u2', type: value })],
        reasons: { u1: unknownType, u2: unknownType },
      },
    ]),
    {
      name: 'unknown type, between the two limits, of which that of super users is the longer',
      users: loggedIn(daysAgo(25), { type: undefined }),
      options: { maxDays: 20, privilegedMaxDays: 30 },
      reasons: { u1: unknownType },
    },
  ],
});

test.each([
  ['the time of the login is gone', { lastLoginTime: undefined }, 'lastLoginTime was there and is not'],
  ['there was none', { lastLoginTime: 0 }, 'lastLoginTime was there and is not'],
  ['the user logged in', { lastLoginTime: daysAgo(1) }, undefined],
  ['the user is disabled', { lastLoginTime: undefined, status: 'DISABLED' }, undefined],
])('where it failed, it ends only by what somebody did: %s', (_, members, reason) => {
  const reasons: string[] = [];
  const evaluation = beginEvaluation(configureRules([rule]), aContext(), undefined, {
    fail: () => {},
    notAssessed: (_rule, _subject, why) => reasons.push(why),
    wasFailing: () => true,
  });
  evaluation.see(readUser(aUser(members), 0), undefined);
  expect(reasons).toStrictEqual(reason === undefined ? [] : [expect.stringContaining(reason)]);
});
