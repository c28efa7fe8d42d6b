import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { decide } from '../../../core/archive/close.ts';
import { attemptReport, chainKey, runKeys } from '../../../core/archive/keys.ts';
import { runName } from '../../../core/model/run-name.ts';
import {
  type EnvironmentState,
  lookedAt,
  type OverviewOptions,
  readOverview,
  worstChange,
  worstStanding,
} from '../../../core/overview/read.ts';
import { HOUR_MS } from '../../../rules/engine/time.ts';
import { readText } from '../../support/archive-tree.ts';
import { anApiUser, aUser } from '../../support/builders.ts';
import { archiveOf } from '../../support/chain-entries.ts';
import { aManifest } from '../../support/findings.ts';
import { auditNight, night, runOf, SCHEDULE } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { aReport, counts } from '../notify/digest/facts.ts';

let archive: Archive;
beforeEach(() => {
  archive = memoryArchive();
});

const SOUND = { listUsers: listingOf([[aUser()]]) };
const CUT = {
  listUsers: listingOf([[aUser()]], { complete: false, reason: 'deadline', message: 'too slow' } as const),
};

const hoursAfter = (number: number, hours: number): number => night(number).getTime() + hours * HOUR_MS;

/** The facts that are known of one environment. */
const stateAt = async (now: number, options: Partial<OverviewOptions> = {}): Promise<EnvironmentState> => {
  const [state] = await readOverview(archive, {
    environments: [{ id: 'alpha' }],
    schedule: undefined,
    now,
    ...options,
  });
  if (state === undefined) throw new Error('nothing is known');
  return state;
};

const closeIt = (number: number) =>
  decide(archive, 'alpha', {
    kind: 'closing',
    reason: 'ended',
    at: night(number),
    name: runName(night(number)),
    retentionYears: 7,
  });

describe('an environment of which nobody says when a run is due', () => {
  test.each([
    { name: 'one run, a night and two hours', nights: [1], hours: 26, unseen: undefined },
    { name: 'one run, longer', nights: [1], hours: 27, unseen: `no complete run since ${runOf(1)}, made 27 hours ago` },
    { name: 'runs of two days, half as long again', nights: [1, 3], hours: 72, unseen: undefined },
    {
      name: 'runs of two days, longer',
      nights: [1, 3],
      hours: 72.5,
      unseen: `no complete run since ${runOf(3)}, made 72 hours ago`,
    },
  ])('is seen as long as is usual: $name', async ({ nights, hours, unseen }) => {
    for (const number of nights) await auditNight(archive, number, SOUND, 'alpha');
    expect((await stateAt(hoursAfter(nights.at(-1) ?? 1, hours))).unseen).toBe(unseen);
  });

  test('of a config that has a schedule, but not for it, is no different', async () => {
    await auditNight(archive, 1, SOUND, 'elsewhere');
    const options = { environments: [], schedule: SCHEDULE };
    expect((await stateAt(hoursAfter(1, 25), options)).unseen).toBeUndefined();
    expect((await stateAt(hoursAfter(1, 27), options)).unseen).toContain('made 27 hours ago');
  });
});

test.each([
  { hours: 23.9, unseen: undefined },
  { hours: 24, unseen: `no complete run since ${runOf(1)}; one was due at 2026-11-21 02:00 America/New_York` },
])('one of a schedule is seen until the next run is due: after $hours hours', async ({ hours, unseen }) => {
  await auditNight(archive, 1, SOUND, 'alpha');
  expect((await stateAt(hoursAfter(1, hours), { schedule: SCHEDULE })).unseen).toBe(unseen);
});

describe('attempts since the last run', () => {
  const LAST = `no complete run since ${runOf(2)}`;

  test('are told where one came after it, the last of them', async () => {
    // One of the same day, and one at the run itself, which another one completed.
    for (const number of [1, 1.9, 2]) await auditNight(archive, number, CUT, 'alpha');
    await auditNight(archive, 2, SOUND, 'alpha');
    expect((await stateAt(hoursAfter(2, 1))).unseen).toBeUndefined();
    for (const number of [2.2, 2.3]) await auditNight(archive, number, CUT, 'alpha');
    expect((await stateAt(hoursAfter(2, 8))).unseen).toBe(
      `${LAST}; the last attempt, ${runOf(2.3)}, is INCOMPLETE (deadline)`,
    );
    // A schedule says that none was due.
    expect((await stateAt(hoursAfter(2, 8), { schedule: SCHEDULE })).unseen).toBeUndefined();
  });

  test('are not told where one at the same night broke off before another completed it', async () => {
    const folder = `incomplete/environment=alpha/dt=2026-11-21/${runOf(2)}-20261121T070500Z-abcdefgh`;
    await archive.create(attemptReport(folder), { bytes: Buffer.from('nothing') }, 'application/json');
    await auditNight(archive, 2, SOUND, 'alpha');
    expect((await stateAt(hoursAfter(2, 1))).unseen).toBeUndefined();
  });

  test.each([
    { name: 'is none', report: 'nothing', says: 'an attempt at' },
    { name: 'is of another shape', report: '{"verdict":"COMPLETE"}', says: 'an attempt at' },
  ])('whose report $name broke off', async ({ report, says }) => {
    await auditNight(archive, 2, SOUND, 'alpha');
    const folder = `incomplete/environment=alpha/dt=2026-11-22/${runOf(3)}-20261122T070000Z-abcdefgh`;
    await archive.create(attemptReport(folder), { bytes: Buffer.from(report) }, 'application/json');
    expect((await stateAt(hoursAfter(3, 1))).unseen).toBe(`${LAST}; ${says} ${runOf(3)} broke off`);
  });

  test('are told without a reason where there is none', async () => {
    await auditNight(archive, 2, SOUND, 'alpha');
    const { report } = await auditNight(archive, 3, CUT, 'elsewhere');
    const folder = `incomplete/environment=alpha/dt=2026-11-22/${runOf(3)}-20261122T070000Z-abcdefgh`;
    const bytes = Buffer.from(JSON.stringify({ ...report, reason: undefined }));
    await archive.create(attemptReport(folder), { bytes }, 'application/json');
    expect((await stateAt(hoursAfter(3, 1))).unseen).toBe(`${LAST}; the last attempt, ${runOf(3)}, is INCOMPLETE`);
  });

  test('are told where no run ever was', async () => {
    expect((await stateAt(hoursAfter(1, 1))).unseen).toBe('no complete run yet');
    await auditNight(archive, 1, CUT, 'alpha');
    expect((await stateAt(hoursAfter(1, 1))).unseen).toBe(
      `no complete run yet; the last attempt, ${runOf(1)}, is INCOMPLETE (deadline)`,
    );
  });

  test('at a closed environment are nothing that anybody waits for', async () => {
    await auditNight(archive, 1, SOUND, 'alpha');
    await closeIt(2);
    await auditNight(archive, 3, SOUND, 'alpha');
    await auditNight(archive, 3, CUT, 'alpha');
    for (const schedule of [undefined, SCHEDULE]) {
      const state = await stateAt(hoursAfter(9, 1), { schedule });
      expect([state.isClosed, state.unseen, state.last?.report.run]).toEqual([true, undefined, runOf(1)]);
    }
  });
});

test('one that can not be read is neither seen nor closed', async () => {
  const broken: Archive = { ...archive, read: () => Promise.reject(new Error('no answer\nat all')) };
  const [state] = await readOverview(broken, {
    environments: [{ id: 'alpha' }],
    schedule: SCHEDULE,
    now: night(1).getTime(),
  });
  expect(state).toStrictEqual({
    environmentId: 'alpha',
    unseen: "what is archived of it can't be read: no answer at all",
    isClosed: false,
    changes: [],
  });
});

test.each([
  { length: 200, shown: 'x'.repeat(200) },
  { length: 201, shown: `${'x'.repeat(197)}...` },
])('the reason for which one can not be read has 200 characters: $length', async ({ length, shown }) => {
  archive = { ...archive, read: () => Promise.reject(new Error('x'.repeat(length))) };
  expect((await stateAt(night(1).getTime())).unseen).toBe(`what is archived of it can't be read: ${shown}`);
});

test.each([
  { name: 'of a service at its instant', source: { kind: 'finspace' }, looked: '2026-11-20T07:00:00Z' },
  { name: 'of before sources were told of at its instant', source: undefined, looked: '2026-11-20T07:00:00Z' },
  {
    name: 'of a saved roster when that was read',
    source: { kind: 'roster', readAt: '2026-11-22T07:00:00Z' },
    looked: '2026-11-22T07:00:00Z',
  },
] as const)('a run $name looked', ({ source, looked }) => {
  const manifest = { ...aManifest(), asOf: '2026-11-20T07:00:00Z' };
  expect(lookedAt({ ...manifest, ...(source && { source }) })).toBe(Date.parse(looked));
});

describe('what changed', () => {
  /** Somebody else fails each night. */
  const auditChanging = async (...numbers: readonly number[]): Promise<void> => {
    for (const number of numbers)
      await auditNight(
        archive,
        number,
        { listUsers: listingOf([[aUser(), anApiUser({ userId: `bad${number}`, type: 'SUPER_USER' })]]) },
        'alpha',
      );
  };
  const runsOf = ({ changes }: EnvironmentState) => changes.map(({ run }) => run);

  test('is told of each run since the one that was told last, and of the last alone where none was', async () => {
    await auditChanging(1, 2, 3);
    const now = hoursAfter(3, 1);
    expect(runsOf(await stateAt(now))).toEqual([runOf(3)]);
    expect(runsOf(await stateAt(now, { notified: { alpha: runOf(1) } }))).toEqual([runOf(2), runOf(3)]);
    expect(runsOf(await stateAt(now, { notified: { alpha: runOf(3) } }))).toEqual([]);
    expect(runsOf(await stateAt(now, { notified: {} }))).toEqual([runOf(1), runOf(2), runOf(3)]);
    const [state] = (await stateAt(now)).changes;
    expect(state).toMatchObject({ severity: 'HIGH', subject: expect.stringContaining('alpha') });
  });

  test('is told as far back as the history can be read', async () => {
    await auditChanging(1, 2, 3);
    const key = chainKey('alpha', 1);
    await archive.replace(key, { bytes: Buffer.from('{}') }, 'application/json', (await archive.read(key))?.version);
    const state = await stateAt(hoursAfter(3, 1), { notified: {} });
    expect([runsOf(state), state.unseen]).toEqual([[runOf(2), runOf(3)], undefined]);
  });

  test('of a quiet run is nothing', async () => {
    for (const number of [1, 2]) await auditNight(archive, number, SOUND, 'alpha');
    expect((await stateAt(hoursAfter(2, 1))).changes).toEqual([{ run: runOf(2) }]);
  });

  test('is told past the closing of an environment that was opened again', async () => {
    await auditChanging(1);
    await closeIt(2);
    await decide(archive, 'alpha', {
      kind: 'reopened',
      reason: 'on again',
      at: night(3),
      name: runName(night(3)),
      retentionYears: 7,
    });
    await auditChanging(4);
    expect(runsOf(await stateAt(hoursAfter(4, 1), { notified: {} }))).toEqual([runOf(1), runOf(4)]);
  });
});

test('the last run is known with its place in the chain and its page', async () => {
  await auditNight(archive, 1, SOUND, 'alpha');
  const { last } = await stateAt(hoursAfter(1, 1));
  expect(last?.head).toMatch(/^1:[\da-f]{64}$/);
  expect(last?.pageKey).toBe(`reports/environment=alpha/dt=2026-11-20/${runOf(1)}/report.html`);
});

test('of a run of before there were places none is told', async () => {
  await auditNight(archive, 1, SOUND, 'alpha');
  const { manifest } = runKeys('alpha', night(1));
  const { sequence: _, ...entry } = JSON.parse(await readText(archive, manifest));
  const [report, digest] = [entry.objects.report.key, entry.objects.digest.key];
  const texts = { [report]: await readText(archive, report), [digest]: await readText(archive, digest) };
  archive = await archiveOf({ [manifest]: entry, ...texts });
  const { last } = await stateAt(hoursAfter(1, 1));
  expect(last?.report.run).toBe(runOf(1));
  expect(last).not.toHaveProperty('head');
});

test('what nobody saw comes first, then what fails worst and most, then by id; others only where asked for', async () => {
  const api = (n: number) => aUser({ userId: `m${n}`, apiAccess: 'ENABLED' });
  const failing = (count: number) => ({
    listUsers: listingOf([[aUser(), ...Array.from({ length: count }, (_, n) => api(n))]]),
  });
  const privileged = { listUsers: listingOf([[aUser(), anApiUser({ userId: 'bad', type: 'SUPER_USER' })]]) };
  for (const [id, settings] of Object.entries({
    b: SOUND,
    a: SOUND,
    most: failing(3),
    fewer: failing(2),
    worst: privileged,
  }))
    await auditNight(archive, 1, settings, id);
  const environments = ['b', 'a', 'fewer', 'never'].map((id) => ({ id, name: id === 'b' ? 'Bee' : undefined }));
  const read = async (options: Partial<OverviewOptions> = {}) =>
    readOverview(archive, { environments, schedule: undefined, now: hoursAfter(1, 1), ...options });
  expect((await read()).map(({ environmentId }) => environmentId)).toEqual([
    'never',
    'worst',
    'most',
    'fewer',
    'a',
    'b',
  ]);
  const own = await read({ ownOnly: true });
  expect(own.map(({ environmentId }) => environmentId)).toEqual(['never', 'fewer', 'a', 'b']);
  expect(own.map((state) => 'name' in state)).toEqual([false, false, false, true]);
});

test('of those that nobody saw, who never had a run is no worse than who has no findings', async () => {
  await auditNight(archive, 1, SOUND, 'a');
  const environments = ['never', 'a'].map((id) => ({ id }));
  const states = await readOverview(archive, { environments, schedule: SCHEDULE, now: hoursAfter(9, 1) });
  expect(states.map(({ environmentId }) => environmentId)).toEqual(['a', 'never']);
});

test('many environments are each read once', async () => {
  const environments = Array.from({ length: 33 }, (_, n) => ({ id: `e${String(n).padStart(2, '0')}` }));
  const states = await readOverview(archive, { environments, schedule: undefined, now: night(1).getTime() });
  expect(states.map(({ environmentId }) => environmentId)).toEqual(environments.map(({ id }) => id));
});

describe('of a state', () => {
  const state = (differs: Partial<EnvironmentState>): EnvironmentState => ({
    environmentId: 'alpha',
    isClosed: false,
    changes: [],
    ...differs,
  });

  test('the worst that stands is unknown where nothing is, and none where nothing does', () => {
    const standing = (...of: Parameters<typeof counts>) =>
      worstStanding(state({ last: { report: aReport({ findings: counts(...of) }), pageKey: undefined } }));
    expect(worstStanding(state({}))).toBeUndefined();
    expect(standing({ waived: 3, event: 2 })).toBeUndefined();
    expect(standing({}, { LOW: 3, HIGH: 1 })).toBe('HIGH');
  });

  test('the worst change is that of the digests; one that nobody knows may be any', () => {
    const change = (...severities: readonly (string | undefined)[]) =>
      worstChange(state({ changes: severities.map((severity) => ({ run: 'r', ...(severity && { severity }) })) }));
    expect(change()).toBeUndefined();
    expect(change(undefined)).toBeUndefined();
    expect(change('LOW', undefined, 'MEDIUM')).toBe('MEDIUM');
    expect(change('LOW', 'SEVERE')).toBe('CRITICAL');
  });
});
