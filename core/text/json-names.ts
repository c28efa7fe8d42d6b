const QUOTE = 0x22;
const SPACE = 0x20;

/** Counts the colons behind a quote: the names of members, and what a text with quotes of its own may hold. */
const countColons = (text: string): number => {
  let count = 0;
  // Not `indexOf('":')`, and no pattern: either takes ten times as long.
  for (let colon = text.indexOf(':'); colon !== -1; colon = text.indexOf(':', colon + 1)) {
    let before = colon - 1;
    while (text.charCodeAt(before) <= SPACE) before -= 1;
    if (text.charCodeAt(before) === QUOTE) count += 1;
  }
  return count;
};

/** Counts the names of members: without what is escaped, every second piece between quotes stands outside of texts. */
const countNames = (text: string): number =>
  text
    .replaceAll(/\\./g, '')
    .split('"')
    .filter((piece, index) => index % 2 === 0 && /^\s*:/.test(piece)).length;

const isHolder = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Counts the members of an object, and of all in it, however deep that goes. */
const countMembers = (value: unknown): number => {
  let count = 0;
  const left = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (Array.isArray(next)) {
      for (const item of next) if (isHolder(item)) left.push(item);
    } else if (isHolder(next)) {
      // Not `Object.keys`, which takes three times as long. What was parsed inherits nothing that would be listed.
      for (const name in next) {
        count += 1;
        if (isHolder(next[name])) left.push(next[name]);
      }
    }
  }
  return count;
};

/**
 * Tells whether an object in a text of JSON, or one in it, has two members of one name, of which the parser keeps the last: a
 * type that hides another, a token of a next page that is gone, or two users whose border is.
 * @param value as the text was parsed
 */
export const hasNameTwice = (text: string, value: unknown): boolean => {
  const members = countMembers(value);
  return countColons(text) !== members && countNames(text) > members;
};
