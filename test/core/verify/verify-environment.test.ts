import { describe, expect, test } from '@jest/globals';
import { attemptKeys, latestKey, type ObjectFile, publicKeyKey, runKeys } from '../../../core/archive/keys.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { type AcceptedFault, type VerifyOptions, verifyEnvironment } from '../../../core/verify/verify.ts';
import { DAY_MS } from '../../../rules/engine/time.ts';
import { readText } from '../../support/archive-tree.ts';
import { archiveObjects } from '../../support/archived-run.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import {
  aMilestone,
  copyKey,
  entryInstant,
  entryKey,
  entryRun,
  linkToEntry,
  putAll,
} from '../../support/chain-entries.ts';
import { type DisturbedChain, disturbedChain } from '../../support/disturbed-chain.ts';
import { forged, STRANGER, STRANGER_PEM } from '../../support/forgery.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const SNAPSHOT: ObjectFile = { area: 'snapshots', file: 'snapshot.jsonl.gz' };
const FINDINGS: ObjectFile = { area: 'findings', file: 'findings.jsonl.gz' };
const LATEST = latestKey(ENVIRONMENT);

const snapshotKey = (number: number): string => runKeys(ENVIRONMENT, entryInstant(number)).object(SNAPSHOT);
const findingsKey = (number: number): string => runKeys(ENVIRONMENT, entryInstant(number)).object(FINDINGS);
const attemptKey = (number: number, attempt: string): string =>
  attemptKeys(ENVIRONMENT, entryInstant(number), attempt).object({ area: 'reports', file: 'report.json' });

const verify = async (history: DisturbedChain, options: VerifyOptions = {}) =>
  verifyEnvironment(await disturbedChain(history), ENVIRONMENT, options);

/** `edited 3`: the kind, and the number of the run. */
const brief = ({ kind, run }: { readonly kind: string; readonly run?: string | null }): string =>
  `${kind} ${run == null ? '-' : Number(run.slice(6, 8))}`;

const told = async (history: DisturbedChain, options?: VerifyOptions) => {
  const { problems, notes } = await verify(history, options);
  return { problems: problems.map(brief), notes: notes.map(brief) };
};

const DUE = {
  schedule: { ...defaultConfig([]).schedule, cron: '0 2 * * *', timezone: 'UTC' },
  until: Number.NEGATIVE_INFINITY,
};

const listedLate = (number: number): Partial<Manifest> => ({
  late: true,
  listing: {
    startedAt: new Date(entryInstant(number).getTime() + DAY_MS).toISOString(),
    endedAt: new Date(entryInstant(number).getTime() + DAY_MS).toISOString(),
  },
});

/** The report of an attempt that came after an entry of which nobody else knows the SHA-256. */
const cameAfter = (place: number, run?: string) => ({
  previousHead: `${place}:${'a'.repeat(64)}`,
  ...(run !== undefined && { previousRun: run }),
});

/** An entry of an undisturbed chain. */
const entryOf = async (number: number): Promise<Manifest> => {
  return JSON.parse(await readText(await disturbedChain({}), entryKey(number)));
};

describe('a chain', () => {
  test('that is undisturbed has no problem and no note', async () => {
    const progress: object[] = [];
    const found = await verify({}, { onProgress: (now) => progress.push(now) });
    expect(found).toMatchObject({
      runs: 3,
      objects: 9,
      known: 0,
      readUpTo: 3,
      head: `3:${linkToEntry('', await entryOf(3)).sha256}`,
      firstRun: entryRun(1),
      lastRun: entryRun(3),
      attempts: 0,
      uncovered: 0,
      problems: [],
      notes: [],
    });
    expect(found).not.toHaveProperty('expired');
    expect(progress).toEqual(Array.from({ length: 9 }, (_, index) => ({ runs: 3, objects: index + 1 })));
  });

  test('counts the runs that can be read, and its end whatever that is', async () => {
    const found = await verify({ planted: { [entryKey(1)]: '{', [entryKey(3)]: '{' } });
    expect(found).toMatchObject({ runs: 1, firstRun: entryRun(2), lastRun: entryRun(2), readUpTo: 0 });
    expect(found.head).toMatch(/^3:/);
  });

  test('has problems and notes in the order of runs, those of none first', async () => {
    const history: DisturbedChain = {
      planted: {
        [`chain/environment=${ENVIRONMENT}/note.txt`]: 'x',
        [findingsKey(1)]: 'x',
        [snapshotKey(1)]: 'x',
        [`${snapshotKey(2)}.gz`]: 'x',
        'keys/another.pem': 'x',
        [attemptKey(4, 'a')]: cameAfter(7),
        [runKeys(ENVIRONMENT, entryInstant(1)).object({ area: 'reports', file: 'more.json' })]: 'x',
      },
      gone: [snapshotKey(3), copyKey(2), copyKey(3)],
    };
    const { problems, notes } = await verify(history);
    expect(problems.map(({ kind, run, key }) => [kind, run, key])).toEqual([
      ['edited', null, `chain/environment=${ENVIRONMENT}/note.txt`],
      ['missing', null, entryKey(7)],
      ['edited', entryRun(1), snapshotKey(1)],
      ['edited', entryRun(1), findingsKey(1)],
      ['missing', entryRun(2), copyKey(2)],
      ['missing', entryRun(3), snapshotKey(3)],
    ]);
    expect(notes.map(brief)).toEqual(['leftover -', 'leftover 1', 'leftover 2', 'uncopied 3']);
  });

  test('of before there were places is one of manifests, which are no copies', async () => {
    const archive = memoryArchive();
    const { sequence: _sequence, ...run } = await archiveObjects(archive, 1, {
      snapshot: '',
      findings: '',
      report: {},
    });
    const { sha256 } = linkToEntry(copyKey(1), run);
    await putAll(archive, { [copyKey(1)]: run, [LATEST]: { run: run.run, manifest: copyKey(1), sha256 } });
    expect(await verifyEnvironment(archive, ENVIRONMENT)).toMatchObject({
      runs: 1,
      readUpTo: 1,
      problems: [],
      notes: [],
    });
    await putAll(archive, { [copyKey(2)]: '{' });
    expect(await verifyEnvironment(archive, ENVIRONMENT)).toMatchObject({ runs: 1, readUpTo: 1 });
  });
});

describe('of several problems of one key and kind', () => {
  const nothing = { gone: [entryKey(2), snapshotKey(2), copyKey(2)] };
  const ofPlace = async (history: DisturbedChain, place: number, options?: VerifyOptions) =>
    (await verify(history, options)).problems.filter(({ key }) => key === entryKey(place));

  test('stays the first that names the run, before those that name none', async () => {
    const planted = { [attemptKey(3, 'a')]: cameAfter(2) };
    expect(await ofPlace({ ...nothing, planted }, 2)).toEqual([
      {
        kind: 'missing',
        run: entryRun(2),
        key: entryKey(2),
        message: `is not there, though the manifest of run ${entryRun(3)} names it as the one before`,
      },
    ]);
  });

  test('stays one of each run that they name', async () => {
    const planted = {
      [attemptKey(4, 'a')]: cameAfter(7),
      [attemptKey(4, 'b')]: cameAfter(7, entryRun(3)),
      [attemptKey(4, 'c')]: cameAfter(7, entryRun(1)),
      [attemptKey(4, 'd')]: cameAfter(7, entryRun(3)),
    };
    expect((await ofPlace({ planted }, 7)).map(({ run, message }) => [run, message])).toEqual([
      [entryRun(1), `is not there, though ${attemptKey(4, 'c')} came after it`],
      [entryRun(3), `is not there, though ${attemptKey(4, 'b')} came after it`],
    ]);
  });

  test('stays the first where none names a run', async () => {
    const planted = { [attemptKey(4, 'a')]: cameAfter(7), [attemptKey(4, 'b')]: cameAfter(7) };
    expect((await ofPlace({ planted }, 7)).map(({ run, message }) => [run, message])).toEqual([
      [null, `is not there, though ${attemptKey(4, 'a')} came after it`],
    ]);
  });

  test('stay those of another kind', async () => {
    const planted = { [entryKey(2)]: { ...(await entryOf(2)), accountId: '999999999999' } };
    expect((await ofPlace({ planted }, 2, { publicKeys: [STRANGER] })).map(brief)).toEqual(['edited 2', 'unsigned 2']);
  });
});

describe('a run of which only something is left', () => {
  const marker = runKeys(ENVIRONMENT, entryInstant(9)).marker('alert');

  test.each<{ name: string; history: DisturbedChain; problems: readonly string[]; notes: readonly string[] }>([
    {
      name: 'is missing where the chain names it, and its objects are orphaned',
      history: { gone: [entryKey(2), copyKey(2)] },
      problems: ['missing 2', 'orphaned 2'],
      notes: [],
    },
    {
      name: 'is missing where a marker says that it was told of, and its objects are orphaned',
      history: { planted: { [marker]: {}, [snapshotKey(9)]: 'x' } },
      problems: ['missing 9', 'orphaned 9'],
      notes: [],
    },
    {
      name: 'was never complete where something else is wrong with it',
      history: { planted: { [copyKey(9)]: '{}', [snapshotKey(9)]: 'x' } },
      problems: ['edited 9'],
      notes: ['orphaned 9'],
    },
  ])('$name', async ({ history, problems, notes }) => {
    expect(await told(history)).toEqual({ problems, notes });
  });
});

describe('a fault that somebody accepted', () => {
  const fault = (differs: Partial<AcceptedFault> = {}): AcceptedFault => ({
    kinds: ['missing', 'edited'],
    run: entryRun(2),
    reason: 'a disk',
    approver: 'anna',
    ...differs,
  });
  const planted = { [snapshotKey(2)]: 'x' };

  test('is told and no problem', async () => {
    const { problems, notes } = await verify(
      { planted },
      { accepted: [fault({ run: entryRun(1) }), fault(), fault({ reason: 'another' })] },
    );
    expect(problems).toEqual([]);
    expect(notes).toEqual([
      {
        kind: 'accepted',
        run: entryRun(2),
        key: snapshotKey(2),
        message: expect.stringMatching(/^edited: has 1 bytes of .*; accepted: a disk, by anna$/),
      },
    ]);
  });

  test.each([
    { name: 'another run', accepted: fault({ run: entryRun(1) }) },
    { name: 'another kind', accepted: fault({ kinds: ['missing'] }) },
  ])('of $name stands', async ({ accepted }) => {
    expect(await told({ planted }, { accepted: [accepted] })).toEqual({ problems: ['edited 2'], notes: [] });
  });

  describe('with the place that a later run went on past', () => {
    const past = async (): Promise<DisturbedChain> => ({
      planted: { [entryKey(2)]: '{', ...planted },
      differs: {
        3: {
          previous: linkToEntry(entryKey(1), await entryOf(1)),
          acceptedHistory: { sha256: 'a', reason: 'seen', problem: 'it was altered' },
        },
      },
    });

    test('is told with the reason of that run', async () => {
      const { problems, notes } = await verify(await past());
      expect(problems).toEqual([]);
      expect(notes.map(brief)).toContain('accepted-history 3');
      expect(notes.filter(({ kind }) => kind === 'accepted').map((note) => [note.key, note.message])).toEqual([
        [entryKey(2), 'edited: is no JSON; accepted: seen'],
        [entryKey(3), expect.stringMatching(/^skipped: .*; accepted: seen$/)],
      ]);
    });

    test('is told with the reason of whoever named the run', async () => {
      const { notes } = await verify(await past(), { accepted: [fault()] });
      expect(notes.find(({ key, kind }) => key === entryKey(2) && kind === 'accepted')?.message).toBe(
        'edited: is no JSON; accepted: a disk, by anna',
      );
    });
  });
});

describe('what was read before', () => {
  test.each<{
    name: string;
    history?: DisturbedChain;
    options: VerifyOptions;
    known: number;
    objects: number;
    to: number;
  }>([
    { name: 'nothing', options: {}, known: 0, objects: 9, to: 3 },
    { name: 'a part', options: { readUpTo: 2 }, known: 6, objects: 3, to: 3 },
    { name: 'all', options: { readUpTo: 3 }, known: 9, objects: 0, to: 3 },
    { name: 'more than there is', options: { readUpTo: 9 }, known: 9, objects: 0, to: 3 },
    {
      name: 'nothing, and the first does not hold',
      history: { planted: { [snapshotKey(1)]: 'x' } },
      options: {},
      known: 0,
      objects: 9,
      to: 0,
    },
    {
      name: 'a part, and what comes next does not hold',
      history: { planted: { [snapshotKey(2)]: 'x', [snapshotKey(3)]: 'x' } },
      options: { readUpTo: 1 },
      known: 3,
      objects: 6,
      to: 1,
    },
    {
      name: 'a part, and what comes after the next does not hold',
      history: { planted: { [snapshotKey(3)]: 'x' } },
      options: { readUpTo: 1 },
      known: 3,
      objects: 6,
      to: 2,
    },
    {
      name: 'a part, of which something was altered since',
      history: { planted: { [snapshotKey(2)]: 'x' } },
      options: { readUpTo: 2 },
      known: 6,
      objects: 3,
      to: 3,
    },
    {
      name: 'a part, of which something is gone since',
      history: { gone: [snapshotKey(1)] },
      options: { readUpTo: 2 },
      known: 6,
      objects: 3,
      to: 2,
    },
    {
      name: 'nothing, and somebody accepted what does not hold',
      history: { planted: { [snapshotKey(2)]: 'x' } },
      options: { accepted: [{ kinds: ['edited'], run: entryRun(2), reason: 'r', approver: 'a' }] },
      known: 0,
      objects: 9,
      to: 1,
    },
    {
      name: 'nothing, and what is gone had not to be kept any more',
      history: { gone: [snapshotKey(1)] },
      options: {
        expiry: { now: entryInstant(1).getTime() + 366 * DAY_MS, retention: { years: 1, afterRetention: 'delete' } },
      },
      known: 0,
      objects: 8,
      to: 3,
    },
    {
      name: 'nothing, and an entry can not be read, nor the objects that it names',
      history: { planted: { [entryKey(2)]: '{' } },
      options: {},
      known: 0,
      objects: 6,
      to: 1,
    },
    {
      name: 'nothing, and an entry is gone that may come back',
      history: { gone: [entryKey(2)] },
      options: {},
      known: 0,
      objects: 6,
      to: 1,
    },
    {
      name: 'nothing, and of an entry only the time is wrong',
      history: { differs: { 2: listedLate(2) } },
      options: { due: DUE },
      known: 0,
      objects: 9,
      to: 3,
    },
    {
      name: 'a part, of which an entry can not be read since',
      history: { planted: { [entryKey(2)]: '{' } },
      options: { readUpTo: 2 },
      known: 3,
      objects: 3,
      to: 2,
    },
    {
      name: 'nothing, and somebody accepted that an entry can not be read',
      history: { planted: { [entryKey(2)]: '{' } },
      options: { accepted: [{ kinds: ['edited'], run: entryRun(2), reason: 'r', approver: 'a' }] },
      known: 0,
      objects: 6,
      to: 3,
    },
    { name: 'something of no chain', history: { runs: 0 }, options: { readUpTo: 2 }, known: 0, objects: 0, to: 0 },
  ])('is not read again, and what does not hold is: $name', async ({ history = {}, options, known, objects, to }) => {
    expect(await verify(history, options)).toMatchObject({ known, objects, readUpTo: to });
  });
});

describe('the nights that were due', () => {
  const history: DisturbedChain = { differs: { 1: listedLate(1), 2: listedLate(2), 3: listedLate(3) } };

  test('are not looked for where nobody asks', async () => {
    expect(await verify(history)).toMatchObject({ schedule: { isChecked: false }, problems: [] });
  });

  test.each([
    { name: 'all', since: undefined, nights: 2, late: ['late 1', 'late 2', 'late 3'] },
    { name: 'those after the first', since: 1, nights: 2, late: ['late 2', 'late 3'] },
    { name: 'those after the second', since: 2, nights: 1, late: ['late 3'] },
    { name: 'none after the last', since: 3, nights: 0, late: [] },
  ])('are counted, and those that were listed late: $name', async ({ since, nights, late }) => {
    const due = { ...DUE, since: since === undefined ? undefined : entryInstant(since).getTime() };
    const { schedule, problems } = await verify(history, { due });
    expect(schedule).toEqual({ isChecked: true, nights, missed: 0, late: late.length });
    expect(problems.map(brief)).toEqual(late);
  });

  test('are told with how late, and what was missed after the last', async () => {
    const { schedule, problems } = await verify(
      { differs: { 3: listedLate(3) } },
      { due: { ...DUE, until: entryInstant(5).getTime() } },
    );
    expect(schedule).toEqual({ isChecked: true, nights: 4, missed: 2, late: 1 });
    expect(problems.map(({ kind, run, key }) => [kind, run, key])).toEqual([
      ['late', entryRun(3), entryKey(3)],
      ['gap', entryRun(4), copyKey(4)],
      ['gap', entryRun(5), copyKey(5)],
    ]);
    expect(problems[0]?.message).toBe('was listed 24 hours after the night it stands for');
  });

  test.each<{ name: string; history: DisturbedChain; problems: readonly string[] }>([
    { name: 'that says so and not when it was listed', history: { differs: { 2: { late: true } } }, problems: [] },
    {
      name: 'that was listed then and does not say so',
      history: {
        differs: {
          2: { listing: { startedAt: entryInstant(9).toISOString(), endedAt: entryInstant(9).toISOString() } },
        },
      },
      problems: [],
    },
    { name: 'that can not be read', history: { planted: { [entryKey(2)]: '{' } }, problems: ['edited 2'] },
  ])('have no late run: one $name', async ({ history: of, problems }) => {
    const found = await verify(of, { due: DUE });
    expect(found.schedule).toEqual({ isChecked: true, nights: 2, missed: 0, late: 0 });
    expect(found.problems.map(brief)).toEqual(problems);
  });

  test('are fewer where clocks are put forward, which is told', async () => {
    // In New York that is at two o'clock of the 67th day.
    const schedule = { ...DUE.schedule, cron: '30 2 * * *', timezone: 'America/New_York' };
    const due = { schedule, since: entryInstant(66).getTime(), until: entryInstant(69).getTime() };
    const { schedule: found, notes } = await verify({}, { due });
    expect(found).toEqual({ isChecked: true, nights: 2, missed: 2, late: 0 });
    expect(notes.map(brief)).toEqual(['skipped-time -']);
  });

  test('are none where there is no run', async () => {
    const due = { ...DUE, until: entryInstant(5).getTime() };
    expect(await verify({ runs: 0 }, { due })).toMatchObject({ schedule: { isChecked: false } });
  });
});

describe('signatures', () => {
  const by = (keyId: string) => ({ scheme: 2, keyId, algorithm: 'ECDSA_SHA_256', value: '' }) as const;
  const sign = (entry: Manifest): Manifest => {
    const number = entry.sequence ?? 0;
    if (number === 1) return entry;
    const signed = forged({ ...entry, signature: by(number === 3 ? 'other' : 'one') }) as Manifest;
    return number === 4 ? { ...signed, accountId: '999999999999' } : signed;
  };

  test('are counted, and grouped by the key that they name', async () => {
    const signed: string[] = [];
    const { signatures, problems } = await verify(
      { runs: 5, sign },
      { publicKeys: [STRANGER], mayBeginUnsigned: true, onSigned: ({ run }) => signed.push(run) },
    );
    expect(signatures).toEqual({
      isChecked: true,
      signed: 4,
      valid: 3,
      keys: [
        { keyId: 'one', algorithm: 'ECDSA_SHA_256', runs: 3 },
        { keyId: 'other', algorithm: 'ECDSA_SHA_256', runs: 1 },
      ],
    });
    expect(problems.map(brief)).toEqual(['bad-signature 4']);
    expect(signed).toEqual([2, 3, 4, 5].map(entryRun));
  });

  test('are held against the recorded key where none is given', async () => {
    const planted = { [publicKeyKey('one')]: STRANGER_PEM };
    const { signatures, problems } = await verify({ runs: 5, sign, planted });
    expect(signatures).toMatchObject({ isChecked: false, signed: 4, valid: 2 });
    expect(problems.map(brief)).toEqual(['bad-signature 4']);
  });

  test('are owed by all only where a key is given, and signing was not switched on later', async () => {
    expect((await told({ runs: 2, sign })).problems).toEqual([]);
    expect((await told({ runs: 2, sign }, { publicKeys: [STRANGER] })).problems).toEqual(['unsigned 1']);
  });
});

test('a pointer that is behind by two is a problem', async () => {
  expect(await told({ pointsTo: 1 })).toEqual({ problems: ['latest 3'], notes: [] });
});

describe('a pointer that is behind by one', () => {
  test('is a note where nothing else is wrong', async () => {
    const { problems, notes } = await verify({ pointsTo: 2 });
    expect(problems).toEqual([]);
    expect(notes).toEqual([
      {
        kind: 'latest-behind',
        run: entryRun(3),
        key: LATEST,
        message: expect.stringMatching(/^points to run .* is the newest: .* the next one mends it$/),
      },
    ]);
  });

  test.each<{
    name: string;
    history: DisturbedChain;
    options?: VerifyOptions;
    problems: readonly string[];
    notes: string[];
  }>([
    {
      name: 'a note beside what is unsigned',
      history: {},
      options: { publicKeys: [STRANGER] },
      problems: ['unsigned 1', 'unsigned 2', 'unsigned 3'],
      notes: ['latest-behind 3'],
    },
    {
      name: 'a problem beside what was altered',
      history: { planted: { [snapshotKey(1)]: 'x' } },
      problems: ['edited 1', 'latest 3'],
      notes: [],
    },
  ])('is $name', async ({ history, options, problems, notes }) => {
    expect(await told({ ...history, pointsTo: 2 }, options)).toEqual({ problems, notes });
  });
});

describe('an environment without a complete run', () => {
  test.each<{ name: string; planted: DisturbedChain['planted']; attempts: number; words: string }>([
    { name: 'that was never audited', planted: {}, attempts: 0, words: 'nothing shows that one was attempted' },
    {
      name: 'that was audited in vain',
      planted: { [attemptKey(1, 'a')]: {}, [attemptKey(1, 'b')]: {}, [attemptKey(2, 'a')]: {} },
      attempts: 3,
      words: '2 were attempted in vain',
    },
  ])('has a problem: one $name', async ({ planted, attempts, words }) => {
    const found = await verify({ runs: 0, planted: planted ?? {} });
    expect(found).toMatchObject({ runs: 0, attempts, uncovered: attempts, readUpTo: 0 });
    expect(found).not.toHaveProperty('head');
    expect(found).not.toHaveProperty('firstRun');
    expect(found).not.toHaveProperty('lastRun');
    expect(found.problems).toEqual([
      {
        kind: 'no-runs',
        run: null,
        key: entryKey(1),
        message: `is not there: environment ${ENVIRONMENT} has no complete run; ${words}`,
      },
    ]);
  });
});

describe('a chain whose start had not to be kept any more', () => {
  const days = (...numbers: readonly number[]): readonly string[] =>
    numbers.flatMap((number) => [entryKey(number), copyKey(number), snapshotKey(number), findingsKey(number)]);
  const over = (number: number): VerifyOptions => ({
    expiry: { now: entryInstant(number).getTime() + 366 * DAY_MS, retention: { years: 1, afterRetention: 'delete' } },
  });

  test('is told, and no problem', async () => {
    const found = await verify({ gone: days(1, 2) }, over(2));
    expect(found).toMatchObject({ runs: 1, firstRun: entryRun(3), problems: [], readUpTo: 3 });
    expect(found.expired).toEqual({ run: entryRun(2), sequence: 2, until: entryInstant(2).getTime() });
    expect(found.notes.map(brief)).toContain('expired 2');
  });

  test('needs no run any more where its closing is left, and one where nothing was to go', async () => {
    const closing = {
      ...aMilestone(4, 'closing', linkToEntry(entryKey(3), await entryOf(3))),
      runs: 3,
      head: `3:${linkToEntry('', await entryOf(3)).sha256}`,
    };
    const history: DisturbedChain = { planted: { [entryKey(4)]: closing }, gone: [...days(1, 2, 3), LATEST] };
    expect(await told(history, over(3))).toMatchObject({
      problems: [],
      notes: expect.arrayContaining(['expired 3', 'closed 4']),
    });
    expect((await told(history)).problems).toContain('no-runs -');
  });

  test('needs a run where nothing of the chain is left', async () => {
    const planted = { [attemptKey(4, 'a')]: { previousRun: entryRun(3) } };
    const found = await verify({ runs: 0, planted }, over(3));
    expect(found.expired).toMatchObject({ run: entryRun(3) });
    expect(found.problems.map(brief)).toEqual(['no-runs -']);
  });
});
