import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ConfigError } from '../../../core/config/errors.ts';
import { readText } from '../../../core/config/read-text.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

test.each([
  { name: 'UTF-8', mark: '', encoding: 'utf8' },
  { name: 'UTF-8 with a mark', mark: '\ufeff', encoding: 'utf8' },
  { name: 'UTF-16, as PowerShell writes it', mark: '\ufeff', encoding: 'utf16le' },
] as const)('a file in $name is read as it was written', async ({ mark, encoding }) => {
  const file = join(await newFolder(), 'audit.yaml');
  await writeFile(file, `${mark}environments: [] # Zoë\n`, encoding);
  expect(readText(file)).toBe('environments: [] # Zoë\n');
});

test('a file that can’t be read is named', async () => {
  const file = join(await newFolder(), 'none.yaml');
  expect(() => readText(file)).toThrow(new ConfigError([`${file}: can't be read (ENOENT)`]));
});
