import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from '@jest/globals';
import { createSpoolFolder, type SpoolFolder } from '../../../lambda/archive/spool.ts';

let spools: SpoolFolder;
afterEach(() => spools.remove());

// A listener each is what Node warns of, on the terminal of whoever runs the command.
test('lines written faster than the disk takes them share one wait', async () => {
  spools = await createSpoolFolder();
  const spool = spools.open('lines', { isGzipped: false });
  const line = 'x'.repeat(64 * 1024);
  const waits = Array.from({ length: 20 }, () => spool.write(line)).filter((wait) => wait !== undefined);
  expect(new Set(waits).size).toBe(1);
  await waits[0];
  const { content } = await spool.finish();
  expect('path' in content && (await readFile(content.path, 'utf8'))).toBe(`${line}\n`.repeat(20));
});
