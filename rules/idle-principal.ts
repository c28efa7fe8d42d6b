import { overLimit } from './conditions/age.ts';
import { limitsError } from './conditions/limits.ts';
import { instantText, inUse, roleCondition } from './conditions/roles.ts';
import { controls } from './engine/controls.ts';
import type { Role } from './engine/facts.ts';
import { definePrincipalRule } from './engine/rule.ts';
import { DAY_MS } from './engine/time.ts';

/** The time that IAM remembers the last use of a role for: https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html */
const REMEMBERED_DAYS = 400;

/** The time since which the role has not been used, as far as is known; undefined where that is unknown. */
const idleSince = ({ lastUsedAt, createdAt }: Role): number | undefined =>
  lastUsedAt === null ? createdAt : lastUsedAt;

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
      (role, { maxDays }: { readonly maxDays: number }, { now }) => {
        if (role === null) return false;
        const since = idleSince(role);
        return since === undefined ? undefined : now - since > maxDays * DAY_MS;
      },
      'IAM does not tell when the role was used or created',
    ),
  ],

  violation({ facts: { answer } }, { maxDays }, { now }) {
    const { role } = answer ?? {};
    const since = (role && idleSince(role)) ?? now;
    const age = overLimit(now - since, maxDays, 'day');
    return {
      message:
        role?.lastUsedAt === null
          ? `the role was never used since it was created ${age} ago; at most ${maxDays} allowed`
          : `the role was last used ${age} ago; at most ${maxDays} allowed`,
      evidence: {
        lastUsedAt: instantText(role?.lastUsedAt),
        createdAt: instantText(role?.createdAt),
        allowedDays: maxDays,
      },
    };
  },
});
