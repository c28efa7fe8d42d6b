import { controls } from './engine/controls.ts';
import { defineUnavailableRule } from './engine/rule.ts';

export default defineUnavailableRule({
  id: 'principal-trusts-outsiders',
  title: 'API principals are assumed from trusted accounts only',
  failsWhen: "the role's trust policy lets a principal of an account that is not trusted, or `*`, assume it",
  needs: 'iam:GetRole',
  severity: 'HIGH',
  severityNote: '`MEDIUM` under a condition on `aws:PrincipalOrgID`, `aws:PrincipalAccount` or `sts:ExternalId`',
  rationale:
    'A role of a trusted account keeps nobody out if its trust policy lets outsiders in: they act as the user all the same.',
  remediation: 'Narrow the trust policy of the role to the principals of trusted accounts that need it.',
  controls: controls({
    'NIST-800-53-r5': ['AC-3', 'AC-6', 'AC-20'],
    'ISO-27001-2022': ['A.5.15'],
    'SOC-2': ['CC6.1'],
    'NYDFS-500.7': ['(a)(1)'],
  }),
});
