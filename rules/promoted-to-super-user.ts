import { is, was, wasThere } from './conditions/changes.ts';
import { superUser } from './conditions/users.ts';
import { not } from './engine/condition.ts';
import { controls } from './engine/controls.ts';
import { defineChangeRule } from './engine/rule.ts';

export default defineChangeRule({
  id: 'promoted-to-super-user',
  title: 'No user becomes a super user unnoticed',
  failsWhen: 'the user was there with another `type`, and its `type` is now `SUPER_USER`',
  severity: 'HIGH',
  rationale:
    'Promotion is how an intruder, or a colleague in a hurry, gets hold of everything. It should be known to those who answer for it.',
  remediation:
    'Find out who promoted the user and on whose approval. Make it an application user again if nobody approved.',
  controls: controls({
    'NIST-800-53-r5': ['AC-6', 'AC-6(5)', 'AC-6(7)'],
    'CIS-v8.1': ['5.4'],
    'ISO-27001-2022': ['A.8.2'],
    'SOC-2': ['CC6.1'],
    'PCI-DSS-4.0.1': ['7.2.5'],
    'NYDFS-500.7': ['(a)(2)', '(a)(3)'],
  }),
  options: {},

  when: [
    wasThere,
    was('its type was not SUPER_USER then', not('type is not SUPER_USER', superUser)),
    is('its type is SUPER_USER now', superUser),
  ],

  violation: ({ before, after }) => ({
    message: 'promoted to super user',
    evidence: { typeBefore: before?.type, type: after?.type },
  }),
});
