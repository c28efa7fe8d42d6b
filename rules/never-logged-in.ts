import { olderThan, overLimit } from './conditions/age.ts';
import { limitsError } from './conditions/limits.ts';
import { timeThat } from './conditions/times.ts';
import { hasStatus, isPrivileged } from './conditions/users.ts';
import type { Context } from './engine/context.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule, type Evidence, type Violation } from './engine/rule.ts';
import { daysBetween, readTime } from './engine/time.ts';
import type { User } from './engine/user.ts';

const usable = (value: unknown, context: Context): number => {
  const time = readTime(value, context);
  return typeof time === 'number' ? time : 0;
};

/** The later of the two times since which the user might have logged in; undefined where neither is usable. */
const handedOut = ({ createTime, lastEnabledTime }: User, context: Context): number | undefined =>
  Math.max(usable(createTime, context), usable(lastEnabledTime, context)) || undefined;

/** A user that only calls the API may never log in: the field tells of interactive logins. */
const severityOf = (user: User, context: Context): Pick<Violation, 'severity'> => {
  const { isApiBound, principal } = user;
  if (isPrivileged(user, context) !== false) return { severity: 'HIGH' };
  return isApiBound && principal.kind === 'role' ? { severity: 'LOW' } : {};
};

/** The last use of the role of a user that only calls the API. It may have been for anything: evidence, and no pass. */
const roleUse = ({ isApiBound, principal }: User, { roles }: Context): Evidence => {
  const { answer } = (isApiBound && principal.kind === 'role' && roles?.(principal.arn)) || {};
  const { lastUsedAt } = answer?.role ?? {};
  if (answer === undefined || lastUsedAt === undefined) return {};
  return {
    roleLastUsedAt: lastUsedAt === null ? 'not within 400 days' : new Date(lastUsedAt).toISOString(),
    roleReadAt: new Date(answer.readAt).toISOString(),
  };
};

export default defineUserRule({
  id: 'never-logged-in',
  title: 'Users log in soon after they are created or enabled',
  failsWhen:
    'the `status` is `ENABLED`, `lastLoginTime` is missing, null or 0, and the later of `createTime` and `lastEnabledTime` is older than `maxDays`; one of the two that is unusable or never is left out, and the user is not assessed where both are',
  severity: 'MEDIUM',
  severityNote:
    '`HIGH` for privileged users; `LOW` for other users that are API-bound with a well-formed role, which may be service identities: the field tells of interactive logins only. The last use of the role stands in the evidence where it is read, and makes nobody pass',
  rationale:
    'An account that was handed out and never used was not needed, or its owner never took possession of it. Either way, its first login may be by somebody else.',
  remediation:
    'Ask whoever requested the user whether it is still needed, and disable it if not. Waive the finding for a service identity that only calls the API.',
  controls: controls({
    'NIST-800-53-r5': ['AC-2(3)'],
    'CIS-v8.1': ['5.1', '5.3'],
    'ISO-27001-2022': ['A.5.18'],
    'SOC-2': ['CC6.2'],
    'PCI-DSS-4.0.1': ['8.2.6'],
    'NYDFS-500.7': ['(a)(4)'],
  }),
  options: { maxDays: 45 },
  optionsError: (options) => limitsError(options),

  when: [
    hasStatus('ENABLED'),
    timeThat('lastLoginTime', 'is missing, null or 0', (time) => time === 'never'),
    {
      ...olderThan('the later of createTime and lastEnabledTime', handedOut, 'maxDays', 'day'),
      unknown: () => 'neither createTime nor lastEnabledTime is usable',
    },
  ],

  violation(user, { maxDays }, context) {
    const { status, type, apiAccess, principalArn, lastLoginTime, createTime, lastEnabledTime } = user;
    const { now } = context;
    const since = handedOut(user, context) ?? now;
    return {
      message: `never logged in, ${overLimit(now - since, maxDays, 'day')} after being created or enabled; at most ${maxDays} allowed`,
      evidence: {
        status,
        type,
        apiAccess,
        apiAccessPrincipalArn: principalArn,
        lastLoginTime,
        createTime,
        lastEnabledTime,
        unusedDays: daysBetween(since, now),
        allowedDays: maxDays,
        ...roleUse(user, context),
      },
      ...severityOf(user, context),
    };
  },
});
