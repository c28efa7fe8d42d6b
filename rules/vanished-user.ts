import { wasThere } from './conditions/changes.ts';
import { controls } from './engine/controls.ts';
import { defineChangeRule } from './engine/rule.ts';

export default defineChangeRule({
  id: 'vanished-user',
  title: 'No user vanishes',
  failsWhen: 'the user was there and is not (FinSpace has no deletion)',
  severity: 'HIGH',
  rationale:
    'FinSpace disables users and never deletes them. One that is no longer listed means that the listing, or the environment behind it, is not what it was.',
  remediation:
    'Check that the audit reads the same environment as before, and look for the user in CloudTrail. Ask AWS Support if it is gone.',
  controls: controls({
    'NIST-800-53-r5': ['AC-2(4)', 'AU-6'],
    'CIS-v8.1': ['6.1'],
    'ISO-27001-2022': ['A.5.18'],
    'PCI-DSS-4.0.1': ['8.2.4'],
    'NYDFS-500.7': ['(c)'],
  }),
  options: {},

  when: [wasThere, { text: () => 'the user is not there now', holds: ({ after }) => after === undefined }],

  violation: ({ before }) => ({
    message: 'gone from the listing',
    evidence: {
      statusBefore: before?.status,
      typeBefore: before?.type,
      wasApiBound: before?.isApiBound,
      apiAccessPrincipalArnBefore: before?.principalArn,
    },
  }),
});
