import type { Memberships, RiskyPermission } from '../../rules/engine/facts.ts';

/** Memberships by user, group and permission; whoever is not among them is in no risky group. */
export const memberships = (
  of: Readonly<Record<string, Readonly<Record<string, RiskyPermission>>>>,
  unread?: string,
): Memberships => ({
  unread,
  groupsOf: (userId, permission) =>
    Object.entries(of[userId] ?? {}).flatMap(([group, has]) => (has === permission ? [group] : [])),
});
