import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { readLines } from '../../../core/archive/lines.ts';

const read = async (bytes: Uint8Array, pieceLength = 7): Promise<readonly unknown[]> => {
  const lines: unknown[] = [];
  async function* pieces() {
    for (let start = 0; start < bytes.length; start += pieceLength) yield bytes.subarray(start, start + pieceLength);
  }
  for await (const line of readLines(pieces())) lines.push(line);
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
