import { expect, test } from '@jest/globals';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { readManifest } from '../../../core/archive/manifest.ts';
import { anEntry, entryKey, linkToEntry, putAll } from '../../support/chain-entries.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const KEY = entryKey(1);
const unfinished = anEntry(1, { verdict: 'INCOMPLETE', reason: 'deadline' });

test('a manifest is read with its hash, that of an unfinished run too', async () => {
  const archive = memoryArchive();
  await putAll(archive, { [KEY]: unfinished });
  const { sha256 } = linkToEntry(KEY, unfinished);
  expect(await readManifest(archive, KEY)).toEqual({ manifest: unfinished, key: KEY, sha256 });
  expect(await readManifest(archive, entryKey(2))).toBeUndefined();
});

test.each([
  { name: 'no JSON', text: '{', words: 'is no JSON' },
  { name: 'null', text: 'null', words: 'is no manifest: all of it is not what it has there' },
  { name: 'of no version', text: '{}', words: 'has schemaVersion undefined; this version reads 1' },
  { name: 'of a later version', text: '{"schemaVersion":2}', words: 'has schemaVersion 2; this version reads 1' },
  { name: 'of another shape', text: '{"schemaVersion":1}', words: 'is no manifest: run is not what it has there' },
])('what is $name is no manifest', async ({ text, words }) => {
  const archive = memoryArchive();
  await putAll(archive, { [KEY]: text });
  const read = readManifest(archive, KEY);
  await expect(read).rejects.toThrow(ArchiveError);
  await expect(read).rejects.toThrow(`${KEY} ${words}`);
});
