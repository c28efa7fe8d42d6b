declare global {
  interface JSON {
    /** https://tc39.es/proposal-json-parse-with-source/: in V8, and not yet in the compiler's libraries. */
    rawJSON(text: string): unknown;
    isRawJSON(value: unknown): boolean;
  }
}

/** A reviver since that proposal: it gets the text of a number too. */
type SourceReviver = (this: object, key: string, value: unknown, context: { readonly source?: string }) => unknown;

/**
 * The text of numbers that a double can't give back: more digits than it holds, an exponent, a zero behind the point,
 * −0, infinity. Rules see the double; what is written is the text. By the object or list that they stand in, and the member.
 */
const sources = new WeakMap<object, Map<string, string>>();

/** Few directories have such numbers: until one comes, nothing is looked up. */
let hasSources = false;

/**
 * Numbers that may be one of them, or texts that look like it. Few places of a text begin like one, and only there does it
 * look back, for what a number stands behind: the name of a member and not any colon, which most controls have before a
 * number. Each by itself, since joined they are searched for letter by letter.
 */
const SUSPECTS: readonly RegExp[] = [
  /\d[.eE](?<=(?:"\s*:|[,[])\s*-?\d+.)/,
  // Not `\d{16}`, for which it looks at every letter.
  /\d\d\d\d\d\d\d\d\d\d\d\d\d\d\d\d(?<=(?:"\s*:|[,[])\s*-?\d+)/,
  /-0(?<=(?:"\s*:|[,[])\s*-0)/,
  // A record that is a number itself.
  /^\s*-?\d/,
];

const noteSource = (holder: object, member: string, source: string): void => {
  const known = sources.get(holder) ?? new Map<string, string>();
  sources.set(holder, known.set(member, source));
  hasSources = true;
};

const keepSource: SourceReviver = function keep(key, value, { source }) {
  if (typeof value === 'number' && source !== undefined && JSON.stringify(value) !== source) {
    noteSource(this, key, source);
  }
  return value;
};

/** Parses JSON whose numbers are written by `serialiseRecord` as they came. */
export const parseRecord = (text: string): unknown => {
  if (!SUSPECTS.some((suspect) => suspect.test(text))) return JSON.parse(text);
  try {
    return JSON.parse(text, keepSource as (this: unknown, key: string, value: unknown) => unknown);
  } catch {
    // One record that goes thousands deep takes the digits of its page, and not the page; what is no JSON is none again.
    return JSON.parse(text);
  }
};

/** The value of a record's own member, a number as it came; undefined where there is none. */
export const memberAsGiven = (record: object, member: string): unknown => {
  if (!Object.hasOwn(record, member)) return undefined;
  const source = sources.get(record)?.get(member);
  return source === undefined ? Reflect.get(record, member) : JSON.rawJSON(source);
};

/** A record to be shown: its own members are numbers as they came. */
export const recordAsGiven = (record: unknown): unknown => {
  const known = sources.get(Object(record));
  if (known === undefined) return record;
  return {
    ...Object(record),
    ...Object.fromEntries([...known].map(([member, source]) => [member, JSON.rawJSON(source)])),
  };
};

/** Lets evidence that repeats members of a record have their numbers as they came. */
export const keepAsGiven = (record: unknown, evidence: object): void => {
  if (!hasSources) return;
  const own = Object(record);
  const known = sources.get(own);
  if (known === undefined) return;
  // It may go thousands deep, as the record does, or round.
  const holders = new Set([evidence]);
  for (const holder of holders) {
    for (const [member, source] of known) {
      if (Object.is(Reflect.get(holder, member), Reflect.get(own, member))) noteSource(holder, member, source);
    }
    for (const nested of Object.values(holder)) if (typeof nested === 'object' && nested !== null) holders.add(nested);
  }
};

const isInfinite = (value: number): boolean => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;

/** Writes numbers as they came, and those that are infinite and came from elsewhere as numbers that are read so. */
export const asGiven = function write(this: unknown, member: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  const source = sources.get(this as object)?.get(member);
  if (source !== undefined) return JSON.rawJSON(source);
  return isInfinite(value) ? JSON.rawJSON(value > 0 ? '1e999' : '-1e999') : value;
};

const hasInfinite = (record: unknown): boolean =>
  typeof record === 'object' && record !== null
    ? Object.values(record).some((value) => hasInfinite(value))
    : typeof record === 'number' && isInfinite(record);

const hasSource = (record: unknown): boolean =>
  typeof record === 'object' && record !== null && (sources.has(record) || Object.values(record).some(hasSource));

const isHolder = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Writes a value however deep it goes, which `JSON.stringify` does not; slower by far. */
const serialiseDeep = (value: unknown): string => {
  const texts: string[] = [];
  // What is yet to be written, the next at the end: a text as it stands, or a value.
  const left: (readonly [text: string] | readonly [undefined, value: unknown])[] = [[undefined, value]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [text, held] = next;
    if (text !== undefined) texts.push(text);
    // What JSON has no words for is null in a list.
    else if (!isHolder(held) || JSON.isRawJSON(held)) texts.push(JSON.stringify(held) ?? 'null');
    else {
      const isList = Array.isArray(held);
      const members = Object.entries(held).flatMap(([name, given]) => {
        const member: unknown = asGiven.call(held, name, given instanceof Date ? given.toJSON() : given);
        const isLeftOut = member === undefined || typeof member === 'function' || typeof member === 'symbol';
        return isLeftOut && !isList ? [] : [[isList ? '' : `${JSON.stringify(name)}:`, member] as const];
      });
      left.push([isList ? ']' : '}']);
      for (const [index, [name, member]] of [...members.entries()].toReversed())
        left.push([undefined, member], [`${index === 0 ? '' : ','}${name}`]);
      texts.push(isList ? '[' : '{');
    }
  }
  return texts.join('');
};

/** A record as one line of JSON: every member that the service gave, with the value it gave. */
export const serialiseRecord = (record: unknown): string => {
  try {
    const text = JSON.stringify(record);
    // To write with `asGiven` takes several times as long, and to look for what needs it nearly as long as to write.
    const needsIt = (hasSources && hasSource(record)) || (text.includes('null') && hasInfinite(record));
    return needsIt ? JSON.stringify(record, asGiven) : text;
  } catch (error) {
    // A record that goes thousands deep is one malformed record, not the end of the listing.
    if (error instanceof RangeError) return serialiseDeep(record);
    throw error;
  }
};

/** The text of JSON of a record's own member, as the service gave it. */
export const memberText = (record: object, member: string): string => serialiseRecord(memberAsGiven(record, member));
