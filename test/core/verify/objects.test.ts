import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { attemptKeys, listingPartKey, rulesetKey, runKeys } from '../../../core/archive/keys.ts';
import { jsonText, sha256Of } from '../../../core/archive/staging.ts';
import type { RunOfLink } from '../../../core/verify/links.ts';
import { checkObjects, claimedObjects, findUnclaimed, findUncovered } from '../../../core/verify/objects.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { anEntry, archiveOf, entryInstant, entryKey, entryRun } from '../../support/chain-entries.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

type Texts = Readonly<Record<string, string>>;

const SNAPSHOT = { area: 'snapshots', file: 'snapshot.jsonl.gz' } as const;
const REPORT = { area: 'reports', file: 'report.json' } as const;
const keysAt = (number: number) => runKeys(ENVIRONMENT, entryInstant(number));
const tried = attemptKeys(ENVIRONMENT, entryInstant(1), 'try');

const claim = (key: string, text: string) => ({ key, sha256: sha256Of(text), size: text.length });

/** A run that names these texts at their keys, as its own or as what attempts left. */
const runOf = (number: number, own: Texts, unfinished: Texts = {}): RunOfLink => ({
  run: entryRun(number),
  key: entryKey(number),
  asOf: entryInstant(number),
  claims: anEntry(number, {
    objects: Object.fromEntries(Object.entries(own).map(([key, text]) => [key, claim(key, text)])),
    unfinished: Object.entries(unfinished).map(([key, text]) => claim(key, text)),
  }),
});

const unreadable = (number: number): RunOfLink => ({
  run: entryRun(number),
  key: entryKey(number),
  asOf: entryInstant(number),
});

describe('what runs vouch for', () => {
  const attemptManifest = (objects: object): string => jsonText({ objects });
  const claimed = async (objects: Texts, links: readonly RunOfLink[], known: readonly string[] = []) =>
    (await claimedObjects(await archiveOf(objects), links, new Set(known))).map(({ run, key, isKnown }) => [
      run,
      key,
      isKnown,
    ]);

  test('is their objects, and what unfinished attempts left', async () => {
    const links = [runOf(1, { a: 'x' }), runOf(2, { b: 'x' }, { c: 'x' }), unreadable(3)];
    expect(await claimed({}, links, [entryRun(1)])).toEqual([
      [entryRun(1), 'a', true],
      [entryRun(2), 'b', undefined],
      [entryRun(2), 'c', undefined],
    ]);
  });

  const own = tried.object(REPORT);
  test.each<{ name: string; manifest: string; vouched: readonly string[] }>([
    { name: 'what it names of its own', manifest: attemptManifest({ report: claim(own, 'x') }), vouched: [own] },
    {
      name: 'nothing of a run, nor of another attempt',
      manifest: attemptManifest({
        a: claim(keysAt(1).object(REPORT), 'x'),
        b: claim(own.replace('try', 'trial'), 'x'),
      }),
      vouched: [],
    },
    ...[{ key: 1 }, { sha256: 1 }, { size: '1' }].map((differs) => ({
      name: `nothing that it names with another ${Object.keys(differs).join()}, and the rest`,
      manifest: attemptManifest({ bad: { ...claim(own, 'x'), ...differs }, none: null, report: claim(own, 'x') }),
      vouched: [own],
    })),
    { name: 'nothing where it names nothing', manifest: '{}', vouched: [] },
    { name: 'nothing where it is none', manifest: '{', vouched: [] },
    { name: 'nothing where it is a list', manifest: '[]', vouched: [] },
  ])('is, by the manifest of an attempt, $name', async ({ manifest, vouched }) => {
    const key = tried.manifest;
    expect(await claimed({ [key]: manifest }, [runOf(2, {}, { [key]: manifest })])).toEqual(
      [key, ...vouched].map((one) => [entryRun(2), one, undefined]),
    );
  });

  test('is nothing by what is no manifest, whatever it names', async () => {
    const report = attemptManifest({ report: claim(tried.object(SNAPSHOT), 'x') });
    expect(await claimed({ [own]: report }, [runOf(2, {}, { [own]: report })])).toEqual([
      [entryRun(2), own, undefined],
    ]);
  });

  test('is read before where the manifest of the attempt was', async () => {
    const manifest = attemptManifest({ report: claim(own, 'x') });
    const links = [runOf(2, {}, { [tried.manifest]: manifest })];
    expect(
      (await claimed({ [tried.manifest]: manifest }, links, [entryRun(2)])).map(([, , isKnown]) => isKnown),
    ).toEqual([true, true]);
    expect(await claimed({}, links)).toHaveLength(1);
  });

  test('is not yet what attempts and listings have left since', async () => {
    const part = listingPartKey({ environmentId: ENVIRONMENT, asOf: entryInstant(1), attempt: 'try' }, 1, 1);
    const archive = await archiveOf({ [own]: 'x', [part]: 'x', [keysAt(1).object(REPORT)]: 'x' });
    expect(await findUncovered(archive, ENVIRONMENT, [])).toEqual([own, part]);
    expect(await findUncovered(archive, ENVIRONMENT, [{ run: entryRun(2), ...claim(own, 'x') }])).toEqual([part]);
  });
});

describe('objects', () => {
  const key = keysAt(1).object(SNAPSHOT);
  const check = async (archive: Archive, claims: readonly object[]) => {
    const counts: number[] = [];
    const claimed = claims.map((one) => ({ run: entryRun(1), ...claim(key, 'text'), ...one }));
    const { problems, ...read } = await checkObjects(archive, ENVIRONMENT, claimed, (count) => counts.push(count));
    return { ...read, counts, problems: problems.map(({ kind, key: of, message }) => [kind, of, message]) };
  };

  test('that are what is said of them are read and counted', async () => {
    const archive = await archiveOf({ [key]: 'text', other: 'more' });
    expect(await check(archive, [{}, claim('other', 'more')])).toEqual({
      objects: 2,
      bytes: 8,
      counts: [1, 2],
      problems: [],
    });
  });

  test.each<{ name: string; there: string; size?: number; message: string }>([
    {
      name: 'another',
      there: 'next',
      message: `has 4 bytes of SHA-256 ${sha256Of('next')}, its manifest says 4 of ${sha256Of('text')}`,
    },
    { name: 'as it was, but not as long as is said', there: 'text', size: 5, message: 'has 4 bytes of SHA-256' },
    { name: 'longer', there: 'texts', message: 'has 5 bytes of SHA-256' },
  ])('that are $name were edited, and are read', async ({ there, size, message }) => {
    const found = await check(await archiveOf({ [key]: there }), [size === undefined ? {} : { size }]);
    expect(found).toEqual({
      objects: 1,
      bytes: there.length,
      counts: [1],
      problems: [['edited', key, expect.stringContaining(message)]],
    });
  });

  test('that have grown by much are not read to their end', async () => {
    const piece = Buffer.alloc(16 * 1024 * 1024);
    const endless: Archive = {
      ...memoryArchive(),
      read: async () => ({
        key,
        version: '1',
        body: (async function* pieces() {
          while (true) yield piece;
        })(),
      }),
    };
    expect((await check(endless, [{}])).problems).toEqual([
      ['edited', key, `has more than ${64 * 1024 * 1024 + 4} bytes, its manifest says 4`],
    ]);
  });

  test('that are gone, or can not be read, are not counted', async () => {
    const archive = await archiveOf({ other: 'x' });
    const failing: Archive = {
      ...archive,
      async read(asked) {
        if (asked === 'other') throw new ArchiveError('no');
        return archive.read(asked);
      },
    };
    expect(await check(failing, [{}, claim('other', 'x')])).toEqual({
      objects: 0,
      bytes: 0,
      counts: [],
      problems: [
        ['missing', key, 'is not there, though its manifest names it'],
        ['unreadable', 'other', 'ArchiveError: no'],
      ],
    });
  });

  test.each([
    { name: 'of a run', of: key },
    { name: 'of an attempt', of: tried.object(REPORT) },
    {
      name: 'of a listing',
      of: listingPartKey({ environmentId: ENVIRONMENT, asOf: entryInstant(1), attempt: 'try' }, 1, 1),
    },
    { name: 'of rules', of: rulesetKey('a') },
  ])('$name that were read before have only to be there', async ({ of }) => {
    const known = [{ key: of, isKnown: true as const }];
    const nothing = { objects: 0, bytes: 0, counts: [] };
    expect(await check(await archiveOf({ [of]: 'whatever' }), known)).toEqual({ ...nothing, problems: [] });
    expect(await check(await archiveOf({}), known)).toEqual({
      ...nothing,
      problems: [['missing', of, 'is not there, though its manifest names it']],
    });
  });
});

describe('objects that no manifest names', () => {
  const [first, second] = [keysAt(1).object(REPORT), keysAt(1).object(SNAPSHOT)];
  const observe = async (objects: Texts, links: readonly RunOfLink[], missing: readonly string[] = []) => {
    const found = await findUnclaimed(await archiveOf(objects), ENVIRONMENT, links, new Set(missing));
    const brief = ({
      kind,
      run,
      key,
      message,
    }: {
      kind: string;
      run?: string | null;
      key?: string;
      message: string;
    }) => [kind, run, key, message];
    return { problems: found.problems.map(brief), notes: found.notes.map(brief) };
  };

  test('are none where all are named, and where they are of no run', async () => {
    const page = `reports/environment=${ENVIRONMENT}/index.html`;
    const links = [runOf(1, { [first]: 'x' })];
    expect(await observe({ [first]: 'x', [page]: 'x' }, links)).toEqual({ problems: [], notes: [] });
  });

  test.each<{
    name: string;
    links: readonly RunOfLink[];
    missing: readonly string[];
    kind: string;
    words: string;
    isProblem: boolean;
  }>([
    {
      name: 'beside a run that names others',
      links: [runOf(1, {})],
      missing: [],
      kind: 'leftover',
      words:
        "is not named by its run's manifest, as are 1 more of the run: an earlier attempt at the run may have left it",
      isProblem: false,
    },
    {
      name: 'of a run that can not be read',
      links: [unreadable(1)],
      missing: [],
      kind: 'unchecked',
      words: `is not checked, as are 1 more of the run: the manifest of run ${entryRun(1)} does not speak for it`,
      isProblem: false,
    },
    {
      name: 'of a run that is missing',
      links: [],
      missing: [entryRun(1)],
      kind: 'orphaned',
      words: 'is there without a manifest, as are 1 more of the run, though the run was complete',
      isProblem: true,
    },
    {
      name: 'of a run that never was',
      links: [],
      missing: [],
      kind: 'orphaned',
      words:
        'is there without a manifest, as are 1 more of the run: an attempt that was cut off leaves such, and no run counts on it',
      isProblem: false,
    },
  ])('$name are told once', async ({ links, missing, kind, words, isProblem }) => {
    const told = [[kind, entryRun(1), second, words]];
    expect(await observe({ [first]: 'x', [second]: 'x' }, links, missing)).toEqual(
      isProblem ? { problems: told, notes: [] } : { problems: [], notes: told },
    );
  });

  test('are told alone where there is one', async () => {
    const { notes } = await observe({ [first]: 'x' }, [unreadable(1)]);
    expect(notes).toEqual([
      ['unchecked', entryRun(1), first, `is not checked: the manifest of run ${entryRun(1)} does not speak for it`],
    ]);
  });
});
