import { roleCondition } from './conditions/roles.ts';
import { judgeTrust, type Outsider, type TrustJudgement } from './conditions/trust-policy.ts';
import type { Context } from './engine/context.ts';
import { controls } from './engine/controls.ts';
import { definePrincipalRule } from './engine/rule.ts';

/** A role of a trusted account trusts by the same accounts as one of the environment's own. */
const trustOf = (trust: unknown, { partition, trustedAccounts }: Context): TrustJudgement =>
  judgeTrust(trust, partition, (account) => trustedAccounts.has(account));

/** An external id is a secret that the two accounts share: it narrows nothing where nobody is named. */
const isWeaker = ({ isNamed, hasExternalId }: Outsider): boolean => isNamed && hasExternalId;

/** The most outsiders that a message names. */
const MOST_NAMED = 3;

const namesOf = (outsiders: readonly Outsider[]): string => {
  const names = [...new Set(outsiders.map(({ who }) => who))];
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
};

export default definePrincipalRule({
  id: 'principal-trusts-outsiders',
  title: 'API principals are assumed from trusted accounts only',
  failsWhen:
    "a statement of the role's trust policy that grants `sts:AssumeRole`, `sts:AssumeRoleWithSAML` or `sts:AssumeRoleWithWebIdentity` lets an outsider in: everybody (`*`, `NotPrincipal`), a principal of an account that is not trusted, or a federated provider of one, or a public provider without a condition on audience or subject that names one, to its owner at least. Only a condition by `StringEquals`, `StringEqualsIgnoreCase`, `StringLike`, `ArnEquals` or `ArnLike` (plain or `ForAnyValue:`) on the organisation, account or ARN of the principal or the source clears it, if none of its values is open to others: neither `…IfExists`, `ForAllValues:`, `Null`, a negation nor a `Deny` does. Service principals are no outsiders; a policy that can't be judged is not assessed",
  severity: 'HIGH',
  severityNote:
    '`MEDIUM` where all that is let in are named and asked for an `sts:ExternalId`; `LOW` where no active user reaches the API by the role',
  rationale:
    'A role of a trusted account keeps nobody out if its trust policy lets outsiders in: they act as the user all the same. An external id is a shared secret against confusion, and makes nobody known.',
  remediation: 'Narrow the trust policy of the role to the principals of trusted accounts that need it.',
  controls: controls({
    'NIST-800-53-r5': ['AC-3', 'AC-6', 'AC-20'],
    'ISO-27001-2022': ['A.5.15'],
    'SOC-2': ['CC6.1'],
    'NYDFS-500.7': ['(a)(1)'],
  }),
  options: {},

  when: [
    roleCondition(
      () => 'its trust policy lets outsiders in',
      ({ role }, _options, context) => {
        if (role === null) return false;
        const { outsiders, unreadable } = trustOf(role.trust, context);
        if (outsiders.length > 0) return true;
        return unreadable === undefined ? false : undefined;
      },
      'its trust policy is of a form that is not known',
    ),
  ],

  violation({ facts: { answer } }, _options, context) {
    const { outsiders, hasDeny } = trustOf(answer?.role?.trust, context);
    return {
      message: `the trust policy lets in ${namesOf(outsiders)}`,
      evidence: {
        outsiders: outsiders.map(({ who, principal, hasExternalId }) => ({ who, principal, hasExternalId })),
        hasDeny,
        trustPolicy: answer?.role?.trust,
      },
      ...(outsiders.every(isWeaker) && { severity: 'MEDIUM' as const }),
    };
  },
});
