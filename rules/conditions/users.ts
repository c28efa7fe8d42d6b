import { type Condition, not, type Truth } from '../engine/condition.ts';
import type { Context } from '../engine/context.ts';
import type { RiskyPermission } from '../engine/facts.ts';
import { DOCUMENTED, type Status, type User, type UserFacts } from '../engine/user.ts';

const undocumented = (member: keyof typeof DOCUMENTED) => (): string =>
  `${member} is missing or not a documented value`;

export const active: Condition<User> = { text: () => 'status is not DISABLED', holds: ({ isActive }) => isActive };

/** Unknown of a user without a documented status, who is active all the same. */
export const hasStatus = (wanted: Status): Condition<UserFacts> => {
  const [one, another] = DOCUMENTED.status.filter((status) => status !== wanted);
  return {
    text: () => `status is ${wanted}`,
    holds({ status }) {
      if (status === wanted) return true;
      return status === one || status === another ? false : undefined;
    },
    unknown: undocumented('status'),
  };
};

export const superUser: Condition<UserFacts> = {
  text: () => 'type is SUPER_USER',
  holds: ({ isSuperUser }) => isSuperUser,
  unknown: undocumented('type'),
};

/**
 * Tells whether a user is a super user, or may do as much as a member of a group that manages users and groups. Where
 * groups are read and it can't be told of whom, an application user may.
 */
export const isPrivileged = (user: UserFacts, { memberships }: Context): Truth => {
  const { isSuperUser } = user;
  if (isSuperUser === true || memberships === undefined || user.status === 'DISABLED') return isSuperUser;
  if (memberships.groupsOf(user.id, 'ManageUsersAndGroups').length > 0) return true;
  return memberships.unread === undefined && user.hasUserId ? isSuperUser : undefined;
};

export const privileged: Condition<UserFacts> = {
  text: (_options, { memberships }) =>
    memberships === undefined
      ? 'type is SUPER_USER'
      : 'type is SUPER_USER, or the user is in a group with ManageUsersAndGroups',
  holds: (user, _options, context) => isPrivileged(user, context),
  unknown: (user, _options, { memberships }) =>
    user.isSuperUser === false
      ? (memberships?.unread ?? 'userId is missing')
      : 'type is missing or not a documented value',
};

/** Holds of a member of a group with a permission; one that is being added or removed is a member. */
export const memberWith = (permission: RiskyPermission): Condition<UserFacts> => ({
  text: () => `the user is in a permission group with ${permission}`,
  holds({ id, hasUserId }, _options, { memberships }) {
    if (memberships === undefined || !hasUserId) return undefined;
    if (memberships.groupsOf(id, permission).length > 0) return true;
    return memberships.unread === undefined ? false : undefined;
  },
  unknown: ({ hasUserId }, _options, { memberships }) =>
    hasUserId ? (memberships?.unread ?? 'permission groups were not read') : 'userId is missing',
});

export const apiBound: Condition<UserFacts> = {
  text: () => 'apiAccess is ENABLED',
  holds: ({ isApiBound }) => isApiBound,
  unknown: undocumented('apiAccess'),
};

export const apiAccessDisabled = not('apiAccess is DISABLED', apiBound);

export const principalPresent: Condition<UserFacts> = {
  text: () => 'apiAccessPrincipalArn is present',
  holds: ({ principalArn }, _options, context) => principalArn !== undefined || (context.hasGaps ? undefined : false),
  unknown: () => 'apiAccessPrincipalArn is not told',
};
