import { active, apiBound, principalPresent } from './conditions/users.ts';
import { not } from './engine/condition.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';

export default defineUserRule({
  id: 'api-access-without-principal',
  title: 'Users with API access are bound to a principal',
  failsWhen: 'the user is active, its `apiAccess` is `ENABLED`, and its ARN is missing, null or empty',
  severity: 'MEDIUM',
  rationale:
    'API access without a principal is a grant that nobody finished: it serves nobody today, and whatever ARN is set later takes it over without a further decision.',
  remediation: 'Set the role that the user acts through, or turn its API access off.',
  controls: controls({ 'NIST-800-53-r5': ['AC-2', 'IA-4'], 'ISO-27001-2022': ['A.5.18'], 'SOC-2': ['CC6.2'] }),
  options: {},

  when: [active, apiBound, not('apiAccessPrincipalArn is missing, null or empty', principalPresent)],

  violation: ({ status, apiAccess }) => ({
    message: 'API access without an IAM principal',
    evidence: { status, apiAccess },
  }),
});
