import { apiBound, hasStatus } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';

export default defineUserRule({
  id: 'disabled-user-api-access',
  title: 'Disabled users have no API access',
  failsWhen: 'the `status` is `DISABLED` and the `apiAccess` is `ENABLED`',
  severity: 'MEDIUM',
  rationale:
    'A disabled user cannot call the API, but the grant only sleeps: enabling the user brings its API access back, with nobody having decided that.',
  remediation: 'Turn the API access of the disabled user off, and remove its ARN.',
  controls: controls({
    'NIST-800-53-r5': ['AC-2(3)', 'PS-4'],
    'CIS-v8.1': ['6.2'],
    'ISO-27001-2022': ['A.5.18'],
    'SOC-2': ['CC6.2'],
    'PCI-DSS-4.0.1': ['8.2.5'],
    'NYDFS-500.7': ['(a)(6)'],
  }),
  options: {},

  when: [hasStatus('DISABLED'), apiBound],

  violation: ({ status, apiAccess, principalArn }) => ({
    message: 'disabled, yet API access stays on: enabling the user revives it',
    evidence: { status, apiAccess, apiAccessPrincipalArn: principalArn },
  }),
});
