/** How many ids a finding about a group names at most; the count beside them tells the rest. */
const MOST_NAMED = 100;

/** The lowest ids of a group as evidence, by code unit, and how many there are. */
export const namedUsers = (ids: readonly string[]) => ({
  userCount: ids.length,
  userIds: ids.toSorted().slice(0, MOST_NAMED),
});
