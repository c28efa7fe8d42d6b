import { cp } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { decide } from '../../../core/archive/close.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { attemptKeys, chainKey } from '../../../core/archive/keys.ts';
import type { RetentionDuty } from '../../../core/model/retention.ts';
import { runName } from '../../../core/model/run-name.ts';
import { withoutExpired } from '../../../core/verify/expiry.ts';
import { findHeads } from '../../../core/verify/heads.ts';
import type { Link } from '../../../core/verify/links.ts';
import type { Problem } from '../../../core/verify/problem.ts';
import { verifyEnvironment } from '../../../core/verify/verify.ts';
import { DAY_MS } from '../../../rules/engine/time.ts';
import { aUser, ENVIRONMENT } from '../../support/builders.ts';
import { auditNight, keysOf, night, runOf, type Tamperer, tamperer } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const LAST = 6;
const ONE_YEAR: RetentionDuty = { years: 1, afterRetention: 'delete' };

/** The moment from which on this night, and all before it, need not be kept any more. */
const over = (number: number, years = 1): number => night(number).getTime() + Math.ceil(years * 365.25) * DAY_MS;

const makeHistory = async (retention?: RetentionDuty): Promise<string> => {
  const folder = await newFolder();
  for (let number = 1; number <= LAST; number += 1)
    await auditNight(folderArchive(folder), number, retention && { retention });
  return folder;
};

let noted: string;
let silent: string;

/** Removes whatever is of a day, as a lifecycle does. */
const removeDay = async (folder: string, number: number): Promise<void> => {
  const day = night(number).toISOString().slice(0, 10);
  for await (const key of folderArchive(folder).list(''))
    if (key.includes(`/dt=${day}/`)) await tamperer(folder).remove(key);
};

interface Case {
  readonly name: string;
  readonly history?: () => string;
  readonly gone: (hands: Tamperer, folder: string) => Promise<unknown>;
  readonly now: number;
  readonly config?: RetentionDuty;
  /** As `missing 3`. */
  readonly problems: readonly string[];
  /** Undefined: no note of what has expired. */
  readonly note?: string;
}

const nights =
  (...numbers: readonly number[]): Case['gone'] =>
  async (hands, folder) => {
    for (const number of numbers) {
      await hands.remove(keysOf(number).manifest);
      await removeDay(folder, number);
    }
  };

const TWO_GONE = `2 places of the chain up to 2 and`;

const cases: readonly Case[] = [
  {
    name: 'the start, at the end of its retention, as the runs have noted it',
    gone: nights(1, 2),
    now: over(2),
    problems: [],
    note: TWO_GONE,
  },
  {
    name: 'the start, a moment before the end of its retention',
    gone: nights(1, 2),
    now: over(2) - 1,
    problems: ['missing 2'],
    note: '1 other object is not',
  },
  {
    name: 'more than the retention lets go: what had to be kept is missing, the rest is told',
    gone: nights(1, 2, 3),
    now: over(2),
    problems: ['missing 3'],
  },
  {
    name: 'the start, by the config alone, where no run has noted a retention',
    history: () => silent,
    gone: nights(1, 2),
    now: over(2),
    config: ONE_YEAR,
    problems: [],
    note: TWO_GONE,
  },
  {
    name: 'the start, of which nobody says that it was to be deleted',
    history: () => silent,
    gone: nights(1, 2),
    now: over(2),
    problems: ['missing 1', 'missing 2'],
  },
  {
    name: 'the start, where the config keeps everything',
    history: () => silent,
    gone: nights(1, 2),
    now: over(2),
    config: { years: 1, afterRetention: 'keep' },
    problems: ['missing 1', 'missing 2'],
  },
  {
    name: 'the start, after a year as the config has it now, of runs that noted more',
    gone: (hands, folder) =>
      Promise.all([
        nights(1, 2)(hands, folder),
        hands.manifest(3, (old) => ({ ...old, retention: { ...ONE_YEAR, years: 2 } })),
      ]).then(() => hands.rechain(3, LAST)),
    now: over(2),
    config: ONE_YEAR,
    problems: ['missing 1', 'missing 2'],
  },
  {
    name: 'an object alone, whose run still stands in the chain',
    gone: (hands) => hands.remove(keysOf(2).object({ area: 'snapshots', file: 'snapshot.jsonl.gz' })),
    now: over(2),
    problems: [],
    note: '1 other object is not',
  },
  {
    name: 'an object alone, whose retention goes on',
    gone: (hands) => hands.remove(keysOf(3).object({ area: 'snapshots', file: 'snapshot.jsonl.gz' })),
    now: over(2),
    problems: ['missing 3'],
  },
  {
    name: 'a place in the midst of the start, which S3 deletes in no order',
    gone: nights(2),
    now: over(2),
    problems: [],
    note: '1 place of the chain up to 2',
  },
  {
    name: 'the end: whoever cuts it off can not call it old',
    gone: nights(5, 6),
    now: over(2),
    problems: ['missing 5', 'missing 6'],
  },
];

const NIGHTS = new Map(Array.from({ length: LAST }, (_, index) => [runOf(index + 1), index + 1]));

const brief = ({ kind, run }: Problem): string => `${kind} ${NIGHTS.get(run ?? '') ?? run}`;

describe('what is gone', () => {
  beforeAll(async () => {
    noted = await makeHistory(ONE_YEAR);
    silent = await makeHistory();
  });

  test.each(cases)('$name', async ({ history = () => noted, gone, now, config, problems, note }) => {
    const folder = await newFolder();
    await cp(history(), folder, { recursive: true });
    await gone(tamperer(folder), folder);
    const verification = await verifyEnvironment(folderArchive(folder), ENVIRONMENT, {
      expiry: { now, retention: config },
    });
    expect(verification.problems.map(brief)).toEqual(problems);
    const expired = verification.notes.filter(({ kind }) => kind === 'expired');
    expect(expired.map(({ message }) => message).join()).toContain(note ?? '');
    expect(verification.expired === undefined).toBe(expired.length === 0);
  });

  test('is a problem to whoever does not ask for the time', async () => {
    const folder = await newFolder();
    await cp(noted, folder, { recursive: true });
    await nights(1, 2)(tamperer(folder), folder);
    const { problems } = await verifyEnvironment(folderArchive(folder), ENVIRONMENT);
    expect(problems.map(brief)).toEqual(['missing 1', 'missing 2']);
  });

  test('of an attempt is as old as the attempt, and not as the run that vouches for it', async () => {
    const folder = await newFolder();
    const archive = folderArchive(folder);
    await auditNight(archive, 1, { retention: ONE_YEAR });
    const failed = listingOf([[aUser({})]], { complete: false, reason: 'deadline', message: 'cut' });
    await auditNight(archive, 2, { retention: ONE_YEAR, listUsers: failed });
    await auditNight(archive, 3, { retention: ONE_YEAR });
    // The attempt has no place: what follows the first one is the third night's.
    await tamperer(folder).remove(keysOf(1).manifest);
    for (const number of [1, 2]) await removeDay(folder, number);
    const look = async (now: number) => {
      const { problems } = await verifyEnvironment(archive, ENVIRONMENT, { expiry: { now } });
      return problems.map(brief);
    };
    expect(await look(over(2))).toStrictEqual([]);
    expect(new Set(await look(over(2) - 1))).toEqual(new Set(['missing 3']));
  });

  test('of a closed chain goes before the closing, which then counts more runs than there are', async () => {
    const folder = await newFolder();
    await cp(noted, folder, { recursive: true });
    const archive = folderArchive(folder);
    const at = { at: night(LAST + 0.5), name: runOf(LAST + 0.5), reason: 'why', retentionYears: 1 };
    await decide(archive, ENVIRONMENT, { kind: 'closing', ...at });
    const look = async (now: number) => {
      const { problems, notes } = await verifyEnvironment(archive, ENVIRONMENT, {
        expiry: { now, retention: ONE_YEAR },
      });
      return { problems: problems.map(brief), notes: new Set(notes.map(({ kind }) => kind)) };
    };
    await nights(1, 2)(tamperer(folder), folder);
    expect(await look(over(2))).toEqual({ problems: [], notes: new Set(['expired', 'closed']) });
    await nights(3, 4, 5, 6)(tamperer(folder), folder);
    expect(await look(over(6))).toEqual({ problems: [], notes: new Set(['expired', 'closed']) });
    expect((await look(over(6) - 1)).problems).toContain('missing 6');
  });

  test.each([
    { name: 'is gone', gone: [1, 2], heads: [{ sequence: 2, expired: true }], problems: [] },
    {
      name: 'is still there, as S3 deletes in no order',
      gone: [2],
      heads: [{ sequence: 1 }, { sequence: 2, expired: true }],
      problems: [{ kind: 'edited', run: runOf(1) }],
    },
    {
      name: 'comes after what has expired',
      gone: [1, 2],
      heads: [{ sequence: 3 }],
      problems: [{ kind: 'edited', run: runOf(3) }],
    },
  ])(
    'leaves heads unknown, and those that are in no place lost: the place $name',
    async ({ gone, heads, problems }) => {
      const folder = await newFolder();
      await cp(noted, folder, { recursive: true });
      const archive = folderArchive(folder);
      await nights(...gone)(tamperer(folder), folder);
      const { expired } = await verifyEnvironment(archive, ENVIRONMENT, { expiry: { now: over(2) } });
      const sha256 = 'a'.repeat(64);
      const kept = heads.map(({ sequence }) => ({ sequence, sha256 }));
      const found = await findHeads(archive, [ENVIRONMENT], kept, expired?.sequence);
      expect(found.heads).toEqual(heads.map(({ sequence, ...rest }) => ({ head: `${sequence}:${sha256}`, ...rest })));
      expect(found.problems).toMatchObject(problems);
    },
  );
});

describe('of problems', () => {
  const NOW = Date.UTC(2030, 0, 1);
  const until = NOW - Math.ceil(365.25) * DAY_MS;
  const runAt = (milliseconds: number): string => runName(new Date(milliseconds));
  const [OLD, OLDER, YOUNG] = [until, until - DAY_MS, until + 1000].map(runAt) as [string, string, string];
  const links = [{ key: chainKey(ENVIRONMENT, 4), run: YOUNG }];
  const problem = (kind: Problem['kind'], run: string | null, key: string): Problem => ({
    kind,
    run,
    key,
    message: 'm',
  });
  const place = (number: number): string => chainKey(ENVIRONMENT, number);
  const settled = (
    problems: readonly Problem[],
    retention: RetentionDuty | undefined = ONE_YEAR,
    besides: readonly Link[] = [],
  ) => {
    const {
      problems: left,
      notes,
      expired,
    } = withoutExpired([...besides, ...links], problems, { now: NOW, retention });
    return {
      left: left.map(({ key }) => key),
      said: notes.map(({ run, message }) => [run, message.split(':')[0]]),
      expired,
    };
  };

  test.each<{ name: string; problems: readonly Problem[]; run: string; sequence: number; said: string }>([
    {
      name: 'what is missing or was left without its manifest, up to the last moment',
      problems: [problem('missing', OLDER, 'a'), problem('orphaned', OLD, 'b')],
      run: OLD,
      sequence: 0,
      said: '2 other objects are not there any more',
    },
    {
      name: 'places, and those before of which nobody knows the run',
      problems: [problem('missing', null, place(1)), problem('missing', OLD, place(2)), problem('missing', OLDER, 'a')],
      run: OLD,
      sequence: 2,
      said: '2 places of the chain up to 2 and 1 other object are not there any more',
    },
    {
      name: 'one place',
      problems: [problem('missing', OLD, place(1))],
      run: OLD,
      sequence: 1,
      said: '1 place of the chain up to 1 is not there any more',
    },
    {
      name: 'one other object',
      problems: [problem('missing', OLD, 'a')],
      run: OLD,
      sequence: 0,
      said: '1 other object is not there any more',
    },
    {
      name: 'one place, by whoever knows its run and whoever does not',
      problems: [problem('missing', OLD, place(1)), problem('missing', null, place(1))],
      run: OLD,
      sequence: 1,
      said: '1 place of the chain up to 1 is not there any more',
    },
    {
      name: 'what an attempt left, which is older than the run that vouches for it',
      problems: [problem('missing', YOUNG, attemptKeys(ENVIRONMENT, new Date(until), 'try').manifest)],
      run: YOUNG,
      sequence: 0,
      said: '1 other object is not there any more',
    },
  ])('expired are $name', ({ problems, run, sequence, said }) => {
    expect(settled(problems)).toEqual({ left: [], said: [[run, said]], expired: { run, sequence, until } });
  });

  test.each<{ name: string; problems: readonly Problem[] }>([
    { name: 'that are too young', problems: [problem('missing', YOUNG, 'a'), problem('missing', YOUNG, place(3))] },
    { name: 'of another kind', problems: [problem('edited', OLD, 'a'), problem('unreadable', OLD, place(1))] },
    { name: 'of no run', problems: [problem('missing', null, 'a'), problem('missing', null, place(1))] },
    { name: 'of a run that is none', problems: [problem('missing', 'one', 'a')] },
  ])('none expired that are $name', ({ problems }) => {
    expect(settled(problems)).toEqual({ left: problems.map(({ key }) => key), said: [], expired: undefined });
  });

  test('of a place that is there expire by no age: it holds another run', () => {
    const besides = [{ key: place(1), run: YOUNG }];
    const other = problem('missing', OLD, place(1));
    expect(settled([other], ONE_YEAR, besides)).toEqual({ left: [place(1)], said: [], expired: undefined });
    const { left, said } = settled([other, problem('missing', OLD, place(3))], ONE_YEAR, besides);
    expect(left).toEqual([place(1)]);
    expect(said).toEqual([[OLD, '2 places of the chain up to 3 are not there any more']]);
  });

  test('count no place of those of before there were places', () => {
    const besides = [{ key: keysOf(1).copy, run: OLDER }];
    expect(settled([problem('missing', OLD, place(2))], ONE_YEAR, besides).said).toEqual([
      [OLD, '2 places of the chain up to 2 are not there any more'],
    ]);
  });

  test('stay those past the last place that expired, and of another kind', () => {
    const stay = [
      problem('missing', null, place(3)),
      problem('edited', null, place(1)),
      problem('missing', null, 'a'),
      problem('missing', OLDER, place(1)),
    ];
    expect(settled([...stay, problem('missing', OLD, place(2))]).left).toEqual([place(3), place(1), 'a']);
  });

  test('stay all where what is old is kept', () => {
    const problems = [problem('missing', OLD, 'a')];
    expect(settled(problems, { years: 1, afterRetention: 'keep' }).left).toEqual(['a']);
  });
});
