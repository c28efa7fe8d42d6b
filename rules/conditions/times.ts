import type { Condition } from '../engine/condition.ts';
import { readTime } from '../engine/time.ts';
import type { User, UserTime } from '../engine/user.ts';

/**
 * Holds of one of the user's times as `readTime` reads it; whether it does is unknown where nothing tells of that time.
 * @param what the condition, in words
 */
export const timeThat = (
  member: UserTime,
  what: string,
  holds: (time: Exclude<ReturnType<typeof readTime>, 'untold'>) => boolean,
): Condition<User> => ({
  text: () => `${member} ${what}`,
  holds(user, _options, context) {
    const time = readTime(user[member], context);
    return time === 'untold' ? undefined : holds(time);
  },
  unknown: () => `${member} is not told`,
});
