import type { Context } from './context.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The time by which two clocks may differ, or a login lie before the creation, before a time counts as wrong. */
export const CLOCK_SKEW_MS = 5 * MINUTE_MS;

/** Below this a number is likely seconds: FinSpace gives milliseconds since the epoch. */
const LEAST_MILLISECONDS = 100_000_000_000;

/**
 * Reads a member such as `lastLoginTime`: milliseconds since the epoch, `never` (missing, null or 0), `untold` (missing
 * where records have gaps), or `unusable` (not a finite number, seconds, or after both `now` and the moment it was read:
 * whoever was active in between is no fault of time). An unusable time is never rescaled or guessed.
 */
export const readTime = (
  value: unknown,
  context: Pick<Context, 'now' | 'readAt' | 'hasGaps'>,
): number | 'never' | 'untold' | 'unusable' => {
  if (value === undefined && context.hasGaps) return 'untold';
  const { now, readAt } = context;
  if (value === undefined || value === null || value === 0) return 'never';
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'unusable';
  if (value < LEAST_MILLISECONDS || value > Math.max(now, readAt) + CLOCK_SKEW_MS) return 'unusable';
  return value;
};

/** Whole days from one instant to another, rounded down; both in milliseconds. There are none to one that is no later. */
export const daysBetween = (from: number, to: number): number => Math.max(0, Math.floor((to - from) / DAY_MS));
