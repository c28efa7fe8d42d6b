import type { UserRecord } from './accounts.ts';

/** A permission group, with its members as the service gives them. */
export interface PermissionGroup {
  readonly permissionGroupId: string;
  readonly name: string;
  readonly applicationPermissions: readonly string[];
  readonly members: readonly { readonly userId: string; readonly membershipStatus: string }[];
}

/** A group as a list of groups has it. */
export const groupRecord = ({ members: _members, ...group }: PermissionGroup) => ({
  ...group,
  createTime: 1_600_000_000_000,
  lastModifiedTime: 1_600_000_000_000,
});

const STATUSES = ['ADDITION_SUCCESS', 'ADDITION_IN_PROGRESS', 'REMOVAL_IN_PROGRESS'] as const;

const isPlain = ({ status, type, apiAccess }: UserRecord): boolean =>
  status === 'ENABLED' && type === 'APP_USER' && apiAccess === 'DISABLED';

/**
 * The groups of a directory: most may read notebooks, few get credentials, and two manage users and groups. Who is in
 * which depends on the users alone.
 */
export const makeGroups = (users: readonly UserRecord[]): readonly PermissionGroup[] => {
  const plain = users.filter(isPlain).flatMap(({ userId }) => userId ?? []);
  const members = (ids: readonly string[]) =>
    ids.map((userId, index) => ({ userId, membershipStatus: STATUSES[index % STATUSES.length] ?? '' }));
  return [
    {
      permissionGroupId: 'pg-researchers',
      name: 'researchers',
      applicationPermissions: ['AccessNotebooks', 'CreateDataset'],
      members: members(plain),
    },
    {
      permissionGroupId: 'pg-export',
      name: 'export',
      applicationPermissions: ['AccessNotebooks', 'GetTemporaryCredentials'],
      members: members(plain.slice(2, 5)),
    },
    {
      permissionGroupId: 'pg-helpdesk',
      name: 'helpdesk',
      applicationPermissions: ['ManageUsersAndGroups', 'ViewAuditData'],
      members: members(plain.slice(0, 2)),
    },
  ];
};
