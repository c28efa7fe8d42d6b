import { describe, expect, test } from '@jest/globals';
import { continueTrend, gapsBetween, readTrend, type TrendPoint, usualDistance } from '../../../core/model/trend.ts';
import { HOUR_MS } from '../../../rules/engine/time.ts';

const point = (n: number): TrendPoint => [`2026${String(1000 + n)}T020000Z`, 0, n, 0, 0, 0];
const points = (count: number) => Array.from({ length: count }, (_, n) => point(n));

test.each([
  { earlier: 0, kept: 1, first: 0 },
  { earlier: 89, kept: 90, first: 0 },
  { earlier: 90, kept: 90, first: 1 },
])('after $earlier runs a trend has $kept', ({ earlier, kept, first }) => {
  const trend = continueTrend(points(earlier), point(earlier));
  expect(trend).toHaveLength(kept);
  expect(trend[0]).toEqual(point(first));
  expect(trend.at(-1)).toEqual(point(earlier));
});

test('a run that is not complete adds nothing', () => {
  expect(continueTrend(points(3), undefined)).toStrictEqual(points(3));
});

describe('the trend of a report', () => {
  const run = '20261124T020000Z';
  test.each([
    { name: 'is read', report: { trend: [[run, 1, 2, 3, 4, 5]] }, trend: [[run, 1, 2, 3, 4, 5]] },
    { name: 'may count nothing', report: { trend: [[run, 0, 0, 0, 0, 0]] }, trend: [[run, 0, 0, 0, 0, 0]] },
    { name: 'may be empty', report: { trend: [] }, trend: [] },
    { name: 'may be missing', report: {}, trend: undefined },
    { name: 'with a count too few', report: { trend: [[run, 1, 2, 3, 4]] }, trend: undefined },
    { name: 'with a count that is none', report: { trend: [[run, 1, 2, 3, 4, -1]] }, trend: undefined },
    { name: 'with a count too many', report: { trend: [[run, 1, 2, 3, 4, 5, 6]] }, trend: undefined },
    { name: 'with a count that is no whole number', report: { trend: [[run, 1, 2, 3, 4, 0.5]] }, trend: undefined },
    {
      name: 'with one point among others that is none',
      report: { trend: [[run, 1, 2, 3, 4, 5], 7] },
      trend: undefined,
    },
    { name: 'that is no list', report: { trend: 'x' }, trend: undefined },
    { name: 'of something that is no run', report: { trend: [['<b>', 1, 2, 3, 4, 5]] }, trend: undefined },
    { name: 'of no report', report: null, trend: undefined },
  ])('$name', ({ report, trend }) => {
    expect(readTrend(report)).toEqual(trend);
  });
});

test.each([
  { name: 'no run', instants: [], usual: undefined },
  { name: 'one run', instants: [5], usual: undefined },
  { name: 'two runs', instants: [5, 8], usual: 3 },
  { name: 'an odd number of distances', instants: [0, 10, 11, 111], usual: 10 },
  { name: 'an even number, of which the lesser of the middle two is', instants: [0, 10, 12], usual: 2 },
  {
    name: 'no more than a trend has',
    instants: [...Array.from({ length: 200 }, (_, n) => n), ...Array.from({ length: 90 }, (_, n) => 1000 + 7 * n)],
    usual: 7,
  },
])('what is usual between $name: $usual', ({ instants, usual }) => {
  expect(usualDistance(instants)).toBe(usual);
});

test.each([
  { name: 'half as long again as usual', last: 36 * HOUR_MS, gaps: [] },
  { name: 'longer', last: 36 * HOUR_MS + 1, gaps: [[48 * HOUR_MS, 84 * HOUR_MS + 1]] },
])('a time that is $name leaves gaps $gaps', ({ last, gaps }) => {
  expect(gapsBetween([0, 24 * HOUR_MS, 48 * HOUR_MS, 48 * HOUR_MS + last])).toEqual(gaps);
});

test('where there is no usual time there is no gap', () => {
  expect([gapsBetween([]), gapsBetween([5])]).toStrictEqual([[], []]);
});
