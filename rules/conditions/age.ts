import type { Condition } from '../engine/condition.ts';
import type { Context } from '../engine/context.ts';
import { DAY_MS, HOUR_MS, readTime } from '../engine/time.ts';
import type { User, UserTime } from '../engine/user.ts';

const UNIT_MS = { day: DAY_MS, hour: HOUR_MS } as const;

type Unit = keyof typeof UNIT_MS;

/** "1 day", "2 days". */
const units = (count: number, unit: Unit): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** Options of a rule that hold such a limit. */
export type LimitIn<N extends string> = Readonly<Record<N, number>>;

/**
 * Holds of an age over a limit that is an option of the rule; exactly the limit is still fine. A time after now is of no age.
 * @param what has the age, in words
 * @param timeOf gives the time since which it runs, in milliseconds; undefined where there is none or it is unusable
 */
export const olderThan = <N extends string>(
  what: string,
  timeOf: (user: User, context: Context) => number | undefined,
  option: N,
  unit: Unit,
): Condition<User, LimitIn<N>> => ({
  text: ({ [option]: limit }) => `${what} is older than ${units(limit, unit)}`,
  holds(user, { [option]: limit }, context) {
    const time = timeOf(user, context);
    return time === undefined ? undefined : context.now - time > limit * UNIT_MS[unit];
  },
});

/** Holds of one of the user's times that is older than an option of the rule. */
export const older = <N extends string>(member: UserTime, option: N, unit: Unit): Condition<User, LimitIn<N>> => ({
  ...olderThan(
    member,
    (user, context) => {
      const time = readTime(user[member], context);
      return typeof time === 'number' ? time : undefined;
    },
    option,
    unit,
  ),
  unknown: () => `${member} is missing or unusable`,
});

/**
 * An age past a limit, in words: "91 days", or "over 90 days" until a whole unit has passed, since "90 days; at most
 * 90 allowed" would read like a mistake.
 * @param age in milliseconds, over `limit` units
 */
export const overLimit = (age: number, limit: number, unit: Unit): string => {
  const whole = Math.floor(age / UNIT_MS[unit]);
  return whole > limit ? units(whole, unit) : `over ${units(limit, unit)}`;
};
