import { active, memberWith, superUser } from './conditions/users.ts';
import { not } from './engine/condition.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';

export default defineUserRule({
  id: 'effective-super-user',
  title: 'Only super users manage users and groups',
  failsWhen:
    'an active `APP_USER` is a member of a permission group with `ManageUsersAndGroups`; a membership that is being added or removed counts',
  needs: 'permissionGroups',
  severity: 'HIGH',
  rationale:
    'Whoever manages users and groups can grant itself and others anything: it is a super user by another name, and no count of super users shows it.',
  remediation: 'Remove the user from the group, or take the permission from the group.',
  controls: controls({
    'NIST-800-53-r5': ['AC-6', 'AC-6(5)', 'AC-6(7)'],
    'CIS-v8.1': ['5.4'],
    'ISO-27001-2022': ['A.8.2'],
    'SOC-2': ['CC6.1'],
    'NYDFS-500.7': ['(a)(2)'],
  }),
  options: {},

  when: [active, not('type is APP_USER', superUser), memberWith('ManageUsersAndGroups')],

  violation: ({ id, status, type }, _options, { memberships }) => ({
    message: 'manages users and groups without being a super user',
    evidence: { status, type, permissionGroupIds: memberships?.groupsOf(id, 'ManageUsersAndGroups') },
  }),
});
