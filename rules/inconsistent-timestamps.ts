import { anyOf, type Condition } from './engine/condition.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';
import { CLOCK_SKEW_MS, readTime } from './engine/time.ts';
import { USER_TIMES, type User, type UserTime } from './engine/user.ts';

const isUnusable = (time: unknown, now: number): boolean => readTime(time, now) === 'unusable';

const unusable = (time: UserTime): Condition<User> => ({
  text: () => `${time} is unusable`,
  holds: (user, _options, { now }) => isUnusable(user[time], now),
});

/** Tells whether the last login lies before the creation. */
const isEarly = ({ createTime, lastLoginTime }: User, now: number): boolean => {
  const created = readTime(createTime, now);
  const login = readTime(lastLoginTime, now);
  return typeof created === 'number' && typeof login === 'number' && created - login > CLOCK_SKEW_MS;
};

export default defineUserRule({
  id: 'inconsistent-timestamps',
  title: 'The times of a user make sense',
  failsWhen:
    'one of the five times is unusable (not a number, in seconds instead of milliseconds, or over 5 minutes after now), or `lastLoginTime` is over 5 minutes before `createTime`',
  severity: 'LOW',
  rationale:
    'Rules about inactivity rest on these times. Where one is wrong, nobody can tell how long the account has been idle, and it may be a sign of tampering.',
  remediation:
    'Compare the times with CloudTrail and with what the FinSpace console shows. Ask AWS Support if the service itself gives them so.',
  controls: controls({ 'NIST-800-53-r5': ['AU-8', 'SI-10'] }),
  options: {},

  when: [
    anyOf('a time makes no sense', [
      ...USER_TIMES.map(unusable),
      {
        text: () => 'lastLoginTime is over 5 minutes before createTime',
        holds: (user, _options, { now }) => isEarly(user, now),
      },
    ]),
  ],

  violation(user, _options, { now }) {
    const times = USER_TIMES.filter((time) => isUnusable(user[time], now));
    const faults = [
      ...(times.length > 0 ? [`unusable times: ${times.join(', ')}`] : []),
      ...(isEarly(user, now) ? ['last login before the creation'] : []),
    ];
    return { message: faults.join('; '), evidence: Object.fromEntries(USER_TIMES.map((time) => [time, user[time]])) };
  },
});
