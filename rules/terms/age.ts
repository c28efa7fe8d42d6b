import { DAY_MS, HOUR_MS } from '../engine/time.ts';

const UNIT_MS = { day: DAY_MS, hour: HOUR_MS } as const;

/** "1 day", "2 days". */
const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/**
 * An age past a limit, in words: "91 days", or "over 90 days" until a whole unit has passed, since "90 days; at most
 * 90 allowed" would read like a mistake.
 * @param age in milliseconds, over `limit` units
 */
export const pastLimit = (age: number, limit: number, unit: keyof typeof UNIT_MS): string => {
  const whole = Math.floor(age / UNIT_MS[unit]);
  return whole > limit ? counted(whole, unit) : `over ${counted(limit, unit)}`;
};
