declare global {
  interface JSON {
    /** https://tc39.es/proposal-json-parse-with-source/: in V8, and not yet in the compiler's libraries. */
    rawJSON(text: string): unknown;
  }
}

/**
 * Numbers that JSON can write and a double can't hold are read as infinite, and would be written as null: as if they
 * had never been there. They are written as a number that is read as infinite again.
 */
export const keepInfinite = (_member: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? JSON.rawJSON(value > 0 ? '1e999' : '-1e999') : value;

const hasInfinite = (record: unknown): boolean =>
  typeof record === 'object' && record !== null
    ? Object.values(record).some((value) => hasInfinite(value))
    : typeof record === 'number' && !Number.isFinite(record);

/** A record as one line of the snapshot: every member that the service gave, with the value it gave. */
export const serialiseRecord = (record: unknown): string => {
  const text = JSON.stringify(record);
  // To write with `keepInfinite` takes several times as long, and to look for what needs it nearly as long as to write.
  return text.includes('null') && hasInfinite(record) ? JSON.stringify(record, keepInfinite) : text;
};
