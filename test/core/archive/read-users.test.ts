import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import type { RunLink } from '../../../core/archive/chain.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import {
  findRecords,
  findUser,
  idsByAddress,
  lastRecordsAmong,
  lastRunWith,
  recordsOf,
} from '../../../core/archive/read-users.ts';
import { archiveObjects } from '../../support/archived-run.ts';
import { entryKey, entryRun, linkToEntry, putAll } from '../../support/chain-entries.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const person = (userId: string, emailAddress?: unknown) => ({ userId, emailAddress });

const runOf = async (users: readonly object[], conflicting?: number) => {
  const archive = memoryArchive();
  const manifest = await archiveObjects(archive, 1, { snapshot: users });
  return { archive, manifest: { ...manifest, counts: { ...manifest.counts, ...(conflicting && { conflicting }) } } };
};

const firstNames = (records: readonly { readonly record: unknown }[] | undefined) =>
  records?.map(({ record }) => (record as { emailAddress: string }).emailAddress);

describe('users of a run', () => {
  const users = [person('a', 'first'), person('b', 'b'), person('a', 'last')];

  test('with records that differ are found with all of them, and count by the last', async () => {
    const { archive, manifest } = await runOf(users, 1);
    expect(firstNames(await findRecords(archive, manifest, 'a'))).toEqual(['first', 'last']);
    expect((await findUser(archive, manifest, 'a'))?.user.emailAddress).toBe('last');
    expect((await findUser(archive, manifest, 'b'))?.user.emailAddress).toBe('b');
    const records: unknown[] = [];
    for await (const record of recordsOf(archive, manifest)) records.push(record);
    expect(records).toEqual([users[1], users[2]]);
  });

  test('nobody is found twice in an archive that knows of no such', async () => {
    const among: unknown[] = [];
    async function* listed() {
      yield* users.slice(0, 2);
    }
    for await (const { record } of lastRecordsAmong(listed, undefined)) among.push(record);
    expect(among).toEqual(users.slice(0, 2));
  });

  test('are none of no run, and where nobody has the id', async () => {
    const { archive, manifest } = await runOf(users, 1);
    expect(await findRecords(archive, undefined, 'a')).toBeUndefined();
    expect(await findUser(archive, manifest, 'c')).toBeUndefined();
  });

  test('are not believed where the end of the snapshot is another', async () => {
    const { archive, manifest } = await runOf([person('a')]);
    const object = manifest.objects.snapshot;
    const altered: Manifest = {
      ...manifest,
      objects: { snapshot: { key: '', size: 0, ...object, sha256: 'another' } },
    };
    await expect(findRecords(archive, altered, 'a')).rejects.toThrow('was altered');
  });

  test('are found by their addresses, however those are written, whatever their last record says', async () => {
    const { archive, manifest } = await runOf(
      [
        person('a', 'Ada@Example.com'),
        person('a', 'other@example.com'),
        person('b', 'ADA@example.com'),
        person('c', 7),
      ],
      1,
    );
    expect(await idsByAddress(archive, manifest, 'ada@example.COM')).toEqual(['b', 'a']);
    expect(await idsByAddress(archive, manifest, 'nobody@example.com')).toEqual([]);
    expect(await idsByAddress(archive, undefined, 'ada@example.com')).toEqual([]);
  });
});

describe('the last run that had a user', () => {
  /** A chain of runs of which only the first had the user; gives the last. */
  const chainOf = async (archive: Archive, runs: number): Promise<Manifest> => {
    let previous: RunLink | undefined;
    let last: Manifest | undefined;
    for (let number = 1; number <= runs; number += 1) {
      const snapshot = number === 1 ? [person('a'), person('b')] : [person('b')];
      last = await archiveObjects(archive, number, { snapshot, findings: [], report: {} }, previous && { previous });
      await putAll(archive, { [entryKey(number)]: last });
      previous = linkToEntry(entryKey(number), last);
    }
    if (last === undefined) throw new Error('a chain has a run');
    return last;
  };

  test.each([
    { runs: 1, found: undefined },
    { runs: 2, found: entryRun(1) },
    { runs: 32, found: entryRun(1) },
    { runs: 33, found: undefined },
  ])('before the last of $runs is $found', async ({ runs, found }) => {
    const archive = memoryArchive();
    const last = await chainOf(archive, runs);
    expect(await lastRunWith(archive, last, 'a')).toBe(found);
  });
});
