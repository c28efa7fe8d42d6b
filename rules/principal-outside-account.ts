import { anyOf } from './engine/condition.ts';
import type { Context } from './engine/context.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';

const ACCOUNT = /^\d{12}$/;

interface Trusted {
  readonly trustedAccounts: readonly string[];
}

/** The own account, and those that the config or the rule's own option trust. */
const isTrusted = (account: string, options: Trusted, context: Context): boolean =>
  context.trustedAccounts.has(account) || options.trustedAccounts.includes(account);

export default defineUserRule({
  id: 'principal-outside-account',
  title: 'API principals are roles of trusted accounts',
  failsWhen:
    "the ARN is a well-formed role ARN whose account is neither the environment's own nor one of `trustedAccounts`, or whose partition is not the environment's",
  severity: 'CRITICAL',
  severityNote: '`LOW` unless the user is active and API-bound',
  rationale:
    'Who may assume a role is decided in the account of the role. With a role of a foreign account, somebody else decides who reads the data of this environment.',
  remediation:
    "Bind the user to a role of the environment's own account, or turn its API access off. If the account is one of yours, add it to `trustedAccounts`.",
  controls: controls({
    'NIST-800-53-r5': ['AC-3', 'AC-6', 'AC-20'],
    'ISO-27001-2022': ['A.5.15'],
    'SOC-2': ['CC6.1'],
    'NYDFS-500.7': ['(a)(1)'],
  }),
  // Trusted by this rule besides those that the context trusts.
  options: { trustedAccounts: [] as readonly string[] },
  optionsError({ trustedAccounts }) {
    const wrong = trustedAccounts.find((account) => !ACCOUNT.test(account));
    if (wrong === undefined) return undefined;
    return `trustedAccounts must list account ids of 12 digits, got ${JSON.stringify(wrong)}`;
  },

  when: [
    {
      text: () => 'apiAccessPrincipalArn is a well-formed role ARN',
      holds: ({ principal }, _options, context) =>
        principal.kind === 'none' && context.hasGaps ? undefined : principal.kind === 'role',
      unknown: () => 'apiAccessPrincipalArn is not told',
    },
    anyOf('its account or its partition is a foreign one', [
      {
        text: () => 'its account is neither the own one nor a trusted one',
        holds: ({ principal }, options: Trusted, context) =>
          principal.kind === 'role' ? !isTrusted(principal.account, options, context) : undefined,
      },
      {
        text: (_options, { partition }) => `its partition is not ${partition}`,
        holds: ({ principal }, _options, { partition }) =>
          principal.kind === 'role' ? principal.partition !== partition : undefined,
      },
    ]),
  ],

  violation({ principal, isActive, isApiBound, status, apiAccess }, options, context) {
    const { arn, account, partition } = { account: '', partition: '', arn: '', ...principal };
    return {
      message: isTrusted(account, options, context)
        ? `API principal is a role of partition ${partition}; the environment is in ${context.partition}`
        : `API principal is a role of account ${account}, which is not trusted`,
      evidence: { status, apiAccess, apiAccessPrincipalArn: arn, account, partition },
      ...((!isActive || isApiBound === false) && { severity: 'LOW' }),
    };
  },
});
