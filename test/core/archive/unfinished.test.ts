import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { attemptKeys, listingPartKey } from '../../../core/archive/keys.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import { sha256Of } from '../../../core/archive/staging.ts';
import { unfinishedSince } from '../../../core/archive/unfinished.ts';
import { runName } from '../../../core/model/run-name.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { anEntry, entryInstant, entryKey, linkToEntry, putAll } from '../../support/chain-entries.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

/** An attempt at the run of a day that began so many hours after the instant of another. */
interface Began {
  readonly at: number;
  readonly on: number;
  readonly hours: number;
}

const nameOf = ({ on, hours }: Began): string =>
  `${runName(new Date(entryInstant(on).getTime() + hours * 3_600_000))}-1b9d6bcd`;

const reportOf = (began: Began): string =>
  attemptKeys(ENVIRONMENT, entryInstant(began.at), nameOf(began)).object({ area: 'reports', file: 'report.json' });

const manifestOf = (began: Began): string => attemptKeys(ENVIRONMENT, entryInstant(began.at), nameOf(began)).manifest;

const partOf = (began: Began): string =>
  listingPartKey({ environmentId: ENVIRONMENT, asOf: entryInstant(began.at), attempt: nameOf(began) }, 1, 1);

const archiveOf = async (keys: readonly string[], runs: readonly Manifest[] = []): Promise<Archive> => {
  const archive = memoryArchive();
  await putAll(archive, Object.fromEntries(keys.map((key) => [key, key])));
  await putAll(archive, Object.fromEntries(runs.map((run) => [entryKey(run.sequence ?? 0), run])));
  return archive;
};

const digest = (key: string) => ({ key, sha256: sha256Of(key), size: key.length });

const naming = (number: number, keys: readonly string[], previous?: Manifest): Manifest =>
  anEntry(number, {
    ...(keys.length > 0 && { unfinished: keys.map(digest) }),
    ...(previous && { previous: linkToEntry(entryKey(number - 1), previous) }),
  });

const namedAfter = async (previous: Manifest | undefined, keys: readonly string[], runs: readonly Manifest[] = []) =>
  (await unfinishedSince(await archiveOf(keys, runs), ENVIRONMENT, previous)).map(({ key }) => key);

/** Attempts at runs around the fifth, which is complete. */
const AFTER: Began = { at: 6, on: 6, hours: 0.1 };
const BEFORE: Began = { at: 4, on: 4, hours: 0.1 };
const SINCE_AT_EARLIER: Began = { at: 4, on: 5, hours: 2 };
const SAME: Began = { at: 5, on: 5, hours: 0.1 };
const fifth = naming(5, []);

describe('what unfinished attempts left', () => {
  test('is named with its hash and its size', async () => {
    const key = reportOf(AFTER);
    expect(await unfinishedSince(await archiveOf([key]), ENVIRONMENT, fifth)).toEqual([digest(key)]);
  });

  test.each<{ name: string; previous?: Manifest; left: readonly string[]; named: readonly string[] }>([
    { name: 'all of it, by the first run', left: [BEFORE, AFTER].map(reportOf), named: [BEFORE, AFTER].map(reportOf) },
    {
      name: 'that at a later run, or since then at an earlier one',
      previous: fifth,
      left: [BEFORE, AFTER, SINCE_AT_EARLIER].map(reportOf),
      named: [SINCE_AT_EARLIER, AFTER].map(reportOf),
    },
    {
      name: 'that at the same run which came too late for its manifest',
      previous: fifth,
      left: [reportOf(SAME)],
      named: [reportOf(SAME)],
    },
    {
      name: 'none that the run before has named',
      previous: naming(5, [reportOf(SAME), partOf(SAME)]),
      left: [reportOf(SAME), partOf(SAME)],
      named: [],
    },
    {
      name: 'its manifest for all that it vouches for',
      previous: fifth,
      left: [reportOf(AFTER), manifestOf(AFTER), reportOf(SAME)],
      named: [reportOf(SAME), manifestOf(AFTER)],
    },
    {
      name: 'none of an attempt that does not say when it began, at the same run or an earlier one',
      previous: fifth,
      left: [BEFORE, SAME].map((began) => reportOf(began).replace(nameOf(began), 'try-1')),
      named: [],
    },
    {
      name: 'parts of a listing of such an attempt, where no run names them',
      previous: fifth,
      left: [partOf(SAME).replace(nameOf(SAME), 'try-1')],
      named: [partOf(SAME).replace(nameOf(SAME), 'try-1')],
    },
    {
      name: 'none of what is of no attempt',
      previous: fifth,
      left: ['incomplete', 'listings'].map((area) => `${area}/environment=${ENVIRONMENT}/notes.txt`),
      named: [],
    },
    {
      name: 'parts of listings, too',
      previous: fifth,
      left: [BEFORE, AFTER].map(partOf),
      named: [partOf(BEFORE), partOf(AFTER)],
    },
  ])('is named: $name', async ({ previous, left, named }) => {
    expect(await namedAfter(previous, left)).toEqual(named);
  });

  test('is not named where it can not be read or went away', async () => {
    const [unread, gone, sound] = [4, 5, 6].map((at) => reportOf({ at, on: 6, hours: at })) as [string, string, string];
    const archive = await archiveOf([unread, gone, sound]);
    const failing: Archive = {
      ...archive,
      async read(key) {
        if (key === unread) throw new ArchiveError('no');
        return key === gone ? undefined : archive.read(key);
      },
    };
    expect(await unfinishedSince(failing, ENVIRONMENT, fifth)).toEqual([digest(sound)]);
    const broken: Archive = { ...archive, read: () => Promise.reject(new Error('no network')) };
    await expect(unfinishedSince(broken, ENVIRONMENT, fifth)).rejects.toThrow('no network');
  });
});

describe('parts of a listing that came too late for the run after it', () => {
  const partAt = (at: number): string => partOf({ at, on: at, hours: 0.1 });
  const fourth = naming(4, [partAt(3)], naming(3, []));
  const runs = [naming(3, []), fourth, naming(5, [], fourth)];

  test.each([
    { name: 'of the last two days', at: 4, isNamed: true },
    { name: 'of two days before, to the second', at: 3, isNamed: false },
    { name: 'of longer ago', at: 2, isNamed: false },
  ])('$name: $isNamed', async ({ at, isNamed }) => {
    expect(await namedAfter(runs[2], [partAt(at)], runs)).toEqual(isNamed ? [partAt(at)] : []);
  });

  test('are not named a second earlier, whoever names them', async () => {
    const asOf = new Date(entryInstant(3).getTime() - 1000);
    const part = listingPartKey({ environmentId: ENVIRONMENT, asOf, attempt: 'try-1' }, 1, 1);
    expect(await namedAfter(naming(5, [], fourth), [part])).toEqual([]);
  });

  test.each([
    { name: 'that names them', since: [naming(4, [], naming(3, []))] },
    { name: 'at all', since: [] },
  ])('are named where no run since is left $name', async ({ since }) => {
    const left = [naming(3, []), ...since, naming(5, [], fourth)];
    expect(await namedAfter(runs[2], [partAt(3)], left)).toEqual([partAt(3)]);
  });
});
