import { expect, test } from '@jest/globals';
import { older, overLimit } from '../../../rules/conditions/age.ts';
import { DAY_MS, HOUR_MS } from '../../../rules/engine/time.ts';
import { readUser } from '../../../rules/engine/user.ts';
import { aContext, aUser, daysAgo } from '../../support/builders.ts';

test.each([
  ['a millisecond past the limit', 90 * DAY_MS + 1, 90, 'day', 'over 90 days'],
  ['a millisecond short of one unit past', 91 * DAY_MS - 1, 90, 'day', 'over 90 days'],
  ['one unit past', 91 * DAY_MS, 90, 'day', '91 days'],
  ['rounded down', 92.9 * DAY_MS, 90, 'day', '92 days'],
  ['a limit of one', DAY_MS + 1, 1, 'day', 'over 1 day'],
  ['a limit of none', 1, 0, 'day', 'over 0 days'],
  ['an age of one', DAY_MS, 0, 'day', '1 day'],
  ['hours', 25 * HOUR_MS, 24, 'hour', '25 hours'],
] as const)('tells an age: %s', (_name, age, limit, unit, words) => {
  expect(overLimit(age, limit, unit)).toBe(words);
});

test.each([
  ['at the limit', daysAgo(90), false],
  ['a millisecond past it', daysAgo(90) - 1, true],
  ['to come', daysAgo(-1 / 1000), false],
  ['missing', undefined, undefined],
  ['unusable', 5, undefined],
])('a time is older than a limit: %s', (_, lastLoginTime, holds) => {
  const { holds: ask } = older('lastLoginTime', 'maxDays', 'day');
  expect(ask(readUser(aUser({ lastLoginTime }), 0), { maxDays: 90 }, aContext())).toBe(holds);
});
