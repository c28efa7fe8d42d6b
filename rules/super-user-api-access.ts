import { active, apiBound, superUser } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';

export default defineUserRule({
  id: 'super-user-api-access',
  title: 'Super users have no API access',
  failsWhen: 'the user is active, its `type` is `SUPER_USER` and its `apiAccess` is `ENABLED`',
  severity: 'HIGH',
  rationale:
    'A super user may do everything in the environment, and its permissions cannot be narrowed. With API access, whoever can assume the role that it is bound to holds all of that from a script, without ever logging in.',
  remediation:
    'Turn API access off for the super user, or make it an application user in a permission group that grants only what the script needs. Waive the finding for the identity of this auditor, if it has to be a super user.',
  controls: controls({
    'NIST-800-53-r5': ['AC-6', 'AC-6(5)', 'AC-6(7)'],
    'CIS-v8.1': ['5.4'],
    'ISO-27001-2022': ['A.8.2'],
    'SOC-2': ['CC6.1'],
    'PCI-DSS-4.0.1': ['7.2.5'],
    'NYDFS-500.7': ['(a)(2)', '(a)(3)'],
  }),
  options: {},

  when: [active, superUser, apiBound],

  violation: ({ status, type, apiAccess, principalArn }) => ({
    message: 'super user with API access',
    evidence: { status, type, apiAccess, apiAccessPrincipalArn: principalArn },
  }),
});
