import type { Enrichments } from '../core/sources/enrich/enrichment.ts';
import { lazyDirectory } from '../simulator/directory.ts';
import { makeGroups } from '../simulator/groups.ts';
import { soundRole } from '../simulator/roles.ts';
import { ASOF } from './pages.ts';

/** As many roles as are read in the time of a listing, at five a second. */
const MOST_READ = 4000;
/** The users among whom the members of groups are. */
const IN_GROUPS = 1000;

/** Facts as a night reads them, without the time that asking takes: the pace alone decides about that. */
export const readyFacts = (): Enrichments => ({
  roles: async function* roles({ arns }) {
    let read = 0;
    for (const arn of arns()) {
      read += 1;
      const { RoleId, CreateDate, LastUsedDate, AssumeRolePolicyDocument } = soundRole(arn, ASOF.getTime());
      yield read > MOST_READ
        ? { arn, unread: 'there was no time left to read it' }
        : {
            arn,
            readAt: ASOF.toISOString(),
            exists: true,
            roleId: RoleId,
            createdAt: CreateDate,
            lastUsedAt: LastUsedDate ?? null,
            trust: AssumeRolePolicyDocument,
          };
    }
  },
  groups: async function* groups() {
    const directory = lazyDirectory({ users: IN_GROUPS, seed: 1, asOf: ASOF, accountId: '111122223333' });
    for (const { members, permissionGroupId, name, applicationPermissions } of makeGroups([...directory])) {
      yield { permissionGroupId, name, applicationPermissions };
      for (const member of members) yield { permissionGroupId, ...member };
    }
  },
});
