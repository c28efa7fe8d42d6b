import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import type { RunLink } from '../../../core/archive/chain.ts';
import type { ChainEntry } from '../../../core/archive/entry.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { attemptKeys, latestKey, listingPartKey, runKeys } from '../../../core/archive/keys.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import {
  type Attempt,
  findCompleteRun,
  readReport,
  retentionOf,
  startOfLast,
  walkAttempts,
  walkRuns,
} from '../../../core/archive/runs.ts';
import { entryText } from '../../../core/archive/signature.ts';
import { jsonText, sha256Of } from '../../../core/archive/staging.ts';
import { retentionDays } from '../../../core/model/retention.ts';
import { DAY_MS } from '../../../rules/engine/time.ts';
import { archiveObjects } from '../../support/archived-run.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import {
  aMilestone,
  anEarlierRun,
  anEntry,
  archiveOf,
  copyKey,
  entryInstant,
  entryKey,
  entryRun,
  linkToEntry,
  type Objects,
  putAll,
} from '../../support/chain-entries.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const LATEST = latestKey(ENVIRONMENT);

const without = (objects: Objects, key: string): Objects =>
  Object.fromEntries(Object.entries(objects).filter(([other]) => other !== key));

const link = (number: number, entry: ChainEntry): RunLink => linkToEntry(entryKey(number), entry);

const first = anEntry(1);
const second = anEntry(2, { previous: link(1, first) });
const third = anEntry(3, { previous: link(2, second) });
const ENTRIES: Objects = { [entryKey(1)]: first, [entryKey(2)]: second, [entryKey(3)]: third };

const pointerTo = (number: number, entry: Manifest): object => ({
  run: entry.run,
  manifest: copyKey(number),
  sha256: link(number, entry).sha256,
  sequence: number,
});

interface Walked {
  readonly run: string;
  readonly previous?: string | undefined;
  readonly problem?: string | undefined;
  readonly isMissing?: true | undefined;
}

const walk = async (archive: Archive): Promise<readonly Walked[]> => {
  const walked: Walked[] = [];
  for await (const { run, previous, problem, isMissing } of walkRuns(archive, ENVIRONMENT))
    walked.push({ run, previous: previous?.run, problem, isMissing });
  return walked;
};

/** A run that holds, and the one before it. */
const sound = (number: number, previous?: number): Walked => ({
  run: entryRun(number),
  ...(previous !== undefined && { previous: entryRun(previous) }),
});

const [KEY1, KEY2, KEY3] = [1, 2, 3].map(entryKey) as [string, string, string];
const missed = (by: number): string =>
  `${KEY2} is not there, though the manifest of run ${entryRun(by)} names it as the one before`;

describe('a walk through entries', () => {
  const closing = aMilestone(3, 'closing', link(2, second));
  const reopened = aMilestone(4, 'reopened', link(3, closing));
  const fifth = anEntry(5, { previous: link(4, reopened) });
  const skipping = anEntry(3, { previous: link(1, first) });
  const misnaming = (run: string): Manifest => anEntry(3, { previous: { ...link(2, second), run } });
  const misled = anEntry(3, { previous: { ...link(2, second), sha256: 'another' } });
  const altered = `${KEY2} was altered: its SHA-256 is ${link(2, second).sha256}, the manifest of run ${entryRun(3)} says another`;

  test.each<{ name: string; objects: Objects; walked: readonly Walked[] }>([
    { name: 'that hold', objects: ENTRIES, walked: [sound(1), sound(2, 1), sound(3, 2)] },
    {
      name: 'that were closed and reopened',
      objects: { ...ENTRIES, [KEY3]: closing, [entryKey(4)]: reopened, [entryKey(5)]: fifth },
      walked: [sound(1), sound(2, 1), sound(5, 2)],
    },
    {
      name: 'of which one can not be read: the next knows whose it is',
      objects: { ...ENTRIES, [KEY2]: '{' },
      walked: [sound(1), { ...sound(2, 1), problem: `${KEY2} is no JSON` }, sound(3)],
    },
    {
      name: 'of which one can not be read, and the next passes over it',
      objects: { ...ENTRIES, [KEY2]: '{', [KEY3]: skipping },
      walked: [
        sound(1),
        { run: 'entry 2', previous: entryRun(1), problem: `${KEY2} is no JSON` },
        { ...sound(3), problem: `${KEY3} names run ${entryRun(1)} as the one before it and passes over entry 2` },
      ],
    },
    {
      name: 'of which the last can not be read: the pointer knows whose it is',
      objects: { ...ENTRIES, [KEY3]: '{', [LATEST]: pointerTo(3, third) },
      walked: [sound(1), sound(2, 1), { ...sound(3, 2), problem: `${KEY3} is no JSON` }],
    },
    {
      name: 'of which the last can not be read, and the pointer is behind',
      objects: { ...ENTRIES, [KEY3]: '{', [LATEST]: pointerTo(2, second) },
      walked: [sound(1), sound(2, 1), { run: 'entry 3', previous: entryRun(2), problem: `${KEY3} is no JSON` }],
    },
    {
      name: 'of which one is missing',
      objects: without(ENTRIES, KEY2),
      walked: [sound(1), { ...sound(2), problem: missed(3), isMissing: true }, sound(3)],
    },
    ...[1, 3].map((number) => ({
      name: `of which one is missing that was no run between, but that of ${number}`,
      objects: { ...without(ENTRIES, KEY2), [KEY3]: misnaming(entryRun(number)) },
      walked: [sound(1), { ...sound(3), problem: missed(3) }],
    })),
    {
      name: 'of which one was altered',
      objects: { ...ENTRIES, [KEY3]: misled },
      walked: [sound(1), { ...sound(2, 1), problem: altered }, sound(3)],
    },
    {
      name: 'of which one was altered that names none: it says that of itself first',
      objects: { ...ENTRIES, [KEY2]: anEntry(2) },
      walked: [
        sound(1),
        { ...sound(2), problem: `${KEY2} names no run before it, though run ${entryRun(1)} is there` },
        sound(3),
      ],
    },
    {
      name: 'that somebody let go on past one that was altered',
      objects: {
        ...ENTRIES,
        [KEY3]: { ...misled, acceptedHistory: { sha256: 'another', reason: 'a test', problem: 'altered' } },
      },
      walked: [sound(1), sound(2, 1), sound(3, 2)],
    },
    {
      name: 'of which the pointer says that the last is another',
      objects: { ...ENTRIES, [LATEST]: { ...pointerTo(3, third), sha256: 'another' } },
      walked: [
        sound(1),
        sound(2, 1),
        {
          ...sound(3, 2),
          problem: `${KEY3} was altered: its SHA-256 is ${link(3, third).sha256}, ${LATEST} says another`,
        },
      ],
    },
    {
      name: 'of which the pointer knows a later one',
      objects: { [KEY1]: first, [KEY2]: second, [LATEST]: pointerTo(3, third) },
      walked: [
        sound(1),
        sound(2, 1),
        { ...sound(3), problem: `${KEY3} is not there, though ${LATEST} points to it`, isMissing: true },
      ],
    },
    {
      name: 'of which the pointer knows the only one',
      objects: { [LATEST]: pointerTo(3, third) },
      walked: [{ ...sound(3), problem: `${KEY3} is not there, though ${LATEST} points to it`, isMissing: true }],
    },
    {
      name: 'of which the pointer knows another place for the last run',
      objects: { ...ENTRIES, [LATEST]: { ...pointerTo(3, third), sequence: 9 } },
      walked: [sound(1), sound(2, 1), sound(3, 2)],
    },
    {
      name: 'that the pointer is behind of',
      objects: { ...ENTRIES, [LATEST]: { ...pointerTo(1, first), sha256: 'another' } },
      walked: [sound(1), sound(2, 1), sound(3, 2)],
    },
  ])('$name', async ({ objects, walked }) => {
    expect(await walk(await archiveOf(objects))).toEqual(walked);
  });

  const reading = async (key: string, read: () => ReturnType<Archive['read']>): Promise<Archive> => {
    const archive = await archiveOf(ENTRIES);
    return { ...archive, read: (asked) => (asked === key ? read() : archive.read(asked)) };
  };

  test.each([
    { name: 'went away', read: async () => undefined, problem: `${KEY2} is missing` },
    {
      name: 'is refused',
      read: async () => {
        throw new ArchiveError('it is too large');
      },
      problem: 'it is too large',
    },
  ])('goes on past an entry that $name', async ({ read, problem }) => {
    expect(await walk(await reading(KEY2, read))).toEqual([sound(1), { ...sound(2, 1), problem }, sound(3)]);
  });

  test('meets nothing where nothing is', async () => {
    expect(await walk(memoryArchive())).toStrictEqual([]);
  });

  test('knows by its key whose a manifest of before there were entries is, though it can not be read', async () => {
    const archive = await archiveOf({ [copyKey(1)]: anEarlierRun(1), [copyKey(2)]: '{' });
    expect(await walk(archive)).toEqual([sound(1), { ...sound(2, 1), problem: `${copyKey(2)} is no JSON` }]);
  });

  test('ends where the archive does not answer', async () => {
    const archive = await reading(KEY2, async () => {
      throw new Error('no network');
    });
    await expect(walk(archive)).rejects.toThrow('no network');
  });
});

describe('of a long chain', () => {
  const PLACES = 40;
  const numbers = Array.from({ length: PLACES }, (_, index) => index + 1);

  /** Puts a chain into memory, and notes which of its places are read. */
  const chainOf = async ({ milestones = [], unreadable = [], missing = [] }: Faults) => {
    const archive = memoryArchive();
    let previous: RunLink | undefined;
    for (const number of numbers) {
      const entry =
        previous !== undefined && milestones.includes(number)
          ? aMilestone(number, number % 2 === 0 ? 'closing' : 'reopened', previous)
          : anEntry(number, previous && { previous });
      const text = unreadable.includes(number) ? '{' : entryText(entry);
      if (!missing.includes(number)) await putAll(archive, { [entryKey(number)]: text });
      previous = { ...linkToEntry(entryKey(number), entry), sha256: sha256Of(text) };
    }
    const read = new Set<string>();
    const noting: Archive = {
      ...archive,
      read(key) {
        read.add(key);
        return archive.read(key);
      },
    };
    return { archive: noting, read };
  };

  interface Faults {
    readonly milestones?: readonly number[];
    readonly unreadable?: readonly number[];
    readonly missing?: readonly number[];
  }

  interface Walk {
    readonly run: string;
    readonly [member: string]: unknown;
  }

  const numberOf = (run: string): number =>
    run.startsWith('entry ') ? Number(run.slice('entry '.length)) : numbers.map(entryRun).indexOf(run) + 1;

  const runsFrom = async (archive: Archive, from?: string): Promise<readonly Walk[]> => {
    const runs: Walk[] = [];
    for await (const { run, stored, previous, problem, isMissing } of walkRuns(archive, ENVIRONMENT, from))
      runs.push({ run, key: stored?.key, previous: previous?.run, problem, isMissing });
    return runs;
  };

  test.each<{ name: string; faults: Faults }>([
    { name: 'that holds', faults: {} },
    { name: 'that was closed and reopened, at its halves too', faults: { milestones: [8, 9, 20, 21, 22, 39] } },
    { name: 'with a half that can not be read', faults: { unreadable: [21] } },
    { name: 'with several that can not be read', faults: { unreadable: [2, 10, 11, 30, 39, 40] } },
    { name: 'with some that are missing', faults: { missing: [1, 6, 20, 21, 40] } },
    { name: 'with all of it', faults: { milestones: [12, 13], unreadable: [11, 14], missing: [15, 30] } },
  ])('$name, the runs from any on are those of all of it', async ({ faults }) => {
    const { archive } = await chainOf(faults);
    const all = await runsFrom(archive);
    for (const number of numbers) {
      const isFrom = ({ run }: Walk) => numberOf(run) >= number;
      const found = await runsFrom(archive, entryRun(number));
      expect(found.filter(isFrom)).toEqual(all.filter(isFrom));
      // Of a place that nobody can read it is not known whether it is of before.
      expect(found.filter((one) => !isFrom(one) && !one.run.startsWith('entry'))).toEqual([]);
    }
  });

  test.each([1, 2, 15, 20, PLACES])('run %s is found without reading most of the others', async (number) => {
    const { archive, read } = await chainOf({});
    expect((await findCompleteRun(archive, ENVIRONMENT, entryRun(number)))?.manifest.run).toBe(entryRun(number));
    expect(read.size).toBeLessThan(16);
  });

  test('a run that is not there is none', async () => {
    const { archive } = await chainOf({ milestones: [16] });
    expect(await findCompleteRun(archive, ENVIRONMENT, entryRun(16))).toBeUndefined();
  });

  test('one beside a place that can not be read is found', async () => {
    const { archive } = await chainOf({ unreadable: [21] });
    expect((await findCompleteRun(archive, ENVIRONMENT, entryRun(19)))?.key).toBe(entryKey(19));
    await expect(findCompleteRun(archive, ENVIRONMENT, entryRun(21))).rejects.toThrow(`${entryKey(21)} is no JSON`);
  });
});

describe('the end of a time for which runs are kept', () => {
  const NOW = entryInstant(1000).getTime();
  const retention = { years: 1, afterRetention: 'delete' } as const;
  const ended = (archive: Archive, run: string) => retentionOf(archive, ENVIRONMENT, NOW)(run);
  const kept = anEntry(1, { retention });

  test.each([
    { name: 'of that day', at: NOW - retentionDays(1) * DAY_MS, isOver: true },
    { name: 'a second later', at: NOW - retentionDays(1) * DAY_MS + 1000, isOver: false },
  ])('is that of a run $name: $isOver', async ({ at, isOver }) => {
    const run = new Date(at).toISOString().replaceAll(/[-:]|\.000/g, '');
    expect((await ended(await archiveOf({ [KEY1]: kept }), run)) !== undefined).toBe(isOver);
  });

  test('is none of what is no run, and where none was noted or nothing is deleted', async () => {
    expect(await ended(await archiveOf({ [KEY1]: kept }), 'entry 7')).toBeUndefined();
    const keeping = anEntry(1, { retention: { ...retention, afterRetention: 'keep' } });
    for (const entry of ['{', first, keeping])
      expect(await ended(await archiveOf({ [KEY1]: entry }), entryRun(1))).toBeUndefined();
  });

  test('is looked for once', async () => {
    const archive = await archiveOf({ [KEY1]: kept });
    let listings = 0;
    const isOver = retentionOf(
      {
        ...archive,
        list(...asked) {
          listings += 1;
          return archive.list(...asked);
        },
      },
      ENVIRONMENT,
      NOW,
    );
    for (const number of [1, 2, 3]) expect(await isOver(entryRun(number))).toBeDefined();
    expect(listings).toBe(1);
  });
});

describe('attempts at runs', () => {
  const report = {
    run: 'a',
    verdict: 'INCOMPLETE',
    counts: { users: 1 },
    findings: { bySeverity: { CRITICAL: 0, HIGH: 0, MEDIUM: 0, LOW: 0, INFORMATIONAL: 0 }, byState: {} },
    rules: [],
  };
  const NAME = '20260102T030000Z-1b9d6bcd';
  const keysAt = (number: number, name = NAME) => attemptKeys(ENVIRONMENT, entryInstant(number), name);
  const reportKey = (number: number): string => keysAt(number).object({ area: 'reports', file: 'report.json' });
  const snapshotKey = (number: number): string =>
    keysAt(number).object({ area: 'snapshots', file: 'snapshot.jsonl.gz' });
  const partKey = (number: number, attempt = NAME): string =>
    listingPartKey({ environmentId: ENVIRONMENT, asOf: entryInstant(number), attempt }, 1, 1);
  const storedKey = (number: number): string =>
    runKeys(ENVIRONMENT, entryInstant(number)).object({ area: 'snapshots', file: 'snapshot.jsonl.gz' });

  const text = jsonText(report);
  const manifest = anEntry(2, {
    verdict: 'INCOMPLETE',
    objects: { report: { key: reportKey(2), sha256: sha256Of(text), size: text.length } },
  });

  const attemptsOf = async (archive: Archive, from?: string, complete?: ReadonlySet<string>) => {
    const attempts: Attempt[] = [];
    for await (const attempt of walkAttempts(archive, ENVIRONMENT, from, complete)) attempts.push(attempt);
    return attempts;
  };

  const attempt = { run: entryRun(2), name: NAME };

  test.each<{ name: string; objects: Objects; found: readonly object[] }>([
    { name: 'none', objects: { [storedKey(2)]: 'x', [copyKey(2)]: second }, found: [] },
    {
      name: 'one with what it says of itself',
      objects: { [reportKey(2)]: report, [keysAt(2).manifest]: manifest },
      found: [{ ...attempt, report, manifest }],
    },
    { name: 'one that read nothing', objects: { [reportKey(2)]: report }, found: [{ ...attempt, report }] },
    { name: 'one that broke off', objects: { [snapshotKey(2)]: 'x' }, found: [attempt] },
    {
      name: 'one whose report is none',
      objects: { [reportKey(2)]: { ...report, verdict: 'FINE' } },
      found: [{ ...attempt, problem: `${reportKey(2)} is no report: verdict is not what it has there` }],
    },
    {
      name: 'one whose report is no JSON',
      objects: { [reportKey(2)]: '{' },
      found: [{ ...attempt, problem: `${reportKey(2)} is no JSON` }],
    },
    {
      name: 'one whose manifest is none, whatever its report says',
      objects: { [reportKey(2)]: report, [keysAt(2).manifest]: '{' },
      found: [{ ...attempt, problem: `${keysAt(2).manifest} is no JSON` }],
    },
    {
      name: 'one whose report is not that of its manifest',
      objects: { [reportKey(2)]: { ...report, run: 'b' }, [keysAt(2).manifest]: manifest },
      found: [{ ...attempt, problem: expect.stringContaining(`${reportKey(2)} was altered`) }],
    },
    { name: 'one that listed in parts', objects: { [partKey(2)]: 'x' }, found: [attempt] },
    {
      name: 'one that listed in parts and was judged: once',
      objects: { [partKey(2)]: 'x', [reportKey(2)]: report },
      found: [{ ...attempt, report }],
    },
    {
      name: 'none that listed in parts and is complete',
      objects: { [partKey(2)]: 'x', [copyKey(2)]: second },
      found: [],
    },
    { name: 'one that was cut off as it was stored', objects: { [storedKey(2)]: 'x' }, found: [{ run: entryRun(2) }] },
    {
      name: 'one of each kind, and nothing of what is none',
      objects: {
        [snapshotKey(4)]: 'x',
        [partKey(3)]: 'x',
        [storedKey(2)]: 'x',
        [`listings/environment=${ENVIRONMENT}/notes.txt`]: 'x',
        [`snapshots/environment=${ENVIRONMENT}/notes.txt`]: 'x',
      },
      found: [{ run: entryRun(4), name: NAME }, { run: entryRun(3), name: NAME }, { run: entryRun(2) }],
    },
  ])('are $name', async ({ objects, found }) => {
    expect(await attemptsOf(await archiveOf(objects))).toStrictEqual(found);
  });

  test('are known by their report where their manifest went away meanwhile', async () => {
    const archive = await archiveOf({ [reportKey(2)]: report, [keysAt(2).manifest]: manifest });
    const read: Archive['read'] = async (key) => (key === keysAt(2).manifest ? undefined : archive.read(key));
    expect(await attemptsOf({ ...archive, read })).toStrictEqual([{ ...attempt, report }]);
  });

  test('end where the archive does not answer', async () => {
    const archive = await archiveOf({ [reportKey(2)]: report });
    const failing: Archive = { ...archive, read: () => Promise.reject(new Error('no network')) };
    await expect(attemptsOf(failing)).rejects.toThrow('no network');
  });

  test('are those from a run on', async () => {
    const all = [1, 2, 3];
    const archive = await archiveOf(
      Object.fromEntries([
        ...all.map((number) => [snapshotKey(number), 'x']),
        ...all.map((number) => [partKey(number, 'listed'), 'x']),
        ...all.map((number) => [storedKey(number), 'x']),
      ]),
    );
    const runsFrom = async (from: string) => (await attemptsOf(archive, from)).map(({ run }) => run);
    const some = [2, 3].map(entryRun);
    expect(await runsFrom(entryRun(2))).toEqual([...some, ...some, ...some]);
    expect(await runsFrom(`${entryRun(3)}~`)).toEqual([]);
  });

  test('are none of runs that are known to be complete, of which no manifest is looked for', async () => {
    const archive = await archiveOf({
      [storedKey(2)]: 'x',
      [storedKey(3)]: 'x',
      [copyKey(3)]: third,
      [partKey(4)]: 'x',
    });
    const complete = new Set([entryRun(2)]);
    expect(await attemptsOf(archive, entryRun(1), complete)).toEqual([{ run: entryRun(4), name: NAME }]);
    expect(await attemptsOf(archive, entryRun(2), new Set())).toEqual([
      { run: entryRun(4), name: NAME },
      { run: entryRun(2) },
    ]);
  });

  test.each([
    { count: 1, start: entryRun(4) },
    { count: 2, start: entryRun(3) },
    { count: 3, start: entryRun(2) },
    { count: 4, start: entryRun(1) },
    { count: 5, start: '' },
  ])('and runs, the last $count begin with $start', async ({ count, start }) => {
    const archive = await archiveOf({
      [copyKey(1)]: first,
      [copyKey(3)]: third,
      [storedKey(2)]: 'x',
      [reportKey(4)]: report,
      [`snapshots/environment=${ENVIRONMENT}/notes.txt`]: 'x',
    });
    expect(await startOfLast(archive, ENVIRONMENT, count)).toBe(start);
  });

  test('and runs have reports', async () => {
    const archive = memoryArchive();
    expect(await readReport(archive, await archiveObjects(archive, 1, { report }))).toEqual(report);
  });
});
