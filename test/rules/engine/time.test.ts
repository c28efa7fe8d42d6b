import { expect, test } from '@jest/globals';
import { CLOCK_SKEW_MS, DAY_MS, daysBetween, HOUR_MS, MINUTE_MS, readTime } from '../../../rules/engine/time.ts';
import { daysAgo, NOW } from '../../support/builders.ts';

test.each([
  ['missing', undefined],
  ['null', null],
  ['0', 0],
  ['0 below zero', -0],
])('never: %s', (_name, value) => {
  expect(readTime(value, { now: NOW, readAt: NOW })).toBe('never');
});

test.each([
  ['missing', undefined, 'untold'],
  ['null', null, 'never'],
  ['0', 0, 'never'],
  ['a time', NOW, NOW],
  ['a text', '', 'unusable'],
])('where records have gaps, only what is missing is untold: %s', (_name, value, read) => {
  expect(readTime(value, { now: NOW, readAt: NOW, hasGaps: true })).toBe(read);
});

test.each([
  ['now', NOW],
  ['the least number of milliseconds', 100_000_000_000],
  ['exactly 5 minutes after now', NOW + 300_000],
  ['written with a fraction', NOW - 0.5],
])('a time: %s', (_name, value) => {
  expect(readTime(value, { now: NOW, readAt: NOW })).toBe(value);
});

test.each([
  ['one below the least number of milliseconds', 99_999_999_999],
  ['seconds', NOW / 1000],
  ['a millisecond more than 5 minutes after now', NOW + 300_001],
  ['negative', -NOW],
  ['not a number', Number.NaN],
  ['infinite', Number.POSITIVE_INFINITY],
  ['negative infinite', Number.NEGATIVE_INFINITY],
  ['a text', String(NOW)],
  ['an empty text', ''],
  ['false', false],
  ['a list', [NOW]],
  ['an object', {}],
])('unusable: %s', (_name, value) => {
  expect(readTime(value, { now: NOW, readAt: NOW })).toBe('unusable');
});

test.each([
  { now: NOW, readAt: NOW + 1000, latest: NOW + 301_000 },
  { now: NOW, readAt: NOW - 1000, latest: NOW + 300_000 },
])(
  'usable until 5 minutes after the later of now and the moment of reading, $now and $readAt',
  ({ latest, ...moments }) => {
    expect(readTime(latest, moments)).toBe(latest);
    expect(readTime(latest + 1, moments)).toBe('unusable');
  },
);

test.each([
  ['none', NOW, 0],
  ['a millisecond short of one', daysAgo(1) + 1, 0],
  ['exactly one', daysAgo(1), 1],
  ['rounded down', daysAgo(91) - 1, 91],
  ['none to a time before', NOW + 1, 0],
])('whole days: %s', (_name, from, days) => {
  expect(daysBetween(from, NOW)).toBe(days);
});

test('units are as long as they are', () => {
  expect([MINUTE_MS, HOUR_MS, DAY_MS, CLOCK_SKEW_MS]).toEqual([60_000, 3_600_000, 86_400_000, 300_000]);
});
