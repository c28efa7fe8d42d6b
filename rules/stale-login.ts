import { type LimitIn, older, overLimit } from './conditions/age.ts';
import { limitsError } from './conditions/limits.ts';
import { timeThat } from './conditions/times.ts';
import { hasStatus, isPrivileged, privileged } from './conditions/users.ts';
import { byWhether, type Condition, not, type Truth } from './engine/condition.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';
import { daysBetween } from './engine/time.ts';
import type { User } from './engine/user.ts';

const loginOlder = <N extends string>(option: N): Condition<User, LimitIn<N>> => ({
  ...older('lastLoginTime', option, 'day'),
  // A login that never was is told by the condition before.
  unknown: () => 'lastLoginTime is unusable',
});

const hasLoggedIn = timeThat('lastLoginTime', 'is there: not missing, null or 0', (time) => time !== 'never');

/** The limit that a user has passed; the longer one where it is unknown whether it is privileged, since it has passed both. */
const daysFor = (
  isPrivilegedUser: Truth,
  { maxDays, privilegedMaxDays }: LimitIn<'maxDays' | 'privilegedMaxDays'>,
): number => {
  if (isPrivilegedUser === undefined) return Math.max(maxDays, privilegedMaxDays);
  return isPrivilegedUser ? privilegedMaxDays : maxDays;
};

export default defineUserRule({
  id: 'stale-login',
  title: 'Users have logged in recently',
  failsWhen:
    'the `status` is `ENABLED` and `lastLoginTime` is older than `maxDays`, or than `privilegedMaxDays` for a privileged user; not assessed where `lastLoginTime` is unusable, and left to `never-logged-in` where it is missing, null or 0; but a finding stands while the time that it had is missing',
  severity: 'MEDIUM',
  severityNote: '`HIGH` for privileged users',
  rationale:
    'An account that nobody uses is one whose misuse nobody notices. It often belongs to somebody who has changed roles or left.',
  remediation:
    'Ask the owner whether the user is still needed, and disable it if not. Waive the finding with a reason if it has to stay.',
  controls: controls({
    'NIST-800-53-r5': ['AC-2(3)'],
    'CIS-v8.1': ['5.3'],
    'ISO-27001-2022': ['A.5.18'],
    'SOC-2': ['CC6.2'],
    'PCI-DSS-4.0.1': ['8.2.6'],
    'NYDFS-500.7': ['(a)(4)'],
  }),
  options: { maxDays: 90, privilegedMaxDays: 45 },
  optionsError: (options) => limitsError(options),

  when: [
    hasStatus('ENABLED'),
    hasLoggedIn,
    byWhether(privileged, loginOlder('privilegedMaxDays'), loginOlder('maxDays')),
  ],

  cannotEnd: {
    when: [hasStatus('ENABLED'), not('lastLoginTime is never', hasLoggedIn)],
    reason: 'lastLoginTime was there and is not, and a login cannot be unmade',
  },

  violation(user, options, context) {
    const { status, type, lastLoginTime } = user;
    const { now } = context;
    const isPrivilegedUser = isPrivileged(user, context);
    const login = Number(lastLoginTime);
    const allowedDays = daysFor(isPrivilegedUser, options);
    return {
      message: `last login ${overLimit(now - login, allowedDays, 'day')} ago; at most ${allowedDays} allowed`,
      evidence: { status, type, lastLoginTime, idleDays: daysBetween(login, now), allowedDays },
      ...(isPrivilegedUser !== false && { severity: 'HIGH' }),
    };
  },
});
