import { mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { SpoolError } from '../../../core/archive/errors.ts';
import { sortedSpool } from '../../../core/archive/sorted-spool.ts';
import {
  createSpoolFolder,
  digestOfBody,
  hashOf,
  lineBatchesOf,
  linesOf,
  type SpoolFolder,
  sha256Of,
  stagedContent,
} from '../../../core/archive/staging.ts';

let spools: SpoolFolder | undefined;
afterEach(async () => {
  await spools?.remove();
  spools = undefined;
});

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
  const plain = spools.open('lines');
  // What is written meanwhile must not get into what the disk has yet to take.
  await Promise.all(lines.map(async (line) => plain.write(line)));
  const { content: asIs } = await plain.finish();
  const text = lines.map((line) => `${line}\n`).join('');
  expect('path' in asIs && (await readFile(asIs.path, 'utf8')) === text).toBe(true);
  const spool = spools.open('lines.gz');
  for (const line of lines) await spool.write(line);
  const { content, size, sha256 } = await spool.finish();
  const stored = 'path' in content ? await readFile(content.path) : content.bytes;
  expect(stored).toHaveLength(size);
  expect(sha256Of(stored)).toBe(sha256);
  expect(gunzipSync(stored).toString('utf8') === text).toBe(true);
});

test.each([
  { name: 'few', lengths: [1, 2, 3] },
  { name: 'none', lengths: [0, 0] },
  { name: 'a piece, and one more', lengths: [PIECE, 1] },
  { name: 'more than a piece', lengths: [1, PIECE + 1, 1] },
  { name: 'together a piece, and one more', lengths: [PIECE - 1, 1, 1] },
])('bytes come out as they went in, between lines: $name', async ({ lengths }) => {
  spools = await createSpoolFolder();
  const spool = spools.open('bytes.csv');
  await spool.write('header');
  for (const [index, length] of lengths.entries()) await spool.append(Buffer.alloc(length, `${index}`));
  await spool.write('footer');
  const { content } = await spool.finish();
  const stored = 'path' in content ? await readFile(content.path, 'utf8') : '';
  expect(stored === `header\n${lengths.map((length, index) => `${index}`.repeat(length)).join('')}footer\n`).toBe(true);
});

test('lines are read again before they are stored, from a file and from memory', async () => {
  spools = await createSpoolFolder();
  const spool = spools.open('lines.gz');
  for (const line of ['1', '"two"', '3']) await spool.write(line);
  for (const evidence of [await spool.finish(), stagedContent(gzipSync('1\n"two"\n3\n'))]) {
    const lines: unknown[] = [];
    for await (const line of linesOf(evidence)) lines.push(line);
    expect(lines).toEqual([1, 'two', 3]);
    const batches: unknown[] = [];
    for await (const batch of lineBatchesOf(evidence, (text) => text !== '3')) batches.push(...batch);
    expect(batches).toEqual([
      { text: '1', record: 1 },
      { text: '"two"', record: 'two' },
      { text: '3', record: undefined },
    ]);
  }
});

test('a temporary folder that went away is not taken for the archive', async () => {
  const gone = await createSpoolFolder();
  await gone.remove();
  const finished = gone.open('lines').finish();
  await expect(finished).rejects.toThrow(SpoolError);
  await expect(finished).rejects.toThrow(
    /^the temporary folder .* failed with .*ENOENT.*; it is not there: let TMPDIR/,
  );
});

// Each error of a disk has what helps against it; one that nobody thought of has none.
test.each([
  {
    name: 'is full',
    put: (path: string) => symlink('/dev/full', path),
    told: /^the temporary folder .* failed with .*ENOSPC.*; it is full: make room there, or let TMPDIR name/,
  },
  { name: 'has something else there', put: (path: string) => mkdir(path), told: /failed with .*EISDIR[^;]*'$/ },
])('a disk that $name is told of, once the file is finished', async ({ put, told }) => {
  spools = await createSpoolFolder();
  const { content } = await spools.open('first').finish();
  await put(join(dirname('path' in content ? content.path : ''), '2-second'));
  const second = spools.open('second');
  await second.write('a line');
  await spools.open('third').finish();
  await expect(second.finish()).rejects.toThrow(told);
});

describe('the digest of a body', () => {
  const digest = (texts: readonly string[], most?: number) =>
    digestOfBody(
      (async function* pieces() {
        for (const text of texts) yield Buffer.from(text);
      })(),
      most,
    );

  test.each([{ texts: [] }, { texts: ['a'] }, { texts: ['a', 'bc'] }, { texts: ['a', '', 'bc', 'd'] }])(
    'is that of all of it: $texts',
    async ({ texts }) => {
      const whole = texts.join('');
      expect(await digest(texts)).toEqual({ sha256: sha256Of(whole), size: whole.length });
    },
  );

  test('is that of its beginning where it is larger than it should be', async () => {
    expect(await digest(['ab', 'c', 'd'], 3)).toEqual({ sha256: sha256Of('abcd'), size: 4 });
    expect(await digest(['ab', 'c', 'd'], 2)).toEqual({ sha256: sha256Of('abc'), size: 3 });
    expect(await digest(['ab', 'c'], 3)).toEqual({ sha256: sha256Of('abc'), size: 3 });
  });
});

test.each([{ held: 'né' }, { held: Buffer.from('né') }])(
  'what is held in memory is stored as bytes: $held',
  ({ held }) => {
    const bytes = Buffer.from('né');
    expect(stagedContent(held)).toEqual({ content: { bytes }, sha256: sha256Of(bytes), size: 3 });
  },
);

test('criteria that say another thing have another hash', () => {
  expect(hashOf({ a: 1 })).toBe(sha256Of('{"a":1}'));
});

test.each([0, 3, 3000, 150_000])(
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

test('what is sorted is whole where it takes as many bytes as texts of its length can', async () => {
  spools = await createSpoolFolder();
  const spool = sortedSpool(spools, 'lines');
  const lines = ['\u4e2d', '\u6587'].map((sign) => sign.repeat(1_400_000));
  for (const [index, line] of lines.entries()) await spool.write(line, '\u5927'.repeat(3000 - index));
  const { content } = await spool.finish();
  const stored = 'path' in content ? await readFile(content.path, 'utf8') : '';
  expect(stored === `${lines.toReversed().join('\n')}\n`).toBe(true);
});

test('what is sorted may be longer than what memory holds at once, and its keys any texts', async () => {
  spools = await createSpoolFolder();
  const spool = sortedSpool(spools, 'lines');
  const keys = ['\udc00', '\u{1f600}', 'b', '\ud800', 'a'];
  for (const key of keys) await spool.write(`\u4e2d${'x'.repeat(5 * 1024 * 1024)}${keys.indexOf(key)}`, key);
  const { content } = await spool.finish();
  const stored = 'path' in content ? await readFile(content.path, 'utf8') : '';
  expect(stored.match(/\d\n/g)?.join('')).toBe('4\n2\n3\n1\n0\n');
});
