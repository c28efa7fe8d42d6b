import { scaleLinear } from 'd3-scale';
import { area, line, type SeriesPoint, stack } from 'd3-shape';
import type { Severity } from '../../../rules/engine/severity.ts';
import { runInstant } from '../../model/run-name.ts';
import { type TrendPoint, WORST_FIRST } from '../../model/trend.ts';
import { type Html, html } from './markup.ts';
import { severityClass, severityWord } from './severity.ts';

/**
 * Two drawings, in pixels where the page is as wide as it is meant for, of which the page shows one: a drawing that
 * shrinks to a telephone can't be read there.
 */
const SIZES = [
  { name: 'wide', width: 1000, height: 250 },
  { name: 'narrow', width: 400, height: 250 },
];

const LEFT = 48;
const RIGHT = 10;
const TOP = 12;
const BOTTOM = 40;

interface Moment {
  readonly run: string;
  readonly at: Date;
  readonly counts: Readonly<Record<Severity, number>>;
  readonly total: number;
}

const momentOf = ([run, ...counts]: TrendPoint): Moment => ({
  run,
  at: runInstant(run) ?? new Date(0),
  counts: Object.fromEntries(WORST_FIRST.map((severity, index) => [severity, counts[index] ?? 0])) as Record<
    Severity,
    number
  >,
  total: counts.reduce((sum, count) => sum + count, 0),
});

const dayOf = ({ at }: Moment): string => at.toISOString().slice(0, 10);

/** The numbers of dates that may stand beneath a drawing, those likeliest to be at even distances first. */
const DATES: readonly number[] = [4, 3];

/** The room that a date takes, and some between it and the next, in units of a drawing. */
const DATE_WIDTH = 74;

/** The first, the last, and some between them, as far as these have room. */
const datesOf = (moments: readonly Moment[], x: (at: Date) => number): readonly Moment[] => {
  const steps = moments.length - 1;
  const count = DATES.find((dates) => steps % (dates - 1) === 0) ?? Math.min(4, moments.length);
  const positions = Array.from({ length: count }, (_, n) => Math.round((n * steps) / (count - 1)));
  const [first, ...others] = [...new Set(positions)].flatMap((position) => moments[position] ?? []);
  const last = others.pop();
  if (first === undefined || last === undefined) return [];
  // The first begins where it stands, the last ends there, and others have their middle there.
  let taken = x(first.at) + DATE_WIDTH;
  const between = others.filter(({ at }) => {
    const begin = x(at) - DATE_WIDTH / 2;
    if (begin < taken || begin + DATE_WIDTH > x(last.at) - DATE_WIDTH) return false;
    taken = begin + DATE_WIDTH;
    return true;
  });
  return [first, ...between, last];
};

const anchorOf = (index: number, count: number): string => {
  if (index === 0) return 'start';
  return index === count - 1 ? 'end' : 'middle';
};

/** Rounds to one decimal, which is finer than any screen shows. */
const rounded = (value: number): number => Math.round(value * 10) / 10;

const chart = (moments: readonly Moment[], title: string, { name, width, height }: (typeof SIZES)[number]): Html => {
  const base = height - BOTTOM;
  const first = moments[0]?.at ?? new Date(0);
  const last = moments.at(-1)?.at ?? first;
  const x = scaleLinear([first, last], [LEFT, width - RIGHT]);
  const top = Math.max(4, ...moments.map(({ total }) => total));
  const y = scaleLinear([0, top], [base, TOP]).nice(4);
  // The worst at the bottom, where its height can be read.
  const layers = stack<unknown, Moment, Severity>()
    .keys([...WORST_FIRST])
    .value(({ counts }, severity) => counts[severity])([...moments]);
  const xOf = ({ data }: SeriesPoint<Moment>): number => x(data.at);
  const areaPath = area<SeriesPoint<Moment>>(
    xOf,
    ([low]) => y(low),
    ([, high]) => y(high),
  ).digits(1);
  const edgePath = line<SeriesPoint<Moment>>(xOf, ([, high]) => y(high)).digits(1);
  const dates = datesOf(moments, x);

  return html`<svg class="chart ${name}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
${y.ticks(4).map((tick) => html`<line class="grid" x1="${LEFT}" x2="${width - RIGHT}" y1="${rounded(y(tick))}" y2="${rounded(y(tick))}"/><text x="${LEFT - 10}" y="${rounded(y(tick)) + 4}" text-anchor="end">${tick}</text>`)}
${layers.map((layer) => html`<g class="${severityClass(layer.key)}"><path class="area" d="${areaPath(layer) ?? ''}"/><path class="edge" d="${edgePath(layer) ?? ''}"/></g>`)}
${moments.map(({ at }) => html`<line class="run" x1="${rounded(x(at))}" x2="${rounded(x(at))}" y1="${base + 1}" y2="${base + 5}"/>`)}
${dates.map((moment, index) => html`<text x="${rounded(x(moment.at))}" y="${height - 12}" text-anchor="${anchorOf(index, dates.length)}">${dayOf(moment)}</text>`)}
</svg>`;
};

const numbers = (moments: readonly Moment[]): Html => html`<details><summary>The numbers as a table</summary>
<div class="scroll tall" tabindex="0" role="region" aria-label="Failing findings by run, as a table"><table>
<caption>What stood at the end of each complete run, the latest first<span class="paper">; here the last ten</span></caption>
<thead><tr><th scope="col">Run</th>${WORST_FIRST.map((severity) => html`<th scope="col" class="n">${severityWord(severity)}</th>`)}<th scope="col" class="n">Total</th></tr></thead>
<tbody>${moments
  .toReversed()
  .map(
    ({ run, counts, total }) =>
      html`<tr><td><code>${run}</code></td>${WORST_FIRST.map((severity) => html`<td class="n">${counts[severity]}</td>`)}<td class="n">${total}</td></tr>`,
  )}</tbody></table></div></details>`;

/** Draws what failed in the last complete runs, with the numbers for those who can't see the chart. */
export const trendChart = (trend: readonly TrendPoint[]): Html => {
  const moments = trend.map(momentOf);
  const [first, last] = [moments[0], moments.at(-1)];
  if (first === undefined || last === undefined) return html`<p class="quiet">There is no complete run to show.</p>`;
  if (first === last) return html`<p class="quiet">One complete run is no trend yet.</p>${numbers(moments)}`;

  const title = `Failing findings in ${moments.length} complete runs: ${first.total} on ${dayOf(first)}, ${last.total} on ${dayOf(last)}`;
  return html`<ul class="legend">${WORST_FIRST.map(
    (severity) => html`<li class="${severityClass(severity)}"><i></i>${severityWord(severity)}</li>`,
  )}<li>A mark below the axis is a complete run</li></ul>
${SIZES.map((size) => chart(moments, title, size))}
${numbers(moments)}`;
};
