import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';

/** A file that operators edit is wrong. The message lists every problem, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

// Every scalar of a file is read as the text that stands there, and the schema gives it its meaning. So an account
// keeps its leading zero, an environment called 12e4 its letters, and `off` is never a boolean.

const MAX_SHOWN = 80;

/** A value of a file as messages show it. Texts that may hold an e-mail address are not shown: messages end up in logs. */
export const shown = (value: unknown): string => {
  if (value === undefined || value === '') return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value !== 'string') return 'a mapping';
  if (value.includes('@')) return 'a text with "@" (not shown)';
  return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
};

/** The message of every schema here: what is allowed, and what was there instead. */
export const must = (be: string) => ({
  error: ({ input }: z.core.$ZodRawIssue): string => `must be ${be}, got ${shown(input)}`,
});

/** Text that `accepts`; `allowed` reads after "must be". */
export const text = (allowed: string, accepts: (value: string) => boolean) =>
  z.string(must(allowed)).refine(accepts, must(allowed));

export const oneOf = <const W extends readonly string[]>(words: W) =>
  z.enum(words, must(`one of ${words.join(', ')}`));

export const flag = z.enum(['true', 'false'], must('true or false')).transform((value) => value === 'true');

/** A number in decimal notation; `allowed` reads after "must be". */
export const decimal = (allowed: string, accepts: (value: number) => boolean) =>
  text(
    allowed,
    (value) => /^\d+(?:\.\d+)?$/.test(value) && Number.isFinite(Number(value)) && accepts(Number(value)),
  ).transform(Number);

/** A key with nothing after it, as where every entry below it is commented out, means an empty list. */
export const list = <T extends z.ZodType>(item: T, allowed: string) =>
  z.preprocess((value) => (value === '' ? [] : value), z.array(item, must(allowed)));

/** Edits (insertions, deletions, substitutions) that turn one word into the other. */
const editDistance = (from: string, to: string): number => {
  const first = Array.from({ length: to.length + 1 }, (_, index) => index);
  const last = Array.from(from).reduce<readonly number[]>((above, letter, row) => {
    const current = [row + 1];
    for (const [column, other] of Array.from(to).entries()) {
      current.push(
        Math.min(
          (current[column] ?? 0) + 1,
          (above[column + 1] ?? 0) + 1,
          (above[column] ?? 0) + (letter === other ? 0 : 1),
        ),
      );
    }
    return current;
  }, first);
  return last[to.length] ?? 0;
};

/** The known word that a misspelt one is likely meant to be: at most a third of its letters differ. */
const closest = (word: string, known: readonly string[]): string | undefined => {
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, word.length / 3) ? best.candidate : undefined;
};

/**
 * A mapping with these keys and no others; a key with nothing after it is an empty one.
 * @param allowed what follows the message on an unknown key, by default the list of the known ones
 */
export const section = <S extends z.ZodRawShape>(shape: S, allowed?: string) => {
  const known = Object.keys(shape);
  const object = z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return must('a mapping').error(issue);
      const meant = issue.keys.flatMap((key) => closest(key, known) ?? []);
      const hint = meant.length === 0 ? '' : `, did you mean ${meant.join(', ')}?`;
      return `unknown key${hint} (${allowed ?? `allowed: ${known.join(', ')}`})`;
    },
  });
  return z.preprocess((value) => (value === '' ? {} : value), object);
};

/** Adds a problem to every item whose key an earlier one has, at the member that `memberOf` names. */
export const unique =
  <T>(memberOf: (item: T) => string, keyOf: (item: T) => string) =>
  ({ value, issues }: z.core.ParsePayload<T[]>): void => {
    const keys = value.map(keyOf);
    for (const [index, item] of value.entries()) {
      const earlier = keys.indexOf(keyOf(item));
      if (earlier === index) continue;
      issues.push({
        code: 'custom',
        input: undefined,
        path: [index, memberOf(item)],
        message: `stands already in entry [${earlier}]`,
      });
    }
  };

const lowerFirst = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);

/** `environments[0].id` */
const keyPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (before, key) =>
      typeof key === 'number'
        ? `${before}[${key}]`
        : before === ''
          ? String(key)
          : `${before}.${String(key)}`,
    '',
  );

/** The data of a document without syntax errors; what is left to go wrong are its aliases. */
const dataOf = (document: Document.Parsed, fileName: string): unknown => {
  try {
    return document.toJS();
  } catch (error) {
    throw new ConfigError([
      `${fileName}: ${lowerFirst(error instanceof Error ? error.message : String(error))}`,
    ]);
  }
};

/**
 * Reads a YAML file by its schema.
 * @param empty what stands for the data of a file without any
 * @throws {ConfigError} each problem as `FILE:LINE: KEY PATH: what must be, what is`
 */
export const readConfigFile = <T>(
  content: string,
  fileName: string,
  schema: z.ZodType<T>,
  empty: unknown,
): T => {
  const lineCounter = new LineCounter();
  const document = parseDocument(content, { schema: 'failsafe', lineCounter, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw new ConfigError(
      faults.map(({ pos: [offset], message }) => {
        const { line, col } = lineCounter.linePos(offset);
        return `${fileName}:${line}:${col}: ${lowerFirst(message)}`;
      }),
    );
  }

  const result = schema.safeParse(document.contents === null ? empty : dataOf(document, fileName));
  if (result.success) return result.data;

  /** The file and line of a key, or of what is nearest above it. */
  const place = (path: readonly PropertyKey[]): string => {
    const node = document.getIn(path, true);
    if (isNode(node) && node.range) return `${fileName}:${lineCounter.linePos(node.range[0]).line}`;
    return path.length === 0 ? fileName : place(path.slice(0, -1));
  };
  throw new ConfigError(
    result.error.issues.flatMap((issue) => {
      const paths =
        issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      return paths.map((path) => [place(path), keyPath(path), issue.message].filter(Boolean).join(': '));
    }),
  );
};
