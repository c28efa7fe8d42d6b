import { SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import { runInstant } from './run-name.ts';

/** A complete run by name, and what stood at its end: critical, high, medium, low, informational. */
export type TrendPoint = readonly [
  run: string,
  critical: number,
  high: number,
  medium: number,
  low: number,
  informational: number,
];

/** From the most severe, as a point has its counts. */
export const WORST_FIRST: readonly Severity[] = SEVERITIES.toReversed();

/** The length of a trend in complete runs: a quarter of a nightly schedule. */
export const TREND_RUNS = 90;

/** The distance that lies between two complete runs as a rule: the median, in milliseconds. */
export const usualDistance = (instants: readonly number[]): number | undefined => {
  const distances = instants
    .slice(-TREND_RUNS)
    .flatMap((instant, index, all) => (index === 0 ? [] : [instant - (all[index - 1] ?? instant)]))
    .toSorted((a, b) => a - b);
  return distances[Math.floor((distances.length - 1) / 2)];
};

/** A complete run more than this many times as long after the one before it as is usual leaves a gap. */
export const GAP = 1.5;

/** The times between complete runs that are longer than is usual, each by its two ends, in milliseconds since the epoch. */
export const gapsBetween = (instants: readonly number[]): readonly (readonly [from: number, to: number])[] => {
  const usual = usualDistance(instants) ?? Number.POSITIVE_INFINITY;
  return instants.slice(1).flatMap((to, index) => {
    const from = instants[index] ?? to;
    return to - from > usual * GAP ? [[from, to] as const] : [];
  });
};

/** The instants of the complete runs of a trend, in milliseconds since the epoch. */
export const trendInstants = (trend: readonly TrendPoint[]): readonly number[] =>
  trend.map(([run]) => runInstant(run)?.getTime() ?? 0);

export const trendPoint = (run: string, counts: Readonly<Record<Severity, number>>): TrendPoint => [
  run,
  counts.CRITICAL,
  counts.HIGH,
  counts.MEDIUM,
  counts.LOW,
  counts.INFORMATIONAL,
];

/** Tells whether a value that was read is a number of things. */
export const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const isPoint = (value: unknown): value is TrendPoint => {
  if (!Array.isArray(value) || value.length !== 1 + WORST_FIRST.length) return false;
  const [run, ...counts]: readonly unknown[] = value;
  return typeof run === 'string' && runInstant(run) !== undefined && counts.every(isCount);
};

/** The trend that a report carries; undefined where it carries none that this version can read. */
export const readTrend = (report: unknown): readonly TrendPoint[] | undefined => {
  if (typeof report !== 'object' || report === null || !('trend' in report)) return undefined;
  const { trend } = report;
  return Array.isArray(trend) && trend.every(isPoint) ? trend : undefined;
};

/** The trend with a further complete run, the oldest run left out where there are too many. */
export const continueTrend = (trend: readonly TrendPoint[], point: TrendPoint | undefined): readonly TrendPoint[] =>
  [...trend, ...(point === undefined ? [] : [point])].slice(-TREND_RUNS);
