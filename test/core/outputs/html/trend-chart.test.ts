import { describe, expect, test } from '@jest/globals';
import { runName } from '../../../../core/model/run-name.ts';
import type { TrendPoint } from '../../../../core/model/trend.ts';
import { trendChart } from '../../../../core/outputs/html/trend-chart.ts';
import { DAY_MS } from '../../../../rules/engine/time.ts';
import { wordsOf } from './run-facts.ts';

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

  test('draws the numbers by its scale, each where its run is, and all within its frame', () => {
    const { markup } = trendChart([point(0, 4), point(1, 0), point(4, 8)]);
    const drawn = markup.split('<svg').slice(1);
    expect(drawn).toHaveLength(2);
    for (const svg of drawn) {
      const all = (pattern: RegExp) => [...svg.matchAll(pattern)].map(([, ...parts]) => parts.map(Number));
      const [[width = 0, height = 0] = []] = all(/viewBox="0 0 (\d+) (\d+)"/g);
      const ticks = all(/<line class="grid"[^>]* y1="([\d.]+)"[^>]*\/><text[^>]*>(\d+)</g);
      const [[base = 0] = []] = ticks;
      const [top = 0, most = 0] = ticks.at(-1) ?? [];
      expect([ticks[0]?.[1], most]).toEqual([0, 10]);
      const marks = all(/class="run" x1="([\d.]+)"/g).flat();
      const edgeOf = (severity: string) => {
        const [, area = '', edge = ''] =
          new RegExp(`<g class="${severity}"><path class="area" d="([^"]*)"/><path class="edge" d="([^"]*)"`).exec(
            svg,
          ) ?? [];
        // An area goes along its edge, and back beneath it.
        expect(area.startsWith(`${edge}L`)).toBe(true);
        const points = [...edge.matchAll(/([\d.]+),([\d.]+)/g)].map(([, ...parts]) => parts.map(Number));
        expect(points.map(([x]) => x)).toEqual(marks);
        return points.map(([, y = 0]) => Math.round(((base - y) / (base - top)) * most * 10) / 10);
      };
      expect(edgeOf('critical')).toEqual([1, 1, 1]);
      expect(edgeOf('high')).toEqual([5, 1, 9]);
      expect(edgeOf('informational')).toEqual([5, 1, 9]);

      const outside = (name: string, limit: number) =>
        all(new RegExp(` ${name}[12]?="(-?[\\d.]+)"`, 'g'))
          .flat()
          .filter((at) => at < 0 || at > limit);
      expect([outside('x', width), outside('y', height)]).toEqual([[], []]);
      for (const [y = 0] of all(/class="run"[^>]* y1="([\d.]+)"/g)) expect(y).toBeGreaterThan(base);
      const anchors = [...svg.matchAll(/text-anchor="(\w+)">2026/g)].map(([, anchor]) => anchor);
      expect([anchors[0], anchors.at(-1)]).toEqual(['start', 'end']);
    }
  });

  test('has the numbers as a table, the latest first', () => {
    const { markup } = trendChart([point(0, 4), point(1, 0)]);
    const rows = [...markup.matchAll(/<tr><td>(.*?)<\/tr>/g)].map(([, row = '']) => wordsOf(row).trim());
    expect(rows).toEqual(['20260802T020000Z 1 0 0 0 0 1', '20260801T020000Z 1 4 0 0 0 5']);
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
