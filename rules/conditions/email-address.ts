/** Tells whether there is no address: an empty one is none. */
export const isMissing = (address: unknown): boolean => address === undefined || address === null || address === '';

// The address that was asked for last, for which the next condition asks again, and the answer.
let latest = '';
let latestAt = -1;

/** The index of the only `@` of an e-mail address; -1 where there is none, or more than one. */
export const soleAt = (address: string): number => {
  if (address === latest) return latestAt;
  const at = address.indexOf('@');
  latest = address;
  // Not `lastIndexOf`: with it this takes a third longer.
  latestAt = address.includes('@', at + 1) ? -1 : at;
  return latestAt;
};

/** The index at which the local part ends without its `+tag`; `at` is that of the `@`. */
export const localEnd = (address: string, at: number): number => {
  const plus = address.indexOf('+');
  return plus === -1 || plus > at ? at : plus;
};
