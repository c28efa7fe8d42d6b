import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import type { Report } from '../../../core/model/report.ts';
import { overviewPage, summaryOf, writeOverviewPage } from '../../../core/overview/page.ts';
import type { EnvironmentState } from '../../../core/overview/read.ts';
import { DAY_MS, HOUR_MS } from '../../../rules/engine/time.ts';
import { readText } from '../../support/archive-tree.ts';
import { NOW } from '../../support/builders.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { aReport, counts } from '../notify/digest/facts.ts';
import { wordsOf } from '../outputs/html/run-facts.ts';

const ATTESTED: Partial<Report> = {
  source: {
    kind: 'roster',
    instant: '2026-11-24T01:30:00Z',
    attestedBy: { name: 'Ada', statement: 'all', at: '2026-11-24T00:00:00Z' },
  },
};

const seen = (report: Partial<Report> = {}, differs: Partial<EnvironmentState> = {}): EnvironmentState => ({
  environmentId: 'alpha',
  last: { report: aReport(report), pageKey: 'reports/environment=alpha/report.html' },
  isClosed: false,
  changes: [],
  ...differs,
});

const NEVER: EnvironmentState = { environmentId: 'never', unseen: 'no complete run yet', isClosed: false, changes: [] };

/** The row of an environment, a cell a text. */
const rowOf = (state: EnvironmentState, now = NOW + 3 * HOUR_MS): readonly string[] => {
  const [, body = ''] = overviewPage([state], now, now).split('<tbody>');
  const [row = ''] = body.split('</tbody>');
  return row
    .split('<td')
    .slice(1)
    .map((cell) => wordsOf(`<td${cell}`).trim());
};

describe('the row of an environment', () => {
  test('of which nothing is known says nothing of it', () => {
    expect(rowOf(NEVER)).toEqual([
      'never',
      'NOT SEEN no complete run yet',
      'never',
      'unknown',
      'unknown',
      'no trend yet',
      'unknown',
      '?',
    ]);
  });

  test('in which nothing stands says so', () => {
    expect(rowOf(seen({}, { name: 'research' }))).toEqual([
      'research alpha',
      'Complete',
      '2026-11-24 02:00 UTC 3 hours before this page',
      'none',
      'nothing',
      'no trend yet',
      'nothing',
      '400',
    ]);
  });

  test('tells the worst finding, the rules of it, what stands, and the last change first', () => {
    const failing = (id: string, severity: 'CRITICAL' | 'HIGH', failed: number) =>
      ({ id, severity, state: 'ran', checked: 3, failed, notAssessed: 0 }) as const;
    const state = seen(
      {
        findings: counts({}, { CRITICAL: 1200, LOW: 1 }),
        rules: [failing('mild', 'HIGH', 1), failing('sound', 'CRITICAL', 0), failing('bad', 'CRITICAL', 1)],
      },
      {
        changes: [
          { run: '20261122T020000Z', subject: 'FinSpace a: b: 1 new', severity: 'LOW' },
          { run: '20261123T020000Z' },
          { run: '20261124T020000Z', subject: 'FinSpace research: 1 resolved', severity: 'LOW' },
        ],
      },
    );
    const [, , , worst, standing, , changed] = rowOf(state);
    expect([worst, standing, changed]).toEqual([
      'Critical bad',
      '1,200 CRITICAL, 1 LOW',
      '20261124T020000Z: 1 resolved',
    ]);
  });

  test.each([
    { ids: ['a', 'b'], says: 'High a, b' },
    { ids: ['a', 'b', 'c'], says: 'High a, b and 1 more' },
    { ids: [], says: 'High' },
  ])('names two of the rules of the worst findings: $ids', ({ ids, says }) => {
    const rules = ids.map(
      (id) => ({ id, severity: 'HIGH', state: 'ran', checked: 1, failed: 1, notAssessed: 0 }) as const,
    );
    expect(rowOf(seen({ findings: counts({}, { HIGH: 1 }), rules }))[3]).toBe(says);
  });

  test.each<{ name: string; state: EnvironmentState; says: string }>([
    { name: 'that it was late', state: seen({ late: true }), says: 'Complete LATE' },
    {
      name: 'of a saved roster',
      state: seen({ source: { kind: 'roster', instant: '2026-11-24T01:30:00Z' } }),
      says: 'Complete by a saved roster of 2026-11-24T01:30Z',
    },
    {
      name: 'of an attested roster that was late, and all that was not read',
      state: seen({
        ...ATTESTED,
        late: true,
        enriched: {
          iamRoles: { principals: 2000, read: 0, standIns: 0, unread: 2000, reason: 'AccessDenied' },
          permissionGroups: { groups: 0, risky: 0, members: 0, unread: 'AccessDenied' },
        },
      }),
      says: 'Complete LATE; ATTESTED, NOT SEEN, by a saved roster of 2026-11-24T01:30Z; 2,000 of 2,000 roles NOT READ, groups NOT READ IN FULL',
    },
    {
      name: 'that all roles and groups were read',
      state: seen({
        enriched: {
          iamRoles: { principals: 2, read: 2, standIns: 0, unread: 0 },
          permissionGroups: { groups: 0, risky: 0, members: 0 },
        },
      }),
      says: 'Complete',
    },
    { name: 'that nobody looks', state: seen({}, { isClosed: true }), says: 'Closed: nobody looks any more' },
    { name: 'that nobody saw', state: seen({}, { unseen: 'no run' }), says: 'NOT SEEN no run' },
  ])('tells $name', ({ state, says }) => {
    expect(rowOf(state)[1]).toBe(says);
  });

  test.each([
    { name: 'no gap', nights: [21, 22, 23], says: '1 to 3 in 3 runs no gap' },
    { name: 'the longest gap', nights: [1, 3, 4, 9, 10], says: '1 to 5 in 5 runs 2 gaps, the longest 5 days' },
    { name: 'of two runs', nights: [22, 23], says: '1 to 2 in 2 runs no gap' },
    { name: 'nothing of one run', nights: [24], says: 'no trend yet' },
  ])('tells the trend: $name', ({ nights, says }) => {
    const trend = nights.map(
      (night, index) => [`202611${String(night).padStart(2, '0')}T020000Z`, 1, index, 0, 0, 0] as const,
    );
    expect(rowOf(seen({ trend }))[5]).toBe(says);
  });

  test('draws the trend from side to side, a run beside the other, the most at the top and none at the bottom', () => {
    const trend = [2, 0, 4].map((medium, index) => [`2026112${index + 1}T020000Z`, 0, 0, medium, 0, 0] as const);
    const page = overviewPage([seen({ trend })], NOW, NOW);
    const [, width, height] = /<svg viewBox="0 0 (\d+) (\d+)"/.exec(page)?.map(Number) ?? [];
    const [, drawn = ''] = /<polyline points="([^"]*)"/.exec(page) ?? [];
    const [first, second, third] = drawn.split(' ').map((point) => point.split(',').map(Number));
    // A line of one and a half is drawn whole within what is shown.
    const [left, right, top, bottom] = [1, (width ?? 0) - 1, 1, (height ?? 0) - 1];
    expect([first, second, third]).toEqual([
      [left, (top + bottom) / 2],
      [(left + right) / 2, bottom],
      [right, top],
    ]);
  });

  test('draws a trend of nothing along the bottom', () => {
    const trend = [1, 2].map((day) => [`2026112${day}T020000Z`, 0, 0, 0, 0, 0] as const);
    expect(overviewPage([seen({ trend })], NOW, NOW)).toMatch(/height="(\d+)".*points="1\.0,21\.0 \d+\.0,21\.0"/);
  });

  test('links to the page of its last complete run, where it has one', () => {
    const page = overviewPage([seen()], NOW, NOW);
    expect(page).toContain('<a href="environment=alpha/report.html">2026-11-24 02:00 UTC</a>');
    expect(overviewPage([seen({}, { last: { report: aReport(), pageKey: undefined } })], NOW, NOW)).not.toContain(
      'report.html',
    );
  });
});

test('the page is of a directory that was seen in full where every environment was', () => {
  expect(overviewPage([seen(), seen()], NOW, NOW)).toContain('<body class="complete">');
  expect(overviewPage([seen(), NEVER], NOW, NOW)).toContain('<body class="incomplete">');
});

test('the row of one that nobody saw stands out, and no other', () => {
  expect(overviewPage([seen(), NEVER], NOW, NOW).match(/<tr class="odd"><td><a[^>]*>/g)).toEqual([
    '<tr class="odd"><td><a href="environment=never/index.html">',
  ]);
});

test.each([
  { conflicts: 4, ends: 'is written' },
  { conflicts: 5, ends: 'reports/index.html could not be written: others keep writing it' },
])('a page that others have written $conflicts times meanwhile $ends', async ({ conflicts, ends }) => {
  const archive = memoryArchive();
  await archive.create('reports/index.html', { bytes: Buffer.from('older') }, 'text/html');
  let left = conflicts;
  const contended: Archive = {
    ...archive,
    async replace(...given) {
      left -= 1;
      return left < 0 ? archive.replace(...given) : 'conflict';
    },
  };
  const outcome = await writeOverviewPage(contended, 'newer').then(
    () => 'is written',
    (error: unknown) => String(error),
  );
  expect(outcome).toContain(ends);
  expect(await readText(archive, 'reports/index.html')).toBe(conflicts < 5 ? 'newer' : 'older');
});

test('a page that was due is said to know nothing of what came since', () => {
  expect(overviewPage([], NOW, NOW + DAY_MS)).toContain(`data-due="${NOW + DAY_MS}" hidden`);
});

test.each([
  { name: 'nobody', states: [], says: '0 environments seen' },
  { name: 'all seen', states: [seen(), seen()], says: '2 environments seen' },
  { name: 'one never', states: [NEVER, seen()], says: '1 NOT SEEN, 1 environment seen' },
  { name: 'one attested', states: [seen(ATTESTED), seen()], says: '1 environment seen, 1 attested, not seen' },
  { name: 'one closed', states: [seen({}, { isClosed: true })], says: '0 environments seen, 1 closed' },
  {
    name: 'each once, whatever it is besides',
    states: [
      seen(ATTESTED, { unseen: 'no run' }),
      seen(ATTESTED, { isClosed: true }),
      seen(ATTESTED),
      seen(ATTESTED),
      seen(),
    ],
    says: '1 NOT SEEN, 1 environment seen, 2 attested, not seen, 1 closed',
  },
])('a sum counts $name', ({ states, says }) => {
  expect(summaryOf(states)).toBe(says);
});
