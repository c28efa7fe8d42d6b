import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const PROJECT = resolve(import.meta.dirname, '../..');

test('docs/api.md is what npm run api writes, and each export and member has a comment', async () => {
  const made = await promisify(execFile)(process.execPath, ['bin/api.ts'], { cwd: PROJECT, maxBuffer: 1e8 });
  expect(made.stderr).toBe('');
  expect(await readFile(resolve(PROJECT, 'docs/api.md'), 'utf8')).toBe(made.stdout);
}, 120_000);
