import { DAY_MS, HOUR_MS } from '../../rules/engine/time.ts';
import { clockTimes } from './clock-times.ts';
import { cronFields } from './cron.ts';

/** The last moment of a year: what is counted begins with the next one. */
const START = Date.UTC(2026, 0, 1) - 1;

const FORTNIGHT_MS = 14 * DAY_MS;

/** After 28 years the days of the week come back on the same dates. */
const CALENDAR_MS = (28 * 365 + 7) * DAY_MS;

const gapsOf = (times: readonly number[]): readonly number[] =>
  times.slice(1).map((time, index) => time - (times[index] ?? 0));

/**
 * Finds the times that a cron expression leaves between two runs, in milliseconds; changes of clocks left out. Every day
 * with runs has the same ones, so those of one day and the days are looked through apart: together they would be
 * millions.
 */
const betweenRuns = (cron: string): readonly number[] => {
  const [minute, hour, day, month, weekday] = cronFields(cron);
  const times = [...clockTimes(`${minute} ${hour} * * *`, START, START + DAY_MS)];
  // A schedule of days of the week alone repeats itself each week.
  const length = day === '*' && month === '*' ? FORTNIGHT_MS : CALENDAR_MS;
  const days = [...clockTimes(`0 0 ${day} ${month} ${weekday}`, START, START + length)];
  const withinDay = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return [...gapsOf(times), ...gapsOf(days).map((gap) => gap - withinDay)];
};

/** Finds the longest time that a cron expression leaves between two runs, in hours, rounded up. */
export const hoursBetweenRuns = (cron: string): number =>
  Math.ceil(betweenRuns(cron).reduce((longest, gap) => Math.max(longest, gap), 0) / HOUR_MS);

/** Finds the shortest time that a cron expression leaves between two runs, in milliseconds. */
export const shortestBetweenRuns = (cron: string): number =>
  betweenRuns(cron).reduce((shortest, gap) => Math.min(shortest, gap), Number.POSITIVE_INFINITY);
