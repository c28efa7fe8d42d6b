import type { GroupFacts, Limit } from '../engine/rule.ts';

/** The fault of a rule's limits, each of which must be a whole number, 0 or more. */
export const limitsError = (limits: Readonly<Record<string, number>>): string | undefined => {
  const wrong = Object.entries(limits).find(([, limit]) => !Number.isSafeInteger(limit) || limit < 0);
  return wrong && `${wrong[0]} must be a whole number, 0 or more, got ${wrong[1]}`;
};

/** Holds of a group of two users or more. */
export const isShared = ({ count }: GroupFacts): Limit => ({
  text: `two or more such users share it: ${count}`,
  holds: count > 1,
});
