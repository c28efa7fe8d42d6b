import { CLOCK_SKEW_MS } from '../../rules/engine/time.ts';

/** A run's name: its asOf, to the second, as `20261124T020000Z`. */
export const runName = (asOf: Date): string => `${asOf.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

/** The instant that a run's name stands for; undefined where it is no run's name. */
export const runInstant = (run: string): Date | undefined => {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(run);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const instant = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Dates go on from a day or an hour that there is not: of 30 February they make 2 March.
  return !Number.isNaN(instant.getTime()) && runName(instant) === run ? instant : undefined;
};

/** A day of the calendar as `2026-11-24`. */
export const isDay = (value: string): boolean =>
  (/^\d{4}-\d{2}-\d{2}$/.test(value) && new Date(`${value}T00:00:00Z`).toJSON()?.startsWith(value)) ?? false;

/** Says what is wrong with an instant to speak for, as it reads after the instant's name; undefined: it has come. */
export const aheadProblem = (asOf: Date, now: number): string | undefined =>
  asOf.getTime() - now <= CLOCK_SKEW_MS
    ? undefined
    : `must be at most 5 minutes ahead of the clock, which says ${new Date(now).toISOString()}, got ${asOf.toISOString()}`;
