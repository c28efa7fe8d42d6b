import { apiAccessDisabled, principalPresent } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';

export default defineUserRule({
  id: 'leftover-principal',
  title: 'Users without API access have no principal',
  failsWhen: 'the `apiAccess` is `DISABLED` and an ARN is present',
  severity: 'LOW',
  rationale:
    'An ARN left behind comes back to life when API access is turned on again, however much the role has changed meanwhile.',
  remediation: 'Remove the ARN from the user.',
  controls: controls({ 'NIST-800-53-r5': ['AC-2', 'IA-4'], 'ISO-27001-2022': ['A.5.18'], 'SOC-2': ['CC6.2'] }),
  options: {},

  when: [apiAccessDisabled, principalPresent],

  violation: ({ status, apiAccess, principalArn }) => ({
    message: 'API access is disabled, yet an IAM principal is still set',
    evidence: { status, apiAccess, apiAccessPrincipalArn: principalArn },
  }),
});
