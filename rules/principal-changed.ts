import { is, was } from './conditions/changes.ts';
import { principalPresent } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineChangeRule } from './engine/rule.ts';

export default defineChangeRule({
  id: 'principal-changed',
  title: 'No API principal is changed unnoticed',
  failsWhen: 'the user had an ARN and has another one now',
  severity: 'HIGH',
  rationale:
    'Whoever sets the ARN decides who acts as the user. Pointing it at another role hands everything that the user may do to somebody else, and nothing that its owner sees changes.',
  remediation:
    'Find out who changed the ARN and on whose approval. Put the earlier one back, or turn API access off, if nobody approved.',
  controls: controls({
    'NIST-800-53-r5': ['AC-2(4)', 'AU-6'],
    'CIS-v8.1': ['6.1'],
    'ISO-27001-2022': ['A.5.18'],
    'PCI-DSS-4.0.1': ['8.2.4'],
    'NYDFS-500.7': ['(c)'],
  }),
  options: {},

  when: [
    was('there was an apiAccessPrincipalArn in the earlier run', principalPresent),
    is('there is one now', principalPresent),
    { text: () => 'they are not the same', holds: ({ before, after }) => before?.principalArn !== after?.principalArn },
  ],

  violation: ({ before, after }) => ({
    message: 'API principal changed',
    evidence: { apiAccessPrincipalArnBefore: before?.principalArn, apiAccessPrincipalArn: after?.principalArn },
  }),
});
