import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { decoded, linesOfText, TornFile } from '../../../../core/sources/roster/bytes.ts';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** Reads to the end, or to the error before it. */
const read = async <T>(given: AsyncIterable<T>) => {
  const all: T[] = [];
  try {
    for await (const one of given) all.push(one);
  } catch (error) {
    return { all, error };
  }
  return { all, error: undefined };
};

describe('a saved file', () => {
  const TEXT = 'Zoë, 漢 🙂';
  const UTF_16 = Buffer.from(`\ufeff${TEXT}`, 'utf16le');

  test.each<{ name: string; bytes: Uint8Array }>([
    { name: 'in UTF-8', bytes: Buffer.from(TEXT) },
    { name: 'in UTF-8 with a mark', bytes: Buffer.from(`\ufeff${TEXT}`) },
    { name: 'in UTF-16', bytes: UTF_16 },
    { name: 'in UTF-16 of the other order', bytes: Buffer.from(UTF_16).swap16() },
    { name: 'of one byte', bytes: Buffer.from('x') },
    { name: 'of a character that gzip files begin with', bytes: Buffer.from('\u001fA') },
    { name: 'of nothing', bytes: Buffer.alloc(0) },
  ])('$name is the same text, gzipped or not, in pieces of any size', async ({ name, bytes }) => {
    const text = name.startsWith('of') ? Buffer.from(bytes).toString() : TEXT;
    for (const whole of [bytes, gzipSync(bytes)])
      for (const size of [1, 2, 3, 1000]) {
        const { all, error } = await read(decoded(inPieces(whole, size)));
        expect({ size, text: all.join(''), error }).toEqual({ size, text, error: undefined });
      }
  });

  test('with bytes that are no text is torn, and is read on behind them', async () => {
    for (const size of [1, 2, 3, 1000]) {
      const { all, error } = await read(decoded(inPieces(Buffer.from([0xff, 0x41, 0xc3, 0xab, 0x42]), size)));
      expect({ size, text: all.join('') }).toEqual({ size, text: '\ufffdAëB' });
      expect(error).toEqual(new TornFile('has bytes that are no UTF-8'));
    }
  });

  test.each([
    ['breaks off', (bytes: Uint8Array) => bytes.subarray(0, -1), /^is no whole gzip file/],
    ['goes on', (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(2)]), /^goes on after the end/],
  ])('whose gzip data %s is torn behind what it says', async (_name, change, problem) => {
    const { all, error } = await read(decoded(inPieces(change(gzipSync(TEXT)), 1000)));
    expect(all.join('')).toBe(TEXT);
    expect(error).toMatchObject({ name: 'TornFile', message: expect.stringMatching(problem) });
  });

  test('that can be read no further is not torn, gzipped or not', async () => {
    const failure = new Error('the disk is gone');
    async function* failing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw failure;
    }
    for (const bytes of [Buffer.from(TEXT), gzipSync(TEXT).subarray(0, 20)])
      expect((await read(decoded(failing(bytes)))).error).toBe(failure);
  });
});

describe('the lines of a text', () => {
  const linesOf = async (text: string, size: number, most = 5) => {
    async function* texts() {
      for (let start = 0; start < text.length; start += size) yield text.slice(start, start + size);
    }
    const { all, error } = await read(linesOfText(texts(), most));
    return { lines: all.flat(), error };
  };

  test.each([
    { text: 'a\nb\n', lines: ['a', 'b'] },
    { text: 'a\r\n\r\nb', lines: ['a', '', 'b'] },
    { text: 'a\nb\r', lines: ['a', 'b'] },
    { text: 'a\rb\n', lines: ['a\rb'] },
    { text: '12345\n12345', lines: ['12345', '12345'] },
  ])('$text are $lines, in pieces of any size', async ({ text, lines }) => {
    for (const size of [1, 2, 1000]) expect({ size, ...(await linesOf(text, size)) }).toEqual({ size, lines });
  });

  test('that is longer than any is torn, and none before it is lost', async () => {
    const error = new TornFile('has a line of over 5 characters');
    for (const size of [1, 1000]) expect(await linesOf('a\n123456', size)).toEqual({ lines: ['a'], error });
  });
});
