import { overLimit } from './conditions/age.ts';
import { limitsError } from './conditions/limits.ts';
import { instantText, inUse, roleCondition } from './conditions/roles.ts';
import type { Truth } from './engine/condition.ts';
import { controls } from './engine/controls.ts';
import type { Role, RoleAnswer } from './engine/facts.ts';
import { definePrincipalRule } from './engine/rule.ts';
import { DAY_MS } from './engine/time.ts';

/** The time that IAM remembers the last use of a role for: https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html */
const REMEMBERED_DAYS = 400;

/** A run may ask for the role some hours after the instant that it speaks for; of a saved roster, years. */
const SOON_MS = DAY_MS;

/** The time since which the role has not been used, as far as is known; undefined where that is unknown. */
const idleSince = ({ lastUsedAt, createdAt }: Role): number | undefined =>
  lastUsedAt === null ? createdAt : lastUsedAt;

/** Tells whether the role was idle then; of a time that IAM has forgotten, nobody knows. */
const isIdle = ({ role, readAt }: RoleAnswer, maxDays: number, now: number): Truth => {
  if (role === null) return false;
  const since = idleSince(role);
  if (since === undefined) return undefined;
  const from = now - maxDays * DAY_MS;
  if (since >= from) return false;
  return role.lastUsedAt === null && from < readAt - REMEMBERED_DAYS * DAY_MS - SOON_MS ? undefined : true;
};

export default definePrincipalRule({
  id: 'idle-principal',
  title: 'API principals are used',
  failsWhen:
    'the role of an active user with API access was last used more than `maxDays` ago, or never (within the 400 days that IAM tells of) and was created as long ago',
  severity: 'LOW',
  rationale: 'API access that nobody uses is access whose misuse nobody notices.',
  remediation: 'Ask the owner whether the access is still needed, and turn the API access of the user off if not.',
  controls: controls({ 'NIST-800-53-r5': ['AC-2(3)', 'AC-3', 'IA-4'], 'ISO-27001-2022': ['A.5.16'] }),
  options: { maxDays: 90 },
  optionsError({ maxDays }) {
    if (maxDays <= REMEMBERED_DAYS) return limitsError({ maxDays });
    return `maxDays must be at most ${REMEMBERED_DAYS}, since IAM remembers no longer, got ${maxDays}`;
  },

  when: [
    inUse,
    roleCondition(
      ({ maxDays }: { readonly maxDays: number }) =>
        `the role was last used, or else created, over ${maxDays} days ago`,
      (answer, { maxDays }: { readonly maxDays: number }, { now }) => isIdle(answer, maxDays, now),
      'IAM does not tell when the role was used or created',
    ),
  ],

  violation({ facts: { answer } }, { maxDays }, { now }) {
    const { role } = answer ?? {};
    const since = (role && idleSince(role)) ?? now;
    const age = overLimit(now - since, maxDays, 'day');
    const told =
      now - since > REMEMBERED_DAYS * DAY_MS
        ? `was not used within the ${REMEMBERED_DAYS} days that IAM tells of`
        : `was never used since it was created ${age} ago`;
    return {
      message: `the role ${role?.lastUsedAt === null ? told : `was last used ${age} ago`}; at most ${maxDays} allowed`,
      evidence: {
        lastUsedAt: instantText(role?.lastUsedAt),
        createdAt: instantText(role?.createdAt),
        allowedDays: maxDays,
      },
    };
  },
});
