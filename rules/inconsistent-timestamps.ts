import { timeThat } from './conditions/times.ts';
import { anyOf, type Condition } from './engine/condition.ts';
import type { Context } from './engine/context.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';
import { CLOCK_SKEW_MS, readTime } from './engine/time.ts';
import { USER_TIMES, type User, type UserTime } from './engine/user.ts';

const isUnusable = (time: unknown, context: Context): boolean => readTime(time, context) === 'unusable';

const unusable = (member: UserTime): Condition<User> => timeThat(member, 'is unusable', (time) => time === 'unusable');

/** Tells whether the last login lies before the creation. */
const isEarly = ({ createTime, lastLoginTime }: User, context: Context): boolean => {
  const created = readTime(createTime, context);
  const login = readTime(lastLoginTime, context);
  return typeof created === 'number' && typeof login === 'number' && created - login > CLOCK_SKEW_MS;
};

export default defineUserRule({
  id: 'inconsistent-timestamps',
  title: 'The times of a user make sense',
  failsWhen:
    'one of the five times is unusable (not a number, in seconds instead of milliseconds, or over 5 minutes after both now and the moment at which the user was read), or `lastLoginTime` is over 5 minutes before `createTime`',
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
        holds: (user, _options, context) => isEarly(user, context),
      },
    ]),
  ],

  violation(user, _options, context) {
    const times = USER_TIMES.filter((time) => isUnusable(user[time], context));
    const faults = [
      ...(times.length > 0 ? [`unusable times: ${times.join(', ')}`] : []),
      ...(isEarly(user, context) ? ['last login before the creation'] : []),
    ];
    return { message: faults.join('; '), evidence: Object.fromEntries(USER_TIMES.map((time) => [time, user[time]])) };
  },
});
