import type { Cron } from './cron.ts';

const MINUTES_A_DAY = 24 * 60;
/** After 28 years the days of the week come back on the same dates. */
const DAYS_OF_28_YEARS = 28 * 365 + 7;

const longest = (gaps: Iterable<number>): number => [...gaps].reduce((most, gap) => Math.max(most, gap), 0);

/** The most days from one day with runs to the next. */
const daysBetweenRuns = ({ daysOfMonth, months, daysOfWeek }: Cron): number => {
  const days = Array.from({ length: DAYS_OF_28_YEARS }, (_, day) => new Date(Date.UTC(2026, 0, day + 1)));
  const runs = days.flatMap((day, index) => {
    const isRun =
      daysOfMonth.includes(day.getUTCDate()) &&
      months.includes(day.getUTCMonth() + 1) &&
      daysOfWeek.includes(day.getUTCDay());
    return isRun ? [index] : [];
  });
  return longest(runs.slice(1).map((day, index) => day - (runs[index] ?? 0)));
};

/** The longest time that the schedule leaves between two runs, in hours, rounded up; changes of clocks left out. */
export const hoursBetweenRuns = (cron: Cron): number => {
  const minutes = cron.hours.flatMap((hour) => cron.minutes.map((minute) => hour * 60 + minute));
  const withinADay = longest(minutes.slice(1).map((minute, index) => minute - (minutes[index] ?? 0)));
  const first = minutes[0] ?? 0;
  const last = minutes.at(-1) ?? 0;
  const overnight = daysBetweenRuns(cron) * MINUTES_A_DAY - last + first;
  return Math.ceil(Math.max(withinADay, overnight) / 60);
};
