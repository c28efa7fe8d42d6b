import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import {
  isRecord,
  type LineLimits,
  parsedLines,
  readBytes,
  readJson,
  readLines,
  type StoredLine,
  unfolded,
} from '../../../core/archive/lines.ts';

const read = async (bytes: Uint8Array, pieceLength = 7, limits?: LineLimits): Promise<readonly unknown[]> => {
  const lines: unknown[] = [];
  async function* pieces() {
    for (let start = 0; start < bytes.length; start += pieceLength) yield bytes.subarray(start, start + pieceLength);
  }
  for await (const line of readLines(pieces(), limits)) lines.push(line);
  return lines;
};

test.each([
  { name: 'no line', text: '', lines: [] },
  { name: 'one line', text: '{"a":1}\n', lines: [{ a: 1 }] },
  { name: 'characters cut between pieces', text: '"é漢🙂"\nnull\n', lines: ['é漢🙂', null] },
])('reads $name', async ({ text, lines }) => {
  expect(await read(gzipSync(text), 1)).toEqual(lines);
});

test('reads more lines than one piece holds', async () => {
  const wanted = Array.from({ length: 20_000 }, (_, n) => n);
  expect(await read(gzipSync(`${wanted.join('\n')}\n`), 1000)).toEqual(wanted);
});

const whole = gzipSync(`${Array.from({ length: 20_000 }, (_, n) => n).join('\n')}\n`);

test.each([
  { name: 'cut in the middle', bytes: whole.subarray(0, whole.length / 2), message: 'unexpected end of file' },
  { name: 'cut by one byte', bytes: whole.subarray(0, -1), message: 'unexpected end of file' },
  { name: 'no gzip', bytes: Buffer.from('1\n2\n'), message: 'incorrect header check' },
  { name: 'without the end of its last line', bytes: gzipSync('1\n2'), message: 'the last line has no end' },
])('an object that is $name is an error, never a shorter file', async ({ bytes, message }) => {
  await expect(read(bytes)).rejects.toThrow(message);
});

describe('lines of unfolded bytes', () => {
  /** Reads pieces as they come; gives what was told until an error, and that. */
  const told = async (
    texts: readonly string[],
    {
      known,
      isWanted,
      limits,
    }: { known?: StoredLine[]; isWanted?: (text: string) => boolean; limits?: LineLimits } = {},
  ) => {
    const lines: StoredLine[] = [];
    async function* pieces() {
      for (const text of texts) yield Buffer.from(text);
    }
    const error = await (async () => {
      for await (const batch of parsedLines(pieces(), limits, known, isWanted)) lines.push(...batch);
    })().catch(({ message }: Error) => message);
    return { lines, ...(error !== undefined && { error }) };
  };
  const lineOf = (record: unknown): StoredLine => ({ text: JSON.stringify(record), record });

  test.each([
    { name: 'at the end of a piece', texts: ['1\n2\nx\n'], before: [1, 2] },
    { name: 'across pieces', texts: ['1\n2', '\nx', '\n3\n'], before: [1, 2] },
    { name: 'at the beginning', texts: ['x\n1\n'], before: [] },
  ])('before one that is none are told, and none after it: $name', async ({ texts, before }) => {
    expect(await told(texts)).toEqual({ lines: before.map(lineOf), error: expect.stringContaining('JSON') });
  });

  test('that nobody wants are told as they stand', async () => {
    const { lines } = await told(['1\n2\n3\n'], { isWanted: (text) => text !== '2' });
    expect(lines).toEqual([lineOf(1), { text: '2', record: undefined }, lineOf(3)]);
  });

  test('that stand where they stood are those of before', async () => {
    const known: StoredLine[] = [];
    const first = await told(['{"a":1}\n{"a":2}\n{"a":3}\n'], { known });
    expect(known).toEqual(first.lines);
    const second = await told(['{"a":1}\n{"a":9}\n{"a":3}\n{"a":1}\n'], { known });
    expect(second.lines.map(({ record }) => record)).toEqual([{ a: 1 }, { a: 9 }, { a: 3 }, { a: 1 }]);
    expect(second.lines.map((line) => first.lines.indexOf(line))).toEqual([0, -1, 2, -1]);
    expect(known).toEqual(second.lines);
  });

  test.each([
    { name: 'at the limit', length: 100, error: undefined },
    { name: 'one past it', length: 101, error: 'a line is longer than 100 bytes' },
  ])('may be as long as $name', async ({ length, error }) => {
    const found = await told(['9'.repeat(50), '9'.repeat(length - 50), '\n'], {
      limits: { line: 100, unfolded: 0, ratio: 0 },
    });
    expect(found.error).toBe(error);
  });
});

test.each([
  { value: {}, isOne: true },
  { value: [], isOne: false },
  { value: null, isOne: false },
  { value: 'a', isOne: false },
])('$value is a record: $isOne', ({ value, isOne }) => {
  expect(isRecord(value)).toBe(isOne);
});

describe('limits', () => {
  const limits = { line: 100, unfolded: 1000, ratio: 10 };
  const nines = (length: number): Uint8Array => gzipSync(`${'9'.repeat(length)}\n`);
  // Of random digits: it shrinks to no less than a third.
  const records = (count: number): string => Array.from({ length: count }, (_, n) => `"${n}"\n`).join('');

  test.each([
    { name: 'a line as long as one may be', bytes: nines(99), lines: 1 },
    { name: 'much that is not packed tightly', bytes: gzipSync(records(2000)), lines: 2000 },
  ])('take $name', async ({ bytes, lines }) => {
    expect(await read(bytes, 1000, limits)).toHaveLength(lines);
  });

  test.each([
    { name: 'a longer line, before its end', bytes: gzipSync('9'.repeat(101)), message: 'longer than 100 bytes' },
    {
      name: 'little that unfolds to much',
      bytes: gzipSync('1\n'.repeat(100_000)),
      message: /its first \d+ bytes unfold to more/,
    },
  ])('refuse $name', async ({ bytes, message }) => {
    await expect(read(bytes, 1000, limits)).rejects.toThrow(message);
  });

  test.each([
    { name: 'as much as may be', less: 0, isRefused: false },
    { name: 'a byte more', less: 1, isRefused: true },
  ])('unfold $name, by what is stored: refused $isRefused', async ({ less, isRefused }) => {
    const text = '1\n'.repeat(10_000);
    const bytes = gzipSync(text);
    async function* body() {
      yield bytes;
    }
    const most = { line: 100, unfolded: text.length - 2 * bytes.length - less, ratio: 2 };
    const sizes: number[] = [];
    const unfold = async (): Promise<string> => {
      for await (const chunk of unfolded(body(), most)) sizes.push(chunk.length);
      return 'all of it';
    };
    const end = await unfold().catch(({ message }: Error) => message);
    expect(end).toEqual(expect.stringContaining(isRefused ? 'unfold to more than' : 'all of it'));
    expect(sizes).toEqual(isRefused ? [] : [text.length]);
  });

  test('of every day take what shrinks to a thousandth', async () => {
    expect(await read(gzipSync('1\n'.repeat(20_000)), 1000)).toHaveLength(20_000);
  });

  test('of every day take JSON as it is, and nothing else', async () => {
    const jsonOf = (text: string) =>
      readJson({
        key: 'k',
        body: (async function* bytes() {
          yield Buffer.from(text);
        })(),
      });
    expect(await jsonOf('{"é":null}')).toEqual({ é: null });
    expect(await jsonOf('null')).toBeNull();
    await expect(jsonOf('{')).rejects.toThrow('k is no JSON');
  });

  async function* pieces(count: number, piece = Buffer.from('1234')) {
    for (let n = 0; n < count; n += 1) yield piece;
  }

  test.each([0, 1, 2, 3])('an object of %d pieces is read whole', async (count) => {
    expect((await readBytes({ key: 'k', body: pieces(count) })).toString()).toBe('1234'.repeat(count));
  });

  test('an object is read whole up to its limit, and never past it', async () => {
    expect(await readBytes({ key: 'k', body: pieces(3) }, 12)).toHaveLength(12);
    const endless = pieces(Number.POSITIVE_INFINITY);
    await expect(readBytes({ key: 'k', body: endless }, 11)).rejects.toThrow('k has more than 11 bytes');
    const large = pieces(Number.POSITIVE_INFINITY, Buffer.alloc(1024 * 1024));
    await expect(readJson({ key: 'k', body: large })).rejects.toThrow('k has more than 16777216 bytes');
  });
});
