import type { RoleRecord } from '../../core/model/roles.ts';
import type { Enrichments } from '../../core/sources/enrich/enrichment.ts';
import { groupRecord, type PermissionGroup } from '../../simulator/groups.ts';
import type { Role } from '../../simulator/roles.ts';

/** Readers that know these roles and groups, and ask nobody. */
export const knownFacts = (
  roles: readonly Role[],
  groups: readonly PermissionGroup[] = [],
  readAt = '2026-11-24T02:00:00.000Z',
): Enrichments => ({
  roles: async function* known({ arns }) {
    for (const arn of arns()) {
      const role = roles.find(({ Arn }) => Arn === arn);
      yield role === undefined ? { arn, readAt, exists: false } : roleRecord(role, readAt);
    }
  },
  groups: async function* known() {
    for (const group of groups) {
      const { permissionGroupId, name, applicationPermissions } = groupRecord(group);
      yield { permissionGroupId, name, applicationPermissions };
    }
    for (const { permissionGroupId, members } of groups)
      for (const member of members) yield { permissionGroupId, ...member };
  },
});

const roleRecord = (role: Role, readAt: string): RoleRecord => ({
  arn: role.Arn,
  readAt,
  exists: true,
  roleId: role.RoleId,
  createdAt: role.CreateDate,
  lastUsedAt: role.LastUsedDate ?? null,
  trust: role.AssumeRolePolicyDocument,
});
