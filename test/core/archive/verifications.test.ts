import { describe, expect, test } from '@jest/globals';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { verificationKey } from '../../../core/archive/keys.ts';
import { readVerification, verificationKeys } from '../../../core/archive/verifications.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { entryInstant, putAll } from '../../support/chain-entries.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const keyOf = (number: number): string => verificationKey(ENVIRONMENT, entryInstant(number));
const verification = { lastRun: 'last', head: '1:a', readUpTo: 7, problems: [{ kind: 'gap' }, 'x'] };
const report = { schemaVersion: 1, verification };

describe('the report of a verification', () => {
  const read = async (object: string | object) => {
    const archive = memoryArchive();
    await putAll(archive, { [keyOf(1)]: object });
    return readVerification(archive, keyOf(1));
  };

  test('says how far it read, and how much is wrong', async () => {
    expect(await read(report)).toEqual({ key: keyOf(1), lastRun: 'last', head: '1:a', readUpTo: 7, problems: 2 });
    expect(await read({ schemaVersion: 1, verification: { readUpTo: 0, problems: [] } })).toEqual({
      key: keyOf(1),
      readUpTo: 0,
      problems: 0,
    });
  });

  test.each([
    { name: 'no JSON', object: '{' },
    { name: 'of another version', object: { ...report, schemaVersion: 2 } },
    { name: 'without what was wrong', object: { schemaVersion: 1, verification: { ...verification, problems: 1 } } },
    { name: 'of half a run', object: { schemaVersion: 1, verification: { ...verification, readUpTo: 0.5 } } },
  ])('is none where it is $name', async ({ object }) => {
    expect(await read(object)).toBeUndefined();
  });

  test('is none where there is none or it can not be read, and an error of the network is no such', async () => {
    expect(await readVerification(memoryArchive(), keyOf(1))).toBeUndefined();
    const failing = (error: Error) => ({
      ...memoryArchive(),
      async read() {
        throw error;
      },
    });
    expect(await readVerification(failing(new ArchiveError('no')), keyOf(1))).toBeUndefined();
    await expect(readVerification(failing(new Error('no network')), keyOf(1))).rejects.toThrow('no network');
  });
});

test('reports of verifications are listed in order, and nothing beside them', async () => {
  const archive = memoryArchive();
  const stray = [`verifications/environment=${ENVIRONMENT}/notes.txt`, keyOf(3).replace(ENVIRONMENT, 'other')];
  await putAll(archive, Object.fromEntries([keyOf(2), keyOf(1), ...stray].map((key) => [key, '{}'])));
  expect(await verificationKeys(archive, ENVIRONMENT)).toEqual([keyOf(1), keyOf(2)]);
});
