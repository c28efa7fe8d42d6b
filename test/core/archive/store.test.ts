import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { sha256Of, stagedContent } from '../../../core/archive/staging.ts';
import { storeOnce } from '../../../core/archive/store.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

describe('evidence is stored once', () => {
  const own = stagedContent('own');

  test.each([
    { name: 'where nothing is', there: undefined, stored: { isNew: true, isOurs: true }, held: 'own' },
    { name: 'where the same is', there: 'own', stored: { isNew: false, isOurs: true }, held: 'own' },
    {
      name: 'where another is, which stays',
      there: 'another',
      stored: { isNew: false, isOurs: false },
      held: 'another',
    },
  ])('$name', async ({ there, stored, held }) => {
    const archive = memoryArchive();
    if (there !== undefined) await archive.create('k', { bytes: Buffer.from(there) }, 'text/plain');
    const object = { key: 'k', sha256: sha256Of(held), size: held.length };
    expect(await storeOnce(archive, 'k', own)).toEqual({ ...stored, object });
  });

  test('and never where something deletes what is there', async () => {
    const deleting: Archive = { ...memoryArchive(), create: async () => 'exists' };
    await expect(storeOnce(deleting, 'k', own)).rejects.toThrow(ArchiveError);
  });

  test.each([
    ['a.b/x.jsonl.gz', 'application/gzip'],
    ['a/x.json', 'application/json'],
    ['a/x.csv', 'text/csv; charset=utf-8'],
    ['a/x.html', 'text/html; charset=utf-8'],
    ['a/x.pdf', 'application/octet-stream'],
    ['a/json', 'application/octet-stream'],
  ])('%s as %s', async (key, type) => {
    const types: string[] = [];
    const archive: Archive = {
      ...memoryArchive(),
      async create(_key, _content, contentType) {
        types.push(contentType);
        return 'created';
      },
    };
    await storeOnce(archive, key, own);
    expect(types).toEqual([type]);
  });
});
