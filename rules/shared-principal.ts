import { isShared } from './conditions/limits.ts';
import { active, apiBound } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineDirectoryRule } from './engine/rule.ts';

export default defineDirectoryRule({
  id: 'shared-principal',
  title: 'Each API principal belongs to one user',
  failsWhen: 'the same ARN stands on two or more active, API-bound users; the finding is about the ARN',
  severity: 'HIGH',
  rationale:
    'The service tells callers apart by their role alone. When two users have the same one, what is done through the API cannot be traced to either, and each may act with the permissions of the other.',
  remediation: 'Give each user a role of its own, and turn API access off for those that do not need it.',
  controls: controls({
    'NIST-800-53-r5': ['IA-2', 'IA-4', 'AC-2'],
    'ISO-27001-2022': ['A.5.16'],
    'SOC-2': ['CC6.1'],
    'PCI-DSS-4.0.1': ['8.2.1', '8.2.2'],
  }),
  options: {},
  about: 'principal',

  counts: [active, apiBound],
  keys: { apiAccessPrincipalArn: { text: 'apiAccessPrincipalArn is present', of: ({ principalArn }) => principalArn } },
  limit: isShared,

  violation: ({ key, count, users }) => ({
    message: `API principal of ${count} active users`,
    evidence: { apiAccessPrincipalArn: key, ...users },
  }),
});
