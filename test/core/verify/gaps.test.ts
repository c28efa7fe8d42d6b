import { describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { attemptReport } from '../../../core/archive/keys.ts';
import { type Attempts, type Closed, checkSchedule, dueOf, listAttempts } from '../../../core/verify/gaps.ts';
import { DAY_MS } from '../../../rules/engine/time.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { keysOf, night, runOf, SCHEDULE, tamperer } from '../../support/history.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

describe('the runs that are due', () => {
  const now = night(9).getTime();
  test.each([
    { name: 'are those of up to a day ago', ids: ['another', ENVIRONMENT], until: now - DAY_MS },
    { name: 'are none after the last of an environment that is audited no more', ids: ['another'], until: -Infinity },
  ])('$name', ({ ids, until }) => {
    const environments = ids.map((id) => ({ id }));
    expect(dueOf({ environments, schedule: SCHEDULE }, ENVIRONMENT, now)).toEqual({ schedule: SCHEDULE, until });
  });
});

const check = async (
  runs: readonly Date[],
  {
    schedule = SCHEDULE,
    until = Number.NEGATIVE_INFINITY,
    closed = [],
    attempts = new Map(),
    archive = folderArchive('nowhere'),
  }: {
    schedule?: typeof SCHEDULE;
    until?: number;
    closed?: readonly Closed[];
    attempts?: Attempts;
    archive?: ReturnType<typeof folderArchive>;
  },
) => checkSchedule(archive, ENVIRONMENT, runs, attempts, { schedule, until }, closed);

describe('a night that clocks have twice', () => {
  const schedule = { ...SCHEDULE, cron: '30 1 * * *' };
  const [before, after] = [new Date('2026-10-31T05:30:00Z'), new Date('2026-11-02T06:30:00Z')];
  test.each(['2026-11-01T05:30:00Z', '2026-11-01T06:30:00Z'])(
    'is complete with a run at either instant: %s',
    async (run) => {
      const found = await check([before, new Date(run), after], { schedule });
      expect(found).toEqual({ scheduled: 2, missed: [], skipped: [] });
    },
  );

  test('is missed without one, and named by the first', async () => {
    const { missed } = await check([before, after], { schedule });
    expect(missed.map(({ run }) => run)).toEqual(['20261101T053000Z']);
  });
});

describe('a night without a complete run', () => {
  const gap = (besides: string) => ({
    kind: 'gap',
    run: runOf(2),
    key: keysOf(2).copy,
    message: `no complete run for 2026-11-21 02:00 America/New_York; ${besides}no unfinished attempt is kept`,
  });
  const MINUTE = 1 / (24 * 60);

  test.each([
    { name: 'none', others: [], near: undefined },
    { name: 'half a day early', others: [1.5], near: undefined },
    { name: 'a minute less early', others: [1.5 + MINUTE], near: 1.5 + MINUTE },
    { name: 'a minute less than half a day late', others: [2.5 - MINUTE], near: 2.5 - MINUTE },
    { name: 'half a day late', others: [2.5], near: undefined },
    { name: 'one early and one late', others: [1.75, 2.25], near: 1.75 },
  ])('is told with the run that may have been made in its place: $name', async ({ others, near }) => {
    const found = await check([1, ...others, 3].map(night), {});
    const besides = near === undefined ? '' : `run ${runOf(near)}, at another time, is complete; `;
    expect(found).toEqual({ scheduled: 2, missed: [gap(besides)], skipped: [] });
  });

  test('that clocks have twice has a run near it that is near to either instant', async () => {
    const [before, near, after] = ['2026-10-31T05:30:00Z', '2026-11-01T18:00:00Z', '2026-11-02T06:30:00Z'];
    const { missed } = await check(
      [before, near, after].map((time) => new Date(time)),
      { schedule: { ...SCHEDULE, cron: '30 1 * * *' } },
    );
    expect(missed.map(({ message }) => message)).toEqual([
      'no complete run for 2026-11-01 01:30 America/New_York; run 20261101T180000Z, at another time, is complete; no unfinished attempt is kept',
    ]);
  });
});

test('a night that clocks were put forward over is told, and was not due', async () => {
  const runs = ['2027-03-13T07:00:00Z', '2027-03-15T06:00:00Z'].map((time) => new Date(time));
  expect(await check(runs, {})).toEqual({
    scheduled: 1,
    missed: [],
    skipped: [
      {
        kind: 'skipped-time',
        message: 'no run was due at 2027-03-14 02:00 America/New_York: its clocks were put forward over that time',
      },
    ],
  });
});

describe('a night while the chain is closed', () => {
  test('that clocks have twice is due where it is closed at one instant only', async () => {
    const [before, after] = [new Date('2026-10-31T05:30:00Z'), new Date('2026-11-02T06:30:00Z')];
    const at = (time: string): number => Date.parse(`2026-11-01T${time}Z`);
    const missed = async (from: string, to: string) => {
      const schedule = { ...SCHEDULE, cron: '30 1 * * *' };
      const found = await check([before, after], { schedule, closed: [{ from: at(from), to: at(to) }] });
      return found.missed.map(({ run }) => run);
    };
    expect(await missed('06:00:00', '07:00:00')).toEqual(['20261101T053000Z']);
    expect(await missed('05:00:00', '06:00:00')).toEqual(['20261101T053000Z']);
    expect(await missed('05:00:00', '07:00:00')).toStrictEqual([]);
  });

  const closing = (from: number, to: number): Closed => ({ from: night(from).getTime(), to: night(to).getTime() });
  test.each([
    { name: 'between closing and reopening', closed: [closing(1.5, 4.5)], missed: [] },
    { name: 'at the instant of the closing', closed: [closing(2, 4.5)], missed: [2] },
    { name: 'at the instant of the reopening', closed: [closing(1.5, 4)], missed: [4] },
    { name: 'of which each has its own closing', closed: [closing(1.5, 2.5), closing(2.5, 4.5)], missed: [] },
  ])('is due only without that: $name', async ({ closed, missed }) => {
    const found = await check([night(1), night(5)], { closed });
    expect(found.missed.map(({ run }) => run)).toEqual(missed.map(runOf));
    expect(found.scheduled).toBe(1 + missed.length);
  });
});

describe('a night that was attempted in vain', () => {
  const folderOf = (attempt: string) => `incomplete/environment=${ENVIRONMENT}/dt=2026-11-21/${runOf(2)}-${attempt}`;

  test.each([
    {
      name: 'with its end',
      reports: ['{"verdict":"INCOMPLETE","reason":"deadline"}'],
      words: 'attempted, INCOMPLETE: deadline',
    },
    { name: 'without a reason', reports: ['{"verdict":"FAILED"}'], words: 'attempted, FAILED' },
    { name: 'without a report', reports: [undefined], words: 'attempted, no report of it can be read' },
    {
      name: 'with words that nobody may print',
      reports: ['{"verdict":"FAILED","reason":"\\u001b[2J"}'],
      words: 'attempted, no report of it can be read',
    },
    {
      name: 'with each end once',
      reports: ['{"verdict":"FAILED"}', '{"verdict":"INCOMPLETE"}', '{"verdict":"FAILED"}'],
      words: 'attempted 3 times, FAILED, INCOMPLETE',
    },
  ])('is told $name', async ({ reports, words }) => {
    const folder = await newFolder();
    const hands = tamperer(folder);
    await hands.put(`incomplete/environment=${ENVIRONMENT}/notes.txt`, 'of no attempt');
    for (const [index, report] of reports.entries()) {
      await hands.put(`${folderOf(`try${index}`)}/snapshot.jsonl.gz`, '');
      if (report !== undefined) await hands.put(attemptReport(folderOf(`try${index}`)), report);
    }
    const archive = folderArchive(folder);
    const attempts = await listAttempts(archive, ENVIRONMENT);
    expect([...attempts.keys()]).toEqual([runOf(2)]);
    const { missed } = await check([night(1), night(3)], { archive, attempts });
    expect(missed.map(({ message }) => message)).toEqual([
      `no complete run for 2026-11-21 02:00 America/New_York; ${words}`,
    ]);
  });
});
