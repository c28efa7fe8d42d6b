/** The facts that may be read beside the listing, by the names that the config gives them, and the operations that give them. */
export const ENRICHMENTS = {
  iamRoles: 'iam:GetRole',
  permissionGroups: 'ListPermissionGroups and ListUsersByPermissionGroup',
} as const;

export type EnrichmentName = keyof typeof ENRICHMENTS;

/** A role as IAM tells of it; times in milliseconds since the epoch. */
export interface Role {
  /** Unique among all roles that ever were: one made again under the same name has another. */
  readonly roleId: string;
  readonly createdAt: number | undefined;
  /** Null: not within the 400 days that IAM tells of. Undefined: it was not asked. */
  readonly lastUsedAt: number | null | undefined;
  /** The trust policy, as JSON; undefined where it is none. */
  readonly trust: unknown;
}

/** One answer of IAM about an ARN. */
export interface RoleAnswer {
  /** In milliseconds since the epoch. */
  readonly readAt: number;
  /** Null: there is no such role. */
  readonly role: Role | null;
}

/** All that a run knows of the role of an ARN. */
export interface RoleFacts {
  /** The answer to judge by: the run's own, or a recent one of an earlier run that stands in for it. */
  readonly answer?: RoleAnswer | undefined;
  /** The reason for which the run has no answer of its own. */
  readonly unread?: string | undefined;
  /** The last answer, where it is too old to judge by. */
  readonly outdated?: RoleAnswer | undefined;
}

/** Gives the facts about the role of an ARN; undefined where the run knew of no user with it. */
export type RoleBook = (arn: string) => RoleFacts | undefined;

/** The permissions by which a member of a group reaches what its record does not show. */
export const RISKY_PERMISSIONS = ['ManageUsersAndGroups', 'GetTemporaryCredentials'] as const;

export type RiskyPermission = (typeof RISKY_PERMISSIONS)[number];

/** The members of the permission groups that have a risky permission. */
export interface Memberships {
  /** The reason for which not all of them are known; undefined: they are. */
  readonly unread: string | undefined;
  /** The ids of the groups with the permission that a user is, or may be, a member of. */
  groupsOf(userId: string, permission: RiskyPermission): readonly string[];
}
