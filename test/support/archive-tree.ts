import { gunzipSync } from 'node:zlib';
import type { Archive } from '../../core/archive/archive.ts';
import { readBytes } from '../../core/archive/lines.ts';

/** The text of an object, unzipped where it is zipped. */
export const readText = async (archive: Archive, key: string): Promise<string> => {
  const stored = await archive.read(key);
  if (stored === undefined) throw new Error(`${key} is not in the archive`);
  const bytes = await readBytes(stored);
  return Buffer.from(key.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
};

/** The parsed lines of a `.jsonl.gz` object. */
export const readJsonLines = async (archive: Archive, key: string): Promise<readonly unknown[]> =>
  (await readText(archive, key))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** Every object of an archive, by key. */
export const readTree = async (archive: Archive): Promise<Readonly<Record<string, string>>> => {
  const tree: Record<string, string> = {};
  for await (const key of archive.list('')) tree[key] = await readText(archive, key);
  return tree;
};
