/** Where the only `@` of an e-mail address is; -1 where there is none, or more than one. */
export const soleAt = (address: string): number => {
  const at = address.indexOf('@');
  return at === address.lastIndexOf('@') ? at : -1;
};

/** Where the local part ends without its `+tag`; `at` is the place of the `@`. */
export const localEnd = (address: string, at: number): number => {
  const plus = address.indexOf('+');
  return plus === -1 || plus > at ? at : plus;
};
