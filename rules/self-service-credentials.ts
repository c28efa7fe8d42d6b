import { active, apiAccessDisabled, memberWith } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';

export default defineUserRule({
  id: 'self-service-credentials',
  title: 'Users without API access cannot get API credentials',
  failsWhen:
    'an active user whose `apiAccess` is `DISABLED` is a member of a permission group with `GetTemporaryCredentials`; a membership that is being added or removed counts',
  needs: 'permissionGroups',
  severity: 'MEDIUM',
  rationale:
    'Members of such a group can copy API keys from the web application. They reach the API although `apiAccess` says that they do not.',
  remediation: 'Remove the user from the group, or take the permission from the group.',
  controls: controls({
    'NIST-800-53-r5': ['AC-6', 'AC-6(5)', 'AC-6(7)'],
    'CIS-v8.1': ['5.4'],
    'ISO-27001-2022': ['A.8.2'],
    'SOC-2': ['CC6.1'],
    'NYDFS-500.7': ['(a)(2)'],
  }),
  options: {},

  when: [active, apiAccessDisabled, memberWith('GetTemporaryCredentials')],

  violation: ({ id, status, apiAccess }, _options, { memberships }) => ({
    message: 'can get API credentials although its API access is disabled',
    evidence: { status, apiAccess, permissionGroupIds: memberships?.groupsOf(id, 'GetTemporaryCredentials') },
  }),
});
