import { is, was } from './conditions/changes.ts';
import { hasStatus } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineChangeRule } from './engine/rule.ts';

export default defineChangeRule({
  id: 're-enabled',
  title: 'No user is enabled again unnoticed',
  failsWhen: 'the `status` was `DISABLED` and is now `ENABLED`',
  severity: 'MEDIUM',
  rationale:
    'A user is disabled because somebody left or an access was no longer needed. Enabling it gives back all that it had, and is rarely expected.',
  remediation: 'Find out who enabled the user and on whose approval. Disable it again if nobody approved.',
  controls: controls({
    'NIST-800-53-r5': ['AC-2(4)', 'AU-6'],
    'CIS-v8.1': ['6.1'],
    'ISO-27001-2022': ['A.5.18'],
    'PCI-DSS-4.0.1': ['8.2.4'],
    'NYDFS-500.7': ['(c)'],
  }),
  options: {},

  when: [
    was('status was DISABLED in the earlier run', hasStatus('DISABLED')),
    is('status is ENABLED now', hasStatus('ENABLED')),
  ],

  violation: ({ before, after }) => ({
    message: 'enabled again',
    evidence: { statusBefore: before?.status, status: after?.status },
  }),
});
