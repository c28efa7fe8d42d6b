import * as z from 'zod';
import { closest } from '../text/closest.ts';
import { shown } from '../text/shown.ts';
import { ConfigError } from './errors.ts';

// Every scalar of a file is read as the text that stands there, and the schema gives it its meaning. So an account
// keeps its leading zero, an environment called 12e4 its letters, and `off` is never a boolean.

/** Words the message of a schema: what is allowed, and what was there instead. */
export const must = (be: string) => ({
  error: ({ input }: z.core.$ZodRawIssue): string => `must be ${be}, got ${shown(input)}`,
});

/** Takes text that `accepts`; `allowed` reads after "must be". */
export const text = (allowed: string, accepts: (value: string) => boolean) =>
  z.string(must(allowed)).refine(accepts, must(allowed));

export const oneOf = <const W extends readonly string[]>(words: W) => z.enum(words, must(`one of ${words.join(', ')}`));

export const flag = z.enum(['true', 'false'], must('true or false')).transform((value) => value === 'true');

/** Takes a number in decimal notation; `allowed` reads after "must be". */
export const decimal = (allowed: string, accepts: (value: number) => boolean) =>
  text(
    allowed,
    (value) => /^\d+(?:\.\d+)?$/.test(value) && Number.isFinite(Number(value)) && accepts(Number(value)),
  ).transform(Number);

/** Takes a list. A key with nothing after it, as where every entry below it is commented out, means an empty one. */
export const list = <T extends z.ZodType>(item: T, allowed: string) =>
  z.preprocess((value) => (value === '' ? [] : value), z.array(item, must(allowed)));

/**
 * Takes a mapping with these keys and no others; a key with nothing after it is an empty one.
 * @param allowed what follows the message on an unknown key, by default the list of the known ones
 * @param what it must be, where it may be something else than a mapping as well
 */
export const section = <S extends z.ZodRawShape>(shape: S, allowed?: string, what = 'a mapping') => {
  const known = Object.keys(shape);
  const object = z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return must(what).error(issue);
      const meant = issue.keys.flatMap((key) => closest(key, known) ?? []);
      const hint = meant.length === 0 ? '' : `, did you mean ${meant.join(', ')}?`;
      return `unknown key${hint} (${allowed ?? `allowed: ${known.join(', ')}`})`;
    },
  });
  return z.preprocess((value) => (value === '' ? {} : value), object);
};

/** Adds a problem to every item whose key another before it has, at the member that `memberOf` names. */
export const unique =
  <T>(memberOf: (item: T) => string, keyOf: (item: T) => string) =>
  ({ value, issues }: z.core.ParsePayload<T[]>): void => {
    const firsts = new Map<string, number>();
    for (const [index, item] of value.entries()) {
      const key = keyOf(item);
      const first = firsts.get(key);
      if (first === undefined) {
        firsts.set(key, index);
        continue;
      }
      issues.push({
        code: 'custom',
        input: undefined,
        path: [index, memberOf(item)],
        message: `stands already in entry [${first}]`,
      });
    }
  };

/** Writes a key, quoted where it has more than letters, so that a blank in it is seen. */
const keyText = (key: PropertyKey): string => (/^[\w-]+$/.test(String(key)) ? String(key) : JSON.stringify(key));

/** Writes the path of a key: `environments[0].id` */
export const keyPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (parent, key) =>
      typeof key === 'number' ? `${parent}[${key}]` : parent === '' ? keyText(key) : `${parent}.${keyText(key)}`,
    '',
  );

/**
 * Checks what a file holds by its schema.
 * @param lineOf gives the file and line of a key, as messages begin with them
 * @throws {ConfigError} each problem as `FILE:LINE: KEY PATH: what must be, what is`
 */
export const checked = <T>(
  data: unknown,
  schema: z.ZodType<T>,
  lineOf: (path: readonly PropertyKey[]) => string,
): T => {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.flatMap((issue) => {
      const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      return paths.map((path) => [lineOf(path), keyPath(path), issue.message].filter(Boolean).join(': '));
    }),
  );
};
