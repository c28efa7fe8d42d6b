import { type Random, wholeBetween } from '../../simulator/random.ts';

/** One of a list that has any. */
export const oneOf = <T>(random: Random, list: readonly [T, ...T[]]): T =>
  list[wholeBetween(random, 0, list.length - 1)] ?? list[0];

const nested = (depth: number): unknown => {
  let value: unknown = 'deep';
  for (let n = 0; n < depth; n += 1) value = n % 2 === 0 ? [value] : { n: value };
  return value;
};

/** Values that nobody expects where they turn up. */
export const oddValue = (random: Random): unknown =>
  oneOf<() => unknown>(random, [
    () => null,
    () => true,
    () => 0,
    () => -1,
    () => 1.5,
    () => Number.MAX_VALUE,
    () => Number.MAX_SAFE_INTEGER + 1,
    () => '',
    () => ' ',
    () => '\u0000',
    () => '\ud800',
    () => '👩‍👩‍👧 é雪',
    () => '=&?#+%41/',
    () => 'token-0',
    () => 'token-2',
    () => '__proto__',
    () => 'x'.repeat(wholeBetween(random, 1, 20_000)),
    () => [],
    () => [[]],
    () => [null, 1, 'user', { userId: 'odd' }],
    () => ({}),
    () => ({ users: [], nextToken: 'token-1' }),
    () => ({ userId: 7, status: [] }),
    () => nested(wholeBetween(random, 1, 300)),
  ])();

/** The value with something changed in it: a member or item replaced, taken away, renamed, added or doubled. */
export const mutatedJson = (random: Random, value: unknown): unknown => {
  if (random() < 0.15 || typeof value !== 'object' || value === null) return oddValue(random);
  if (Array.isArray(value)) {
    const list: unknown[] = [...value];
    const at = wholeBetween(random, 0, Math.max(0, list.length - 1));
    const items = oneOf<readonly unknown[]>(random, [
      [],
      [list[at], list[at]],
      [oddValue(random)],
      [mutatedJson(random, list[at])],
    ]);
    return list.toSpliced(at, 1, ...items);
  }
  const entries = Object.entries(value);
  const at = wholeBetween(random, 0, Math.max(0, entries.length - 1));
  const [name = 'odd', member] = entries[at] ?? [];
  const put = oneOf<readonly (readonly [string, unknown])[]>(random, [
    [],
    [[name, oddValue(random)]],
    [[name, mutatedJson(random, member)]],
    [[name.toUpperCase(), member]],
    [
      [name, member],
      [oneOf(random, ['nextToken', 'users', 'extra', '__type', 'message']), oddValue(random)],
    ],
  ]);
  return Object.fromEntries(entries.toSpliced(at, 1, ...put.map(([key, one]): [string, unknown] => [key, one])));
};

/** The bytes with some of them flipped, put in, taken out, repeated or cut off. */
export const mutatedBytes = (random: Random, bytes: Uint8Array): Uint8Array => {
  const at = wholeBetween(random, 0, bytes.length);
  const end = Math.min(bytes.length, at + wholeBetween(random, 0, 12));
  const between = oneOf<() => Uint8Array>(random, [
    () => Buffer.from([wholeBetween(random, 0, 255)]),
    () =>
      Buffer.from(
        oneOf(random, [
          '"',
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '\\',
          '\n',
          ' ',
          '\t',
          '#',
          '&a',
          '*a',
          '!',
          '|',
          '-',
          '\ufeff',
        ]),
      ),
    () => Buffer.alloc(0),
    () => Buffer.concat([bytes.subarray(at, end), bytes.subarray(at, end)]),
  ])();
  if (random() < 0.1) return bytes.subarray(0, at);
  return Buffer.concat([bytes.subarray(0, at), between, bytes.subarray(random() < 0.5 ? at : end)]);
};

/** Makes a change a few times over. */
export const repeatedly = <T>(random: Random, most: number, value: T, change: (value: T) => T): T => {
  let changed = value;
  for (let n = wholeBetween(random, 1, most); n > 0; n -= 1) changed = change(changed);
  return changed;
};
