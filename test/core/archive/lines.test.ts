import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type LineLimits, readBytes, readJson, readLines } from '../../../core/archive/lines.ts';

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

  async function* pieces(count: number) {
    for (let n = 0; n < count; n += 1) yield Buffer.from('1234');
  }

  test('an object is read whole up to its limit, and never past it', async () => {
    expect(await readBytes({ key: 'k', body: pieces(3) }, 12)).toHaveLength(12);
    const endless = pieces(Number.POSITIVE_INFINITY);
    await expect(readBytes({ key: 'k', body: endless }, 11)).rejects.toThrow('k has more than 11 bytes');
    await expect(readJson({ key: 'k', body: pieces(Number.POSITIVE_INFINITY) })).rejects.toThrow('k has more than');
  });
});
