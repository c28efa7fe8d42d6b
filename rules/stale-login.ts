import { overLimit } from './conditions/age.ts';
import { hasStatus, isOlder } from './conditions/conditions.ts';
import { limitsError } from './conditions/limits.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';
import { DAY_MS, daysBetween, readTime } from './engine/time.ts';

export default defineUserRule({
  id: 'stale-login',
  title: 'Users have logged in recently',
  failsWhen:
    'the `status` is `ENABLED` and `lastLoginTime` is older than `maxDays`, or than `privilegedMaxDays` for a super user; not assessed where `lastLoginTime` is unusable, and left to `never-logged-in` where it is missing, null or 0',
  severity: 'MEDIUM',
  severityNote: '`HIGH` for super users',
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

  clauses(user, { maxDays, privilegedMaxDays }, { now }) {
    const login = readTime(user.lastLoginTime, now);
    const allowedDays = user.isPrivileged ? privilegedMaxDays : maxDays;
    return [
      hasStatus(user, 'ENABLED'),
      { text: 'lastLoginTime is there: not missing, null or 0', holds: login !== 'never' },
      isOlder('lastLoginTime', login, allowedDays, 'day', now),
    ];
  },

  check({ status, type, isPrivileged, lastLoginTime }, { maxDays, privilegedMaxDays }, { now }) {
    if (status !== 'ENABLED') return undefined;
    const login = readTime(lastLoginTime, now);
    if (login === 'never') return undefined;
    if (login === 'unusable') return { notAssessed: 'lastLoginTime is unusable' };
    const allowedDays = isPrivileged ? privilegedMaxDays : maxDays;
    if (now - login <= allowedDays * DAY_MS) return undefined;

    return {
      message: `last login ${overLimit(now - login, allowedDays, 'day')} ago; at most ${allowedDays} allowed`,
      evidence: { status, type, lastLoginTime, idleDays: daysBetween(login, now), allowedDays },
      ...(isPrivileged && { severity: 'HIGH' }),
    };
  },
});
