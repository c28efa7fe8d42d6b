import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { attemptReport, chainKey, runKeys } from '../../../core/archive/keys.ts';
import type { Audience } from '../../../core/config/recipient.ts';
import { type EnvironmentState, readOverview } from '../../../core/overview/read.ts';
import { type OwedNights, readWeek } from '../../../core/overview/week.ts';
import { scheduledRuns } from '../../../core/schedule/scheduled-runs.ts';
import { HOUR_MS } from '../../../rules/engine/time.ts';
import { aUser } from '../../support/builders.ts';
import { auditNight, night, runOf, SCHEDULE, usersOf } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const EVERYTHING: Audience = { label: 'week-all' };
const CUT = {
  listUsers: listingOf([[aUser()]], { complete: false, reason: 'deadline', message: 'too slow' } as const),
};

let archive: Archive;
beforeEach(() => {
  archive = memoryArchive();
});

const audit = async (numbers: readonly number[], settings: Parameters<typeof auditNight>[2] = {}): Promise<void> => {
  for (const number of numbers) await auditNight(archive, number, settings, 'alpha');
};

const stateAt = async (number: number): Promise<EnvironmentState> => {
  const now = night(number).getTime() + HOUR_MS;
  const [state] = await readOverview(archive, { environments: [{ id: 'alpha' }], schedule: SCHEDULE, now });
  if (state === undefined) throw new Error('nothing is known');
  return state;
};

/** The nights of the schedule after one, up to another. */
const owed = (after: number, until: number): OwedNights => ({
  nights: [...scheduledRuns(SCHEDULE, night(after).getTime(), night(until).getTime())],
  timezone: SCHEDULE.timezone,
});

const weekAt = async (number: number, since?: number, nights?: OwedNights, audience = EVERYTHING) =>
  readWeek(
    archive,
    await stateAt(number),
    audience,
    since === undefined ? undefined : runOf(since),
    night(number).getTime(),
    nights,
  );

describe('the news of a week', () => {
  test('are those of each run after the one that was told last', async () => {
    await audit([1, 2, 3]);
    const { nights, news, notes } = await weekAt(3, 1);
    expect(nights).toBe(2);
    expect(news.map(({ kind, count, findings }) => [kind, count, findings.map(({ subject }) => subject.id)])).toEqual([
      ['new', 2, ['u1', 'u2']],
      ['event', 2, ['u1', 'u2']],
    ]);
    expect(notes).toEqual([]);
  });

  test.each([
    { number: 8, nights: 1 },
    { number: 7.99, nights: 2 },
  ])('reach a week back where nothing was told yet: to night $number', async ({ number, nights }) => {
    await audit([1, 3]);
    expect((await weekAt(number)).nights).toBe(nights);
  });

  test('are of the wanted severities alone', async () => {
    await audit([1, 2]);
    const rulesOf = async (wanted: Partial<Audience>) =>
      (await weekAt(2, 1, undefined, { ...EVERYTHING, ...wanted })).news.map(({ severity, ruleId }) => [
        severity,
        ruleId,
      ]);
    const all = await rulesOf({});
    expect(all).toContainEqual(['MEDIUM', 'api-access-without-principal']);
    const [above, below] = [await rulesOf({ minSeverity: 'HIGH' }), await rulesOf({ maxSeverity: 'MEDIUM' })];
    expect(below).toEqual(all.filter(([severity]) => severity !== 'HIGH' && severity !== 'CRITICAL'));
    expect([...above, ...below]).toHaveLength(all.length);
  });

  test('have each waiver to see to once', async () => {
    const waivers = [
      { rule: 'stale-login', user: 'w2', reason: 'r', owner: 'o', approver: 'a', expires: '2027-03-31' },
      { rule: 'stale-login', user: 'w1', reason: 'r', owner: 'o', approver: 'a', expires: '2027-03-31' },
    ];
    await audit([1, 2, 3], { waivers });
    expect((await weekAt(3, 1)).troubles.map(({ kind, user }) => [kind, user])).toEqual([
      ['unused', 'w2'],
      ['unused', 'w1'],
    ]);
  });

  test('are none of an environment that never had a run', async () => {
    expect(await weekAt(3)).toMatchObject({ nights: 0, news: [], troubles: [], notes: ['no complete run yet'] });
  });
});

describe('what is not known of a week', () => {
  test('is what attempts saw that were not completed, and what broke off', async () => {
    await audit([1]);
    await audit([2, 3], CUT);
    await audit([3, 4]);
    const folder = `incomplete/environment=alpha/dt=2026-11-24/${runOf(5)}-20261124T070000Z-abcdefgh`;
    await archive.create(attemptReport(folder), { bytes: Buffer.from('nothing') }, 'application/json');
    expect((await weekAt(4, 1)).notes).toEqual([
      `run ${runOf(2)} is INCOMPLETE (deadline)`,
      `run ${runOf(5)} is INCOMPLETE (it broke off)`,
    ]);
  });

  test('is a run that can not be read', async () => {
    await audit([1, 2, 3]);
    const key = runKeys('alpha', night(2)).object({ area: 'reports', file: 'report.json' });
    await archive.replace(key, { bytes: Buffer.from('{}') }, 'application/json', (await archive.read(key))?.version);
    const { nights, notes } = await weekAt(3, 1);
    expect([nights, notes]).toEqual([1, [expect.stringContaining(`what run ${runOf(2)} found can't be read: `)]]);
  });

  test.each([2, 3])('is a run whose place in the chain was altered: %i', async (number) => {
    await audit([1, 2, 3, 4]);
    const state = await stateAt(4);
    const key = chainKey('alpha', number);
    await archive.replace(key, { bytes: Buffer.from('{}') }, 'application/json', (await archive.read(key))?.version);
    const { nights, notes } = await readWeek(archive, state, EVERYTHING, runOf(1), night(4).getTime());
    const problem = `${key} is no manifest of a complete run: run is not what it has there`;
    expect([nights, notes]).toEqual([2, [`what run ${runOf(number)} found can't be read: ${problem}`]]);
  });

  test.each(['reports', 'findings'])(
    'is not that the archive gave no answer about the %s of a run: then there is no mail yet',
    async (area) => {
      await audit([1, 2]);
      const state = await stateAt(2);
      const away: Archive = {
        ...archive,
        read: async (key) => {
          if (key.startsWith(`${area}/`)) throw new Error('the network is down');
          return archive.read(key);
        },
      };
      const week = readWeek(away, state, EVERYTHING, runOf(1), night(2).getTime());
      await expect(week).rejects.toThrow('the network is down');
    },
  );

  test('is by its verdict what an attempt saw, be it nothing', async () => {
    await audit([1]);
    await audit([2], { listUsers: listingOf([], { complete: false, reason: 'access-denied', message: 'no' }) });
    await audit([3]);
    expect((await weekAt(3, 1)).notes).toEqual([`run ${runOf(2)} is FAILED (access-denied)`]);
  });

  test('is not that the archive gave no answer: then there is no mail yet', async () => {
    await audit([1, 2]);
    const state = await stateAt(2);
    const away: Archive = {
      ...archive,
      async *list(prefix, after) {
        if (prefix.startsWith('chain/')) throw new Error('the network is down');
        yield* archive.list(prefix, after);
      },
    };
    const week = readWeek(away, state, EVERYTHING, runOf(1), night(2).getTime());
    await expect(week).rejects.toThrow('the network is down');
  });

  test('is all of a history that can not be read', async () => {
    await audit([1, 2]);
    const state = await stateAt(2);
    const lost: Archive = {
      ...archive,
      async *list(prefix, after) {
        if (!prefix.startsWith('chain/')) yield* archive.list(prefix, after);
        else throw new ArchiveError('the listing broke off');
      },
    };
    const week = await readWeek(lost, state, EVERYTHING, runOf(1), night(2).getTime());
    expect(week).toMatchObject({ nights: 0, notes: ["its history can't be read: the listing broke off"] });
  });

  test.each<{ readonly name: string; runs: readonly number[]; since: number | undefined; missed: string | undefined }>([
    { name: 'every night was seen', runs: [1, 2, 3, 4], since: 1, missed: undefined },
    {
      name: 'a night in between was not',
      runs: [1, 2, 4],
      since: 1,
      missed: '1 night that was due, the first 2026-11-22',
    },
    {
      name: 'the first nights were not',
      runs: [1, 4],
      since: 1,
      missed: '2 nights that were due, the first 2026-11-21',
    },
    // A quarter of an hour after it was due, the last night is seen as well.
    { name: 'every night was seen, the last a little late', runs: [1, 2, 3, 4.01], since: 1, missed: undefined },
    // Nobody owed a night before the first one.
    { name: 'the environment is new', runs: [3, 4], since: undefined, missed: undefined },
    {
      name: 'it is new, and a night after the first was not',
      runs: [2, 4],
      since: undefined,
      missed: '1 night that was due, the first 2026-11-22',
    },
  ])('is which nights nobody saw: $name', async ({ runs, since, missed }) => {
    await audit(runs);
    const { notes } = await weekAt(4, since, owed(1, 4));
    expect(notes).toEqual(
      missed === undefined ? [] : [expect.stringMatching(`^no run is complete of ${missed} 02:00 America/New_York$`)],
    );
    // Who is of no config owes none.
    expect((await weekAt(4, since)).notes).toEqual([]);
  });

  test('is told once of all runs of which it is', async () => {
    const source = {
      kind: 'roster',
      attestedBy: { name: 'Ada', statement: 'all', at: '2026-11-20T07:00:00Z' },
    } as const;
    const attested = (number: number) => ({
      listUsers: (until: number) => ({ ...listingOf([usersOf(number)])(until), source }),
    });
    await audit([1]);
    for (const number of [2, 3]) await audit([number], attested(number));
    const { notes } = await weekAt(3, 1);
    expect(notes.at(-1)).toMatch(new RegExp(`^${runOf(2)} and 1 later run: ATTESTED, NOT SEEN: `));
    expect((await weekAt(3, 2)).notes.at(-1)).toMatch(new RegExp(`^${runOf(3)}: ATTESTED, NOT SEEN: `));
  });
});
