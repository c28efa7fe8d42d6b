import { anyOf } from './conditions/conditions.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';
import { CLOCK_SKEW_MS, readTime } from './engine/time.ts';
import { USER_TIMES, type User } from './engine/user.ts';

/** Whether the last login lies before the creation. */
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

  clauses: (user, _options, { now }) => [
    anyOf('a time makes no sense', [
      ...USER_TIMES.map((time) => ({
        text: `${time} is unusable`,
        holds: readTime(user[time], now) === 'unusable',
      })),
      { text: 'lastLoginTime is over 5 minutes before createTime', holds: isEarly(user, now) },
    ]),
  ],

  check(user, _options, { now }) {
    const isLoginEarly = isEarly(user, now);
    if (!isLoginEarly && !USER_TIMES.some((time) => readTime(user[time], now) === 'unusable'))
      return undefined;

    const unusable = USER_TIMES.filter((time) => readTime(user[time], now) === 'unusable');
    const faults = [
      ...(unusable.length > 0 ? [`unusable times: ${unusable.join(', ')}`] : []),
      ...(isLoginEarly ? ['last login before the creation'] : []),
    ];
    return {
      message: faults.join('; '),
      evidence: Object.fromEntries(USER_TIMES.map((time) => [time, user[time]])),
    };
  },
});
