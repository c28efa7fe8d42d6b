import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const PROJECT = resolve(import.meta.dirname, '../..');
const FOLDERS = ['bin', 'cli', 'core', 'lambda', 'lib', 'rules', 'simulator'];

/**
 * Gives the paths, from the project's root, of the product's files whose code matches.
 * @param besides other folders to look into
 */
export const productFilesWith = async (
  pattern: RegExp,
  besides: readonly string[] = [],
): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const folder of [...FOLDERS, ...besides]) {
    for (const name of await readdir(join(PROJECT, folder), { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const path = join(folder, name);
      if (pattern.test(await readFile(join(PROJECT, path), 'utf8'))) found.push(path);
    }
  }
  return found;
};
