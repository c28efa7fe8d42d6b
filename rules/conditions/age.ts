import { DAY_MS, HOUR_MS } from '../engine/time.ts';

const UNIT_MS = { day: DAY_MS, hour: HOUR_MS } as const;

export type Unit = keyof typeof UNIT_MS;

/** "1 day", "2 days". */
export const units = (count: number, unit: Unit): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** @param age in milliseconds; one of exactly `limit` units is still fine */
export const isOverLimit = (age: number, limit: number, unit: Unit): boolean => age > limit * UNIT_MS[unit];

/**
 * An age past a limit, in words: "91 days", or "over 90 days" until a whole unit has passed, since "90 days; at most
 * 90 allowed" would read like a mistake.
 * @param age in milliseconds, over `limit` units
 */
export const overLimit = (age: number, limit: number, unit: Unit): string => {
  const whole = Math.floor(age / UNIT_MS[unit]);
  return whole > limit ? units(whole, unit) : `over ${units(limit, unit)}`;
};
