/** Tells whether there is no address: an empty one is none. */
export const isMissing = (address: unknown): boolean => address === undefined || address === null || address === '';

/** The index of the only `@` of an e-mail address; -1 where there is none, or more than one. */
export const soleAt = (address: string): number => {
  const at = address.indexOf('@');
  // Not `lastIndexOf`: with it this takes a third longer.
  return address.includes('@', at + 1) ? -1 : at;
};

/** The index at which the local part ends without its `+tag`; `at` is that of the `@`. */
export const localEnd = (address: string, at: number): number => {
  const plus = address.indexOf('+');
  return plus === -1 || plus > at ? at : plus;
};
