import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { sortedSpool } from '../../../core/archive/sorted-spool.ts';
import { createSpoolFolder, type SpoolFolder } from '../../../core/archive/staging.ts';

let spools: SpoolFolder;
afterEach(() => spools.remove());

// A listener each is what Node warns of, on the terminal of whoever runs the command.
test('lines written faster than the disk takes them share one wait', async () => {
  spools = await createSpoolFolder();
  const spool = spools.open('lines');
  const line = 'x'.repeat(64 * 1024);
  const waits = Array.from({ length: 20 }, () => spool.write(line)).filter((wait) => wait !== undefined);
  expect(new Set(waits).size).toBe(1);
  await waits[0];
  const { content } = await spool.finish();
  expect('path' in content && (await readFile(content.path, 'utf8'))).toBe(`${line}\n`.repeat(20));
});

const PIECE = 64 * 1024;

test.each([
  { name: 'none', lines: [] },
  { name: 'an empty one', lines: [''] },
  { name: 'ASCII that fills a piece', lines: ['a'.repeat(PIECE / 2 - 1), 'b'.repeat(PIECE / 2 - 1), 'c'] },
  { name: 'one that may just fit into a piece', lines: ['a', '\u4e2d'.repeat(PIECE / 3 - 1), 'b'] },
  { name: 'one that may not', lines: ['a', '\u4e2d'.repeat(PIECE / 3), 'b'] },
  { name: 'one of many pieces', lines: ['a', '\u00e9'.repeat(5 * PIECE), '', 'b'] },
  {
    name: 'all scripts, in each place of a piece',
    lines: Array.from({ length: 9000 }, (_, index) => `${index} Jürgen Ōtani 大谷 \u{1f600}`),
  },
])('lines come out as they went in: $name', async ({ lines }) => {
  spools = await createSpoolFolder();
  const spool = spools.open('lines.gz');
  for (const line of lines) await spool.write(line);
  const { content, size } = await spool.finish();
  const stored = 'path' in content ? await readFile(content.path) : content.bytes;
  expect(stored).toHaveLength(size);
  expect(gunzipSync(stored).toString('utf8')).toBe(lines.map((line) => `${line}\n`).join(''));
});

test.each([0, 3, 150_000])(
  '%d lines are stored in the order of their keys, those of equal keys as they came',
  async (count) => {
    spools = await createSpoolFolder();
    const spool = sortedSpool(spools, 'lines');
    await spool.write('header');
    const keys = Array.from({ length: count }, (_, index) => `${(index * 7919) % 1000}`);
    for (const [index, key] of keys.entries()) await spool.write(`${key} ${index} ${'x'.repeat(80)}\r`, key);
    const { content } = await spool.finish();
    const stored = 'path' in content ? await readFile(content.path, 'utf8') : '';
    const lines = [...keys.entries()]
      .toSorted(([, a], [, b]) => (a < b ? -1 : Number(a > b)))
      .map(([index, key]) => `${key} ${index} ${'x'.repeat(80)}\r\n`);
    expect(stored === ['header\n', ...lines].join('')).toBe(true);
  },
);

test('what is sorted may be longer than what memory holds at once, and its keys any texts', async () => {
  spools = await createSpoolFolder();
  const spool = sortedSpool(spools, 'lines');
  const keys = ['\udc00', '\u{1f600}', 'b', '\ud800', 'a'];
  for (const key of keys) await spool.write(`\u4e2d${'x'.repeat(5 * 1024 * 1024)}${keys.indexOf(key)}`, key);
  const { content } = await spool.finish();
  const stored = 'path' in content ? await readFile(content.path, 'utf8') : '';
  expect(stored.match(/\d\n/g)?.join('')).toBe('4\n2\n3\n1\n0\n');
});
