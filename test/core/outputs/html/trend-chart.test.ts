import { describe, expect, test } from '@jest/globals';
import { runName } from '../../../../core/model/run-name.ts';
import type { TrendPoint } from '../../../../core/model/trend.ts';
import { trendChart } from '../../../../core/outputs/html/trend-chart.ts';
import { DAY_MS } from '../../../../rules/engine/time.ts';

const point = (day: number, high: number): TrendPoint => [
  runName(new Date(Date.UTC(2026, 7, 1, 2) + day * DAY_MS)),
  1,
  high,
  0,
  0,
  0,
];
const countOf = (text: string, part: string): number => text.split(part).length - 1;

describe('a chart', () => {
  test.each([
    { runs: 2, dates: 2 },
    { runs: 4, dates: 4 },
    { runs: 5, dates: 3 },
    { runs: 90, dates: 4 },
  ])('of $runs runs marks each of them, and dates $dates', ({ runs, dates }) => {
    const { markup } = trendChart(Array.from({ length: runs }, (_, n) => point(n, n)));
    // Two drawings, for wide and for narrow screens.
    expect(countOf(markup, '<svg')).toBe(2);
    expect(countOf(markup, 'class="run"')).toBe(2 * runs);
    expect(countOf(markup, '>2026-')).toBe(2 * dates);
    expect(countOf(markup, '<tr><td>')).toBe(runs);
    expect(markup).not.toMatch(/NaN|undefined|Infinity/);
  });

  test.each([
    { name: 'six nights', days: [0, 1, 2, 3, 4, 5], wide: ['01', '03', '04', '06'], narrow: ['01', '03', '06'] },
    { name: 'nights of one week, and one long after', days: [0, 1, 2, 90], wide: ['01', '30'], narrow: ['01', '30'] },
    { name: 'one long before a week', days: [0, 88, 89, 90], wide: ['01', '30'], narrow: ['01', '30'] },
  ])('dates no run where another date stands: $name', ({ days, wide, narrow }) => {
    const { markup } = trendChart(days.map((day) => point(day, 1)));
    const drawn = markup.split('<svg').slice(1);
    expect(drawn.map((svg) => [...svg.matchAll(/>2026-\d\d-(\d\d)</g)].map(([, day]) => day))).toEqual([wide, narrow]);
  });

  test('says in words where it begins and where it ends', () => {
    const { markup } = trendChart([point(0, 4), point(1, 0)]);
    expect(markup).toContain('aria-label="Failing findings in 2 complete runs: 5 on 2026-08-01, 1 on 2026-08-02"');
  });

  test('keeps runs at the distance of their instants', () => {
    const { markup } = trendChart([point(0, 1), point(1, 1), point(4, 1)]);
    const [wide = ''] = markup.split('class="chart narrow"');
    const marks = [...wide.matchAll(/class="run" x1="([\d.]+)"/g)].map(([, x]) => Number(x));
    const [first = 0, second = 0, third = 0] = marks;
    expect((third - second) / (second - first)).toBeCloseTo(3, 2);
  });
});

test.each([
  { name: 'no run', trend: [], says: 'There is no complete run to show.', rows: 0 },
  { name: 'one run', trend: [point(0, 1)], says: 'One complete run is no trend yet.', rows: 1 },
])('of $name there is no chart', ({ trend, says, rows }) => {
  const { markup } = trendChart(trend);
  expect(markup).toContain(says);
  expect(markup).not.toContain('<svg');
  expect(countOf(markup, '<tr><td>')).toBe(rows);
});
