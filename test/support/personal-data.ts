/** The e-mail addresses and last names of records, in lower case: what may stand in the archive only. */
export const personalDataOf = (records: readonly unknown[]): ReadonlySet<string> =>
  new Set(
    records
      .flatMap((record) => [Object(record).emailAddress, Object(record).lastName])
      .map((value) => String(value ?? '').toLowerCase())
      // Shorter names are also parts of other words.
      .filter((text) => text.length > 4),
  );

/** Finds those that stand in a text. */
export const personalDataIn = (text: string, records: readonly unknown[]): readonly string[] => {
  const lowered = text.toLowerCase();
  return [...personalDataOf(records)].filter((value) => lowered.includes(value));
};
