import { DAY_MS, HOUR_MS } from '../../rules/engine/time.ts';
import { clockTimes } from './clock-times.ts';
import { cronFields } from './cron.ts';

/** The last moment of a year: what is counted begins with the next one. */
const START = Date.UTC(2026, 0, 1) - 1;

const FORTNIGHT_MS = 14 * DAY_MS;

/** After 28 years the days of the week come back on the same dates. */
const CALENDAR_MS = (28 * 365 + 7) * DAY_MS;

const longestGap = (times: readonly number[]): number =>
  times.slice(1).reduce((longest, time, index) => Math.max(longest, time - (times[index] ?? 0)), 0);

/**
 * Finds the longest time that a cron expression leaves between two runs, in hours, rounded up; changes of clocks left
 * out. Every day with runs has the same ones, so those of one day and the days are looked through apart: together
 * they would be millions.
 */
export const hoursBetweenRuns = (cron: string): number => {
  const [minute, hour, day, month, weekday] = cronFields(cron);
  const times = [...clockTimes(`${minute} ${hour} * * *`, START, START + DAY_MS)];
  // A schedule of days of the week alone repeats itself each week.
  const length = day === '*' && month === '*' ? FORTNIGHT_MS : CALENDAR_MS;
  const days = [...clockTimes(`0 0 ${day} ${month} ${weekday}`, START, START + length)];
  const overnight = longestGap(days) - ((times.at(-1) ?? 0) - (times[0] ?? 0));
  return Math.ceil(Math.max(longestGap(times), overnight) / HOUR_MS);
};
