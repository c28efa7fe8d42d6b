import { is, wasThere } from './conditions/changes.ts';
import { superUser } from './conditions/users.ts';
import { not } from './engine/condition.ts';
import { controls } from './engine/controls.ts';
import { defineChangeRule } from './engine/rule.ts';

export default defineChangeRule({
  id: 'new-super-user',
  title: 'No super user is created unnoticed',
  failsWhen: 'the user was not there, and its `type` is `SUPER_USER`',
  severity: 'HIGH',
  rationale:
    'A user that starts out as a super user has everything from its first day. It should be known to those who answer for it.',
  remediation:
    'Find out who created the user and on whose approval. Disable it, or make it an application user, if nobody approved.',
  controls: controls({
    'NIST-800-53-r5': ['AC-6', 'AC-6(5)', 'AC-6(7)'],
    'CIS-v8.1': ['5.4'],
    'ISO-27001-2022': ['A.8.2'],
    'SOC-2': ['CC6.1'],
    'PCI-DSS-4.0.1': ['7.2.5'],
    'NYDFS-500.7': ['(a)(2)', '(a)(3)'],
  }),
  options: {},

  when: [not('the user was not there in the earlier run', wasThere), is('its type is SUPER_USER now', superUser)],

  violation: ({ after }) => ({
    message: 'new, and a super user',
    evidence: { status: after?.status, type: after?.type },
  }),
});
