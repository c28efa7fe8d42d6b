/** What is wrong with a rule's limits: each is a whole number, 0 or more. */
export const limitsError = (limits: Readonly<Record<string, number>>): string | undefined => {
  const wrong = Object.entries(limits).find(([, limit]) => !Number.isSafeInteger(limit) || limit < 0);
  return wrong && `${wrong[0]} must be a whole number, 0 or more, got ${wrong[1]}`;
};
