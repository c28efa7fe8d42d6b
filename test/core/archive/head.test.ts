import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import type { LatestPointer, RunLink } from '../../../core/archive/chain.ts';
import type { ChainEntry } from '../../../core/archive/entry.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import {
  acceptedHead,
  type ChainHead,
  chainKeys,
  completeCopies,
  hasPlace,
  headMember,
  placeNumbers,
  readHead,
  readLatest,
  runBefore,
} from '../../../core/archive/head.ts';
import { areaPrefix, latestKey } from '../../../core/archive/keys.ts';
import type { Manifest, StoredManifest } from '../../../core/archive/manifest.ts';
import { readText, readTree } from '../../support/archive-tree.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import {
  aMilestone,
  anEarlierRun,
  anEntry,
  archiveOf,
  copyKey,
  entryKey,
  entryRun,
  linkToEntry,
  type Objects,
} from '../../support/chain-entries.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const LATEST = latestKey(ENVIRONMENT);

const link = (number: number, entry: ChainEntry): RunLink => linkToEntry(entryKey(number), entry);

const first = anEntry(1);
const second = anEntry(2, { previous: link(1, first) });
const third = anEntry(3, { previous: link(2, second) });
const ENTRIES: Objects = { [entryKey(1)]: first, [entryKey(2)]: second, [entryKey(3)]: third };

/** Runs of before there were entries. */
const early = anEarlierRun(1);
const later = anEarlierRun(2, { previous: linkToEntry(copyKey(1), early) });
const latest = anEarlierRun(3, { previous: linkToEntry(copyKey(2), later) });
const MANIFESTS: Objects = { [copyKey(1)]: early, [copyKey(2)]: later, [copyKey(3)]: latest };

/** The first entry after them. */
const fourth = anEntry(4, { previous: linkToEntry(copyKey(3), latest) });
const fifth = anEntry(5, { previous: link(4, fourth) });

const pointerTo = (number: number, entry: Manifest): LatestPointer => ({
  run: entry.run,
  manifest: copyKey(number),
  sha256: linkToEntry('', entry).sha256,
  ...(entry.sequence !== undefined && { sequence: entry.sequence }),
});

const without = (objects: Objects, ...keys: readonly string[]): Objects =>
  Object.fromEntries(Object.entries(objects).filter(([key]) => !keys.includes(key)));

/** A note that somebody laid beside the entries. */
const NOTE = { [`${areaPrefix('chain', ENVIRONMENT)}notes.txt`]: 'a note' };

describe('the places of a chain', () => {
  const copies = { [copyKey(4)]: fourth, [copyKey(5)]: fifth };
  const entries = { [entryKey(4)]: fourth, [entryKey(5)]: fifth };

  test.each<{ name: string; objects: Objects; keys: readonly string[] }>([
    { name: 'none', objects: {}, keys: [] },
    { name: 'manifests alone', objects: MANIFESTS, keys: [1, 2, 3].map(copyKey) },
    { name: 'entries alone', objects: { ...ENTRIES, ...NOTE }, keys: [1, 2, 3].map(entryKey) },
    {
      name: 'entries from the first on, whatever stands among the manifests',
      objects: { ...ENTRIES, ...MANIFESTS },
      keys: [1, 2, 3].map(entryKey),
    },
    {
      name: 'manifests up to the one that the first entry names, then entries, and none of their copies',
      objects: { ...MANIFESTS, ...copies, ...entries },
      keys: [...[1, 2, 3].map(copyKey), ...[4, 5].map(entryKey)],
    },
    {
      name: 'those manifests that are left',
      objects: without({ ...MANIFESTS, ...copies, ...entries }, copyKey(1)),
      keys: [...[2, 3].map(copyKey), ...[4, 5].map(entryKey)],
    },
    {
      name: 'the entries that are left, where the one before them is gone',
      objects: { ...without(ENTRIES, entryKey(1)), [copyKey(1)]: first, [copyKey(2)]: second },
      keys: [2, 3].map(entryKey),
    },
    {
      name: 'one manifest, then entries',
      objects: { [copyKey(1)]: early, [entryKey(2)]: anEntry(2, { previous: linkToEntry(copyKey(1), early) }) },
      keys: [copyKey(1), entryKey(2)],
    },
    ...[
      { name: 'is no entry', entry: '{' },
      { name: 'names none', entry: anEntry(4) },
    ].map(({ name, entry }) => ({
      name: `as many manifests as are before the first entry, where that ${name}`,
      objects: { ...MANIFESTS, ...copies, ...entries, [entryKey(4)]: entry },
      keys: [...[1, 2, 3].map(copyKey), ...[4, 5].map(entryKey)],
    })),
  ])('are $name', async ({ objects, keys }) => {
    expect(await chainKeys(await archiveOf(objects), ENVIRONMENT)).toEqual(keys);
  });

  test('are as many manifests as are before the first entry, where that can not be read', async () => {
    const archive = await archiveOf({ ...MANIFESTS, ...copies, ...entries });
    const read: Archive['read'] = async (key) => {
      if (key === entryKey(4)) throw new ArchiveError('it leads out of the archive');
      return archive.read(key);
    };
    expect(await chainKeys({ ...archive, read }, ENVIRONMENT)).toEqual([
      ...[1, 2, 3].map(copyKey),
      ...[4, 5].map(entryKey),
    ]);
  });

  test.each<{ keys: readonly string[]; numbers: readonly number[] }>([
    { keys: [], numbers: [] },
    { keys: [1, 2].map(copyKey), numbers: [1, 2] },
    { keys: [entryKey(1), entryKey(2)], numbers: [1, 2] },
    { keys: [entryKey(5), entryKey(7)], numbers: [5, 7] },
    { keys: [copyKey(1), copyKey(2), entryKey(3), entryKey(4)], numbers: [1, 2, 3, 4] },
    { keys: [copyKey(2), entryKey(3)], numbers: [2, 3] },
    { keys: [copyKey(3), copyKey(4), entryKey(9)], numbers: [7, 8, 9] },
  ])('$keys have the numbers $numbers', ({ keys, numbers }) => {
    expect(placeNumbers(keys)).toEqual(numbers);
  });
});

const closing = aMilestone(3, 'closing', link(2, second));
const reopened = aMilestone(4, 'reopened', link(3, closing));
const CLOSED: Objects = { ...without(ENTRIES, entryKey(3)), [entryKey(3)]: closing };

const stored = (key: string, manifest: Manifest): StoredManifest => ({
  manifest,
  key,
  sha256: linkToEntry(key, manifest).sha256,
});

const headOf = (sequence: number, key: string, entry: Manifest): ChainHead => ({
  sequence,
  place: linkToEntry(key, entry),
  ...(entry.previous && { before: entry.previous }),
  last: stored(key, entry),
});

describe('the end of a chain', () => {
  test.each<{ name: string; objects: Objects; head: ChainHead }>([
    { name: 'where nothing is', objects: NOTE, head: { sequence: 0 } },
    { name: 'that is its first entry', objects: { [entryKey(1)]: first }, head: headOf(1, entryKey(1), first) },
    { name: 'without a pointer', objects: { ...ENTRIES, ...NOTE }, head: headOf(3, entryKey(3), third) },
    {
      name: 'that the pointer points to',
      objects: { ...ENTRIES, [LATEST]: pointerTo(3, third) },
      head: headOf(3, entryKey(3), third),
    },
    {
      name: 'that the pointer is behind of',
      objects: { ...ENTRIES, [LATEST]: pointerTo(1, first) },
      head: headOf(3, entryKey(3), third),
    },
    {
      name: 'that a pointer of before there were entries is behind of',
      objects: { ...ENTRIES, [LATEST]: { ...pointerTo(1, first), sequence: undefined } },
      head: headOf(3, entryKey(3), third),
    },
    {
      name: 'with a pointer that is none',
      objects: { ...ENTRIES, [LATEST]: { ...pointerTo(1, first), run: 5 } },
      head: headOf(3, entryKey(3), third),
    },
    { name: 'that is the first manifest', objects: { [copyKey(1)]: early }, head: headOf(1, copyKey(1), early) },
    { name: 'that is a manifest', objects: MANIFESTS, head: headOf(3, copyKey(3), latest) },
    {
      name: 'that is a manifest and pointed to',
      objects: { ...MANIFESTS, [LATEST]: pointerTo(3, latest) },
      head: headOf(3, copyKey(3), latest),
    },
    {
      name: 'that is a manifest, with a pointer to an earlier one',
      objects: { ...MANIFESTS, [LATEST]: pointerTo(1, early) },
      head: headOf(3, copyKey(3), latest),
    },
    {
      name: 'that is the first entry after manifests',
      objects: { ...MANIFESTS, [entryKey(4)]: fourth, [LATEST]: pointerTo(3, latest) },
      head: headOf(4, entryKey(4), fourth),
    },
    {
      name: 'of which only its last entries are left',
      objects: without(ENTRIES, entryKey(1)),
      head: headOf(3, entryKey(3), third),
    },
    {
      name: 'that was closed',
      objects: { ...CLOSED, [LATEST]: pointerTo(2, second) },
      head: {
        ...headOf(2, entryKey(2), second),
        sequence: 3,
        place: link(3, closing),
        before: link(2, second),
        closing,
      },
    },
    {
      name: 'that was closed and reopened',
      objects: { ...CLOSED, [entryKey(4)]: reopened },
      head: { ...headOf(2, entryKey(2), second), sequence: 4, place: link(4, reopened), before: link(3, closing) },
    },
  ])('is found: $name', async ({ objects, head }) => {
    expect(await readHead(await archiveOf(objects), ENVIRONMENT)).toEqual(head);
  });

  const lonely = anEntry(3);
  const skipping = anEntry(3, { previous: link(1, first) });
  const misled = anEntry(3, { previous: { ...link(2, second), sha256: 'another' } });
  const ACCEPTED = { sha256: 'another', reason: 'a test', problem: 'it was altered' } as const;

  test.each<{ name: string; objects: Objects; words: string }>([
    {
      name: 'the pointer points past it',
      objects: { ...without(ENTRIES, entryKey(3)), [LATEST]: pointerTo(3, third) },
      words: `${entryKey(3)} is not there, though ${LATEST} points to it`,
    },
    {
      name: 'the pointer says otherwise',
      objects: { ...ENTRIES, [LATEST]: { ...pointerTo(3, third), sha256: 'another' } },
      words: `${entryKey(3)} was altered: `,
    },
    { name: 'it is no entry', objects: { ...ENTRIES, [entryKey(3)]: '{' }, words: `${entryKey(3)} is no JSON` },
    {
      name: 'it names none before it',
      objects: { ...ENTRIES, [entryKey(3)]: lonely },
      words: 'names no run before it, though 2 are there',
    },
    {
      name: 'it names none before it, and is the second',
      objects: { [entryKey(1)]: first, [entryKey(2)]: anEntry(2) },
      words: 'names no run before it, though 1 are there',
    },
    {
      name: 'it passes over another',
      objects: { ...ENTRIES, [entryKey(3)]: skipping },
      words: `${entryKey(3)} names ${entryKey(1)} as the one before run ${entryRun(3)}, and ${entryKey(2)} is`,
    },
    {
      name: 'the one before it is another',
      objects: { ...ENTRIES, [entryKey(3)]: misled },
      words: `${entryKey(2)} was altered: `,
    },
    {
      name: 'the one before it is gone',
      objects: without(ENTRIES, entryKey(2)),
      words: `${entryKey(2)} is not there, though the manifest of run ${entryRun(3)} names it`,
    },
    {
      name: 'it names what is no place',
      objects: { [entryKey(3)]: anEntry(3, { previous: { ...link(2, second), key: 'elsewhere.json' } }) },
      words: `names elsewhere.json as the one before`,
    },
    {
      name: 'it is a manifest that passes over another',
      objects: { ...MANIFESTS, [copyKey(3)]: anEarlierRun(3, { previous: linkToEntry(copyKey(1), early) }) },
      words: `${copyKey(3)} names ${copyKey(1)} as the one before run ${entryRun(3)}, and ${copyKey(2)} is`,
    },
    {
      name: 'it is a manifest that names one before it, and is alone',
      objects: { [copyKey(3)]: latest },
      words: `${copyKey(3)} names ${copyKey(2)} as the one before run ${entryRun(3)}, and nothing is`,
    },
    {
      name: 'it is a manifest that names none before it',
      objects: { ...MANIFESTS, [copyKey(3)]: anEarlierRun(3) },
      words: 'names no run before it, though 2 are there',
    },
    {
      name: 'the pointer points to a manifest that is gone',
      objects: { ...without(MANIFESTS, copyKey(3)), [LATEST]: pointerTo(3, latest) },
      words: `${LATEST} points to ${copyKey(3)}, which is no run of the environment`,
    },
    {
      name: 'the pointer points to a manifest of an archive that is empty',
      objects: { [LATEST]: pointerTo(3, latest) },
      words: `${LATEST} points to ${copyKey(3)}, which is no run of the environment`,
    },
    {
      name: 'it was closed, and the run before that is another',
      objects: { ...CLOSED, [entryKey(4)]: reopened, [entryKey(2)]: anEntry(2, { accountId: '9' }) },
      words: `${entryKey(2)} was altered: `,
    },
    {
      name: 'it was closed, and the run before that is gone',
      objects: { ...without(CLOSED, entryKey(2)), [entryKey(4)]: reopened },
      words: `${entryKey(2)} is not there`,
    },
  ])('does not hold: $name', async ({ objects, words }) => {
    const head = readHead(await archiveOf(objects), ENVIRONMENT);
    await expect(head).rejects.toThrow(ArchiveError);
    await expect(head).rejects.toThrow(words);
  });

  test('does not hold: it went away once it was listed', async () => {
    const archive = await archiveOf(ENTRIES);
    const read: Archive['read'] = async (key) => (key === entryKey(3) ? undefined : archive.read(key));
    await expect(readHead({ ...archive, read }, ENVIRONMENT)).rejects.toThrow(
      new ArchiveError(`${entryKey(3)} is not there`),
    );
  });

  test.each([
    { name: 'names another', entry: { ...misled, acceptedHistory: ACCEPTED } },
    { name: 'passes over another', entry: { ...skipping, acceptedHistory: ACCEPTED } },
    { name: 'names none', entry: { ...lonely, acceptedHistory: ACCEPTED } },
  ])('holds where it $name and somebody let it go on', async ({ entry }) => {
    const archive = await archiveOf({ ...ENTRIES, [entryKey(3)]: entry });
    expect((await readHead(archive, ENVIRONMENT)).place).toEqual(link(3, entry));
  });

  test('is not looked for among the entries that the pointer is past', async () => {
    const asked: (string | undefined)[] = [];
    const archive = await archiveOf({ ...ENTRIES, [LATEST]: pointerTo(2, second) });
    await readHead(
      {
        ...archive,
        list(prefix, after) {
          asked.push(after);
          return archive.list(prefix, after);
        },
      },
      ENVIRONMENT,
    );
    expect(asked).toEqual([entryKey(2)]);
  });

  test('is that of results only where the run has a place', () => {
    expect(headMember(stored(entryKey(2), second))).toEqual({ head: `2:${link(2, second).sha256}` });
    expect(headMember(stored(copyKey(1), early))).toStrictEqual({});
  });
});

describe('the pointer to the last run', () => {
  test('is none where it is no pointer or no JSON, and still the one to be replaced', async () => {
    for (const text of ['{', '{}', '{"run":5}']) {
      const { pointer, version } = await readLatest(await archiveOf({ [LATEST]: text }), ENVIRONMENT);
      expect({ text, pointer, version }).toEqual({ text, pointer: undefined, version: expect.any(String) });
    }
    expect(await readLatest(memoryArchive(), ENVIRONMENT)).toEqual({ pointer: undefined, version: undefined });
  });

  test('that could not be asked for is not taken for none', async () => {
    const failing: Archive = { ...memoryArchive(), read: () => Promise.reject(new Error('no network')) };
    await expect(readLatest(failing, ENVIRONMENT)).rejects.toThrow('no network');
  });
});

describe('the place that somebody accepted', () => {
  const forked = { ...ENTRIES, [entryKey(2)]: '{', [entryKey(3)]: anEntry(3, { accountId: '9' }) };

  test.each<{ name: string; objects: Objects; sha256: string; head: ChainHead }>([
    {
      name: 'is followed by whatever comes after what is there',
      objects: forked,
      sha256: link(1, first).sha256,
      head: { ...headOf(1, entryKey(1), first), sequence: 3 },
    },
    { name: 'may be the end', objects: ENTRIES, sha256: link(3, third).sha256, head: headOf(3, entryKey(3), third) },
    {
      name: 'may be a manifest of before there were entries',
      objects: MANIFESTS,
      sha256: linkToEntry('', later).sha256,
      head: { ...headOf(2, copyKey(2), later), sequence: 3 },
    },
    {
      name: 'may stand in the place of another, too',
      objects: { ...ENTRIES, [entryKey(3)]: second },
      sha256: link(2, second).sha256,
      head: { ...headOf(2, entryKey(2), second), sequence: 3 },
    },
    {
      name: 'may be one whose predecessor is gone',
      objects: without(ENTRIES, entryKey(1)),
      sha256: link(2, second).sha256,
      head: { ...headOf(2, entryKey(2), second), sequence: 3 },
    },
  ])('$name', async ({ objects, sha256, head }) => {
    expect(await acceptedHead(await archiveOf(objects), ENVIRONMENT, sha256)).toEqual(head);
  });

  test.each<{ name: string; objects: Objects; sha256: string; words: string }>([
    { name: 'in an empty archive', objects: {}, sha256: 'a', words: 'no entry of the chain has the SHA-256 a' },
    { name: 'of another hash', objects: ENTRIES, sha256: 'a', words: 'no entry of the chain has the SHA-256 a' },
    {
      name: 'that stands in the place of another',
      objects: { ...without(ENTRIES, entryKey(2)), [entryKey(2)]: first, [entryKey(1)]: second },
      sha256: link(1, first).sha256,
      words: `${entryKey(2)} stands in place 2`,
    },
  ])('is none $name', async ({ objects, sha256, words }) => {
    const accepted = acceptedHead(await archiveOf(objects), ENVIRONMENT, sha256);
    await expect(accepted).rejects.toThrow(ArchiveError);
    await expect(accepted).rejects.toThrow(words);
  });
});

test('the place that somebody accepted is found past one that can not be read', async () => {
  const archive = await archiveOf(ENTRIES);
  const partly: Archive = {
    ...archive,
    read: (key) => (key === entryKey(3) ? Promise.reject(new ArchiveError('no')) : archive.read(key)),
  };
  const { sequence, place } = await acceptedHead(partly, ENVIRONMENT, link(2, second).sha256);
  expect({ sequence, place }).toEqual({ sequence: 3, place: link(2, second) });
});

describe('the run before', () => {
  const after = anEntry(5, { previous: link(4, reopened) });
  const OPEN = { ...CLOSED, [entryKey(4)]: reopened, [entryKey(5)]: after };

  test.each<{ name: string; entry: Manifest; before: StoredManifest | undefined }>([
    { name: 'the first is none', entry: first, before: undefined },
    { name: 'the second is the first', entry: second, before: stored(entryKey(1), first) },
    { name: 'one after a closing is the last before that', entry: after, before: stored(entryKey(2), second) },
  ])('$name', async ({ entry, before }) => {
    expect(await runBefore(await archiveOf(OPEN), entry)).toEqual(before);
  });

  test.each([
    { name: 'is another', objects: { ...OPEN, [entryKey(2)]: anEntry(2) }, words: `${entryKey(2)} was altered` },
    { name: 'is gone', objects: without(OPEN, entryKey(3)), words: `${entryKey(3)} is not there` },
  ])('does not count where one on the way $name', async ({ objects, words }) => {
    await expect(runBefore(await archiveOf(objects), after)).rejects.toThrow(words);
  });
});

describe('what a run leaves for readers', () => {
  const run = stored(entryKey(2), second);
  const BOTH = without(ENTRIES, entryKey(3));

  test('is a copy of its entry, and a pointer to it, both told to be JSON', async () => {
    const archive = await archiveOf(BOTH);
    const types: [key: string, contentType: string][] = [];
    const noting: Archive = {
      ...archive,
      create(key, content, contentType) {
        types.push([key, contentType]);
        return archive.create(key, content, contentType);
      },
      replace(key, content, contentType, ...rest) {
        types.push([key, contentType]);
        return archive.replace(key, content, contentType, ...rest);
      },
    };
    expect(await completeCopies(noting, ENVIRONMENT, run)).toEqual([]);
    expect(types).toEqual([copyKey(2), LATEST].map((key) => [key, 'application/json']));
    expect(await readText(archive, copyKey(2))).toBe(await readText(archive, entryKey(2)));
    expect(JSON.parse(await readText(archive, LATEST))).toEqual(pointerTo(2, second));
  });

  test('is left as it is where it is there', async () => {
    const archive = await archiveOf({ ...BOTH, [copyKey(2)]: 'as it was' });
    await completeCopies(archive, ENVIRONMENT, run);
    const { version } = await readLatest(archive, ENVIRONMENT);
    expect(await completeCopies(archive, ENVIRONMENT, run)).toEqual([]);
    expect((await readLatest(archive, ENVIRONMENT)).version).toBe(version);
    expect(await readText(archive, copyKey(2))).toBe('as it was');
  });

  test('is a pointer alone, of a run whose manifest is its place', async () => {
    const archive = await archiveOf(MANIFESTS);
    expect(await completeCopies(archive, ENVIRONMENT, stored(copyKey(3), latest))).toEqual([]);
    expect(Object.keys(await readTree(archive))).toEqual([LATEST, ...[1, 2, 3].map(copyKey)]);
    expect(JSON.parse(await readText(archive, LATEST))).toStrictEqual(pointerTo(3, latest));
  });

  test.each<{ name: string; objects: Objects; to: StoredManifest; pointsTo: string }>([
    { name: 'none', objects: BOTH, to: run, pointsTo: entryRun(2) },
    { name: 'what is none', objects: { ...BOTH, [LATEST]: '{' }, to: run, pointsTo: entryRun(2) },
    { name: 'one behind', objects: { ...BOTH, [LATEST]: pointerTo(1, first) }, to: run, pointsTo: entryRun(2) },
    { name: 'one ahead', objects: { ...ENTRIES, [LATEST]: pointerTo(3, third) }, to: run, pointsTo: entryRun(3) },
    { name: 'one past the end', objects: { ...BOTH, [LATEST]: pointerTo(3, third) }, to: run, pointsTo: entryRun(2) },
    {
      name: 'one of before there were entries, though of a later instant',
      objects: { ...BOTH, [LATEST]: pointerTo(3, latest) },
      to: run,
      pointsTo: entryRun(2),
    },
    {
      name: 'one to an earlier manifest',
      objects: { ...MANIFESTS, [LATEST]: pointerTo(1, early) },
      to: stored(copyKey(2), later),
      pointsTo: entryRun(2),
    },
    {
      name: 'one to a later manifest',
      objects: { ...MANIFESTS, [LATEST]: pointerTo(3, latest) },
      to: stored(copyKey(2), later),
      pointsTo: entryRun(3),
    },
    {
      name: 'one to an entry after manifests',
      objects: { ...MANIFESTS, [entryKey(4)]: fourth, [LATEST]: pointerTo(4, fourth) },
      to: stored(copyKey(3), latest),
      pointsTo: entryRun(4),
    },
  ])('moves a pointer never back: $name', async ({ objects, to, pointsTo }) => {
    const archive = await archiveOf(objects);
    expect(await completeCopies(archive, ENVIRONMENT, to)).toEqual([]);
    expect(JSON.parse(await readText(archive, LATEST)).run).toBe(pointsTo);
  });

  test.each([
    { conflicts: 4, warnings: [] },
    { conflicts: 5, warnings: [expect.stringContaining('others keep moving it')] },
  ])('after $conflicts others moved the pointer it warns of $warnings', async ({ conflicts, warnings }) => {
    const archive = await archiveOf(BOTH);
    let left = conflicts;
    const contested: Archive = {
      ...archive,
      replace: async (...written) => {
        left -= 1;
        return left >= 0 ? 'conflict' : archive.replace(...written);
      },
    };
    expect(await completeCopies(contested, ENVIRONMENT, run)).toEqual(warnings);
  });

  test('is warned of where it could not be written, each by itself', async () => {
    const failing: Archive = { ...(await archiveOf(BOTH)), create: () => Promise.reject(new Error('no network')) };
    expect(await completeCopies(failing, ENVIRONMENT, run)).toEqual([
      `${copyKey(2)} was not written, where tables read the run: Error: no network`,
    ]);
    expect(JSON.parse(await readText(failing, LATEST)).run).toBe(entryRun(2));
    expect(await completeCopies(await archiveOf({ [LATEST]: pointerTo(2, second) }), ENVIRONMENT, run)).toEqual([
      expect.stringContaining(`${entryKey(2)} went away`),
    ]);
  });

  test.each<{ name: string; objects: Objects; copy: StoredManifest; isOfChain: boolean }>([
    { name: 'an entry', objects: ENTRIES, copy: stored(copyKey(2), second), isOfChain: true },
    { name: 'another entry', objects: ENTRIES, copy: stored(copyKey(2), anEntry(2)), isOfChain: false },
    { name: 'an entry that is gone', objects: {}, copy: stored(copyKey(2), second), isOfChain: false },
    { name: 'a manifest of before', objects: MANIFESTS, copy: stored(copyKey(2), later), isOfChain: true },
    {
      name: 'a manifest beside the entries',
      objects: { ...ENTRIES, ...MANIFESTS },
      copy: stored(copyKey(2), later),
      isOfChain: false,
    },
  ])('is a run of the chain as the copy of $name: $isOfChain', async ({ objects, copy, isOfChain }) => {
    expect(await hasPlace(await archiveOf(objects), ENVIRONMENT, copy)).toBe(isOfChain);
  });
});
