import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';
import { CLOCK_SKEW_MS, readTime } from './engine/time.ts';

const TIMES = [
  'createTime',
  'lastEnabledTime',
  'lastDisabledTime',
  'lastModifiedTime',
  'lastLoginTime',
] as const;

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

  check(user, _options, { now }) {
    const created = readTime(user.createTime, now);
    const login = readTime(user.lastLoginTime, now);
    const isEarly =
      typeof created === 'number' && typeof login === 'number' && created - login > CLOCK_SKEW_MS;
    if (!isEarly && !TIMES.some((time) => readTime(user[time], now) === 'unusable')) return undefined;

    const unusable = TIMES.filter((time) => readTime(user[time], now) === 'unusable');
    const faults = [
      ...(unusable.length > 0 ? [`unusable times: ${unusable.join(', ')}`] : []),
      ...(isEarly ? ['last login before the creation'] : []),
    ];
    return {
      message: faults.join('; '),
      evidence: Object.fromEntries(TIMES.map((time) => [time, user[time]])),
    };
  },
});
