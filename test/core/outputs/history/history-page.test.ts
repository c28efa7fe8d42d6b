import { describe, expect, test } from '@jest/globals';
import type { Report } from '../../../../core/model/report.ts';
import { runName } from '../../../../core/model/run-name.ts';
import {
  type EarlierYear,
  earlierYearOf,
  type HistoryRow,
  historyPage,
  historyRowOf,
  inOrder,
  readHistoryPage,
  rowsToMove,
  yearPage,
} from '../../../../core/outputs/history/history-page.ts';
import { DAY_MS } from '../../../../rules/engine/time.ts';
import { aReport, counts } from '../../notify/digest/facts.ts';
import { wordsOf } from '../html/run-facts.ts';

const ENVIRONMENT = 'vs57phhvijir4kv5rf6ywt';
const FIRST = Date.UTC(2026, 10, 1, 2);

const row = (days: number, found = 1): HistoryRow => [
  runName(new Date(FIRST + days * DAY_MS)),
  'COMPLETE',
  '',
  400,
  0,
  found,
  0,
  0,
  0,
];
const attempt = (days: number): HistoryRow => {
  const [name] = row(days);
  return [`${name}-try`, 'INCOMPLETE', 'deadline', 100, 0, 1, 0, 0, 0];
};
const rows = (...days: readonly number[]) => days.map((day) => row(day));

/** The lines of the table of runs, without markup. */
const linesOf = (page: string): readonly string[] =>
  (/<table class="runs">.*?<tbody>(.*?)<\/tbody>/s.exec(page)?.[1] ?? '')
    .trim()
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/<[^>]*>/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    );

const pageOf = (all: readonly HistoryRow[], earlier: readonly EarlierYear[] = []): string =>
  historyPage(ENVIRONMENT, 'research', { rows: all, earlier });

test('lists the runs, the latest first, with links to their reports', () => {
  const page = pageOf([row(0), attempt(1), row(1, 7)]);
  expect(linesOf(page)).toEqual([
    '2026-11-02 02:00 Complete 400 0 7 0 0 0',
    '2026-11-02 02:00 INCOMPLETE deadline 100 0 1 0 0 0',
    '2026-11-01 02:00 Complete 400 0 1 0 0 0',
  ]);
  expect(page).toContain('href="dt=2026-11-02/20261102T020000Z/report.html"');
  expect(page).toContain(
    `href="../../incomplete/environment=${ENVIRONMENT}/dt=2026-11-02/20261102T020000Z-try/report.html"`,
  );
  expect(page).toContain('1 attempt that did not end complete');
});

test('links a complete run whose report for machines is gone to where runs are', () => {
  const [name] = row(0);
  const page = pageOf([[name, 'FAILED', 'its report.json is missing', 0, 0, 0, 0, 0, 0]]);
  expect(page).toContain(`href="dt=2026-11-01/${name}/report.html"`);
  expect(page).not.toContain('href="../../incomplete');
});

test.each([
  [1, 'each complete run'],
  [89, 'each complete run'],
  [90, 'the last 90 complete runs'],
  [91, 'the last 90 complete runs'],
])('says of %d runs which the trend has', (count, which) => {
  const page = pageOf(rows(...Array.from({ length: count }, (_, day) => day)));
  expect(page).toContain(`What stood at the end of ${which}, by severity.`);
});

test.each([
  ['complete', [attempt(0), row(1)]],
  ['incomplete', [row(0), attempt(1)]],
  ['incomplete', []],
])('has the colour of the latest run: %s', (colour, all) => {
  expect(pageOf(all)).toContain(`<body class="${colour}">`);
});

describe('a gap', () => {
  test.each([
    { name: 'none in a row of nights', days: [0, 1, 2, 3], gaps: [] },
    { name: 'a night without a run', days: [0, 1, 2, 4, 5], gaps: ['No complete run for 2 days'] },
    { name: 'a run that was late', days: [0, 1, 2, 3.5, 4], gaps: [] },
    { name: 'a run that was too late', days: [0, 1, 2, 3.6, 4], gaps: ['No complete run for 38 hours'] },
  ])('$name', ({ days, gaps }) => {
    expect(linesOf(pageOf(rows(...days))).filter((line) => line.startsWith('No'))).toEqual(gaps);
  });

  test('is one though attempts were made in it', () => {
    expect(linesOf(pageOf([...rows(0, 1, 2), attempt(3), row(4), row(5)]))).toContain('No complete run for 2 days');
  });
});

test('says at once when the latest attempt is not complete', () => {
  const words = 'The latest attempt, 2026-11-02 02:00 UTC, is INCOMPLETE: deadline.';
  expect(pageOf([row(0), attempt(1)])).toContain(words);
  expect(pageOf([row(0), attempt(1), row(1)])).not.toContain('The latest attempt');
});

test('without a complete run it says so', () => {
  expect(pageOf([attempt(0)])).toContain('No run was complete yet.');
  expect(wordsOf(pageOf([attempt(0)]))).toContain('This page knows of no complete run ever: nobody has looked');
});

/** A row of a run that was late. */
const late = (days: number): HistoryRow => {
  const [name, verdict, , ...numbers] = row(days);
  return [name, verdict, 'late', ...numbers];
};

test.each<{ name: string; all: readonly HistoryRow[]; says: string }>([
  {
    name: 'the last complete one, whatever came after it',
    all: [row(0, 5), row(1, 2), attempt(2)],
    says: 'The latest complete run, 2026-11-02 02:00 UTC , judged 400 users: 2 findings stand .',
  },
  {
    name: 'that one finding stands',
    all: [row(0)],
    says: 'The latest complete run, 2026-11-01 02:00 UTC , judged 400 users: 1 finding stands .',
  },
  {
    name: 'that it was late',
    all: [row(0), late(1)],
    says: 'The latest complete run, 2026-11-02 02:00 UTC ( late ), judged 400 users: 1 finding stands .',
  },
])('says what stands: $name', ({ all, says }) => {
  expect(wordsOf(pageOf(all))).toContain(says);
});

test('marks a complete run that was late, and no other', () => {
  expect(linesOf(pageOf([late(0), row(1)]))).toEqual([
    '2026-11-02 02:00 Complete 400 0 1 0 0 0',
    '2026-11-01 02:00 Complete late 400 0 1 0 0 0',
  ]);
  expect(pageOf([row(0)])).not.toContain('<b></b>');
});

test.each([
  { name: 'half as long again as is usual after the last complete run', all: [...rows(0, 1), attempt(2)], due: 2.5 },
  { name: 'that, whatever was usual long ago', all: rows(0, 7, 8, 9, 10), due: 11.5 },
])('is said to be old $name', ({ all, due }) => {
  expect(pageOf(all)).toContain(`data-due="${FIRST + due * DAY_MS}" hidden`);
  expect(wordsOf(pageOf(all))).toContain(
    `This page knows of no complete run since ${new Date(FIRST + (due - 1.5) * DAY_MS).toISOString().slice(0, 10)} 02:00 UTC`,
  );
});

test('of one run nobody knows what is usual', () => {
  expect(pageOf([row(0)])).toContain('data-due="0" hidden');
});

test('has the trend of complete runs alone', () => {
  const chartOf = (all: readonly HistoryRow[]) => /<h2 id="trend-title">.*?<\/section>/s.exec(pageOf(all))?.[0];
  const chart = chartOf([row(0), attempt(0.5), row(1)]);
  expect(chart).toContain('<svg');
  expect(chart).toBe(chartOf([row(0), row(1)]));
});

test('goes by the name of its environment, else by its id', () => {
  expect(pageOf([row(0)])).toContain('<title>research: FinSpace access audits</title>');
  expect(pageOf([row(0)])).toContain('<h1><bdi>research</bdi></h1>');
  const unnamed = historyPage(ENVIRONMENT, undefined, { rows: [row(0)], earlier: [] });
  expect(unnamed).toContain(`<title>${ENVIRONMENT}: FinSpace access audits</title>`);
  expect(unnamed).toContain(`<h1><bdi>${ENVIRONMENT}</bdi></h1>`);
});

test('runs are in order, and of one run the attempts come first, as they were made', () => {
  const [run] = row(1);
  const another: HistoryRow = [`${run}-zzz`, 'FAILED', 'config', 0, 0, 0, 0, 0, 0];
  const ordered = [row(0), attempt(1), another, row(1), attempt(2)];
  expect(ordered.toSorted(inOrder)).toEqual(ordered);
  expect(ordered.toReversed().toSorted(inOrder)).toEqual(ordered);
  expect([...ordered.slice(2), ...ordered.slice(0, 2)].toSorted(inOrder)).toEqual(ordered);
  expect(inOrder(row(1), row(1, 7))).toBe(0);
});

const RAN = { id: 'stale-login', severity: 'MEDIUM', state: 'ran', checked: 1, failed: 0, notAssessed: 0 } as const;

test.each<{ name: string; report: Partial<Report>; is: readonly [verdict: string, reason: string] }>([
  { name: 'complete', report: {}, is: ['COMPLETE', ''] },
  { name: 'late', report: { late: true }, is: ['COMPLETE', 'late'] },
  {
    name: 'late, of an attested roster',
    report: {
      late: true,
      source: { kind: 'roster', attestedBy: { name: 'Ada', statement: 'all', at: '2026-11-24T00:00:00Z' } },
    },
    is: ['COMPLETE', 'late, attested, not seen'],
  },
  {
    name: 'on a history that somebody accepted',
    report: { acceptedHistory: { sha256: 'a', reason: 'restored', problem: 'it lacks a run' } },
    is: ['COMPLETE', 'history accepted'],
  },
  {
    name: 'without an answer for everybody by one rule, and with one that is off',
    report: { rules: [RAN, { ...RAN, notAssessed: 1 }, { ...RAN, state: 'off', checked: 0 }] },
    is: ['COMPLETE', '1 rule not fully judged'],
  },
  {
    name: 'late, and without an answer for anybody by two rules',
    report: { late: true, rules: [0, 1].map(() => ({ ...RAN, state: 'not-assessed' as const })) },
    is: ['COMPLETE', 'late, 2 rules not fully judged'],
  },
  { name: 'cut', report: { verdict: 'INCOMPLETE', reason: 'deadline', late: true }, is: ['INCOMPLETE', 'deadline'] },
])('the row of a run that is $name says so', ({ report, is }) => {
  const findings = counts({}, { CRITICAL: 1, HIGH: 2, MEDIUM: 3, LOW: 4, INFORMATIONAL: 5 });
  expect(historyRowOf(aReport({ findings, ...report }), 'name')).toEqual(['name', ...is, 400, 1, 2, 3, 4, 5]);
});

test('a year is summed up by its complete runs, others, and the last complete one', () => {
  expect(earlierYearOf('2026', [row(0), row(1), attempt(2)])).toEqual(['2026', 2, 1, '20261102T020000Z']);
  expect(earlierYearOf('2026', [attempt(2)])).toEqual(['2026', 0, 1, '']);
});

describe('its rows', () => {
  test('are read back as they were', () => {
    const all = [row(0), attempt(1), row(1)];
    expect(readHistoryPage(pageOf(all), ENVIRONMENT)).toEqual({ rows: all, earlier: [] });
  });

  test('are not read from the page of another environment', () => {
    expect(readHistoryPage(pageOf([row(0)]), 'another')).toBeUndefined();
  });

  test.each<{ name: string; wrong: readonly unknown[] }>([
    { name: 'none', wrong: ['20261101T020000Z'] },
    { name: 'of no run', wrong: ['../20261101T020000Z', ...row(0).slice(1)] },
    { name: 'of no verdict', wrong: [row(0)[0], 'FINE', ...row(0).slice(2)] },
    { name: 'without a reason', wrong: [row(0)[0], 'FAILED', null, ...row(0).slice(3)] },
    { name: 'with half a user', wrong: [...row(0).slice(0, 3), 0.5, ...row(0).slice(4)] },
    { name: 'with fewer findings than none', wrong: [...row(0).slice(0, 8), -1] },
    { name: 'with more than belongs to it', wrong: [...row(0), 1] },
  ])('are not read where one is $name', ({ wrong }) => {
    const page = pageOf([row(0)]);
    const changed = page.replace(JSON.stringify([row(0)]), JSON.stringify([row(0), wrong]));
    expect(changed).not.toBe(page);
    expect(readHistoryPage(changed, ENVIRONMENT)).toBeUndefined();
  });

  test('are read from a page of before there were pages of years', () => {
    const page = pageOf([row(0)]);
    const before = page.replace(',"earlier":[]', '');
    expect(before).not.toBe(page);
    expect(readHistoryPage(before, ENVIRONMENT)).toEqual({ rows: [row(0)], earlier: [] });
  });

  test('of a day that there is not keep no page from being written', () => {
    const strange: HistoryRow = ['20261399T020000Z', 'COMPLETE', '', 400, 0, 0, 0, 0, 0];
    expect(linesOf(pageOf([strange]))).toEqual(['1970-01-01 00:00 Complete 400 0 0 0 0 0']);
    expect(pageOf([strange])).toContain('href="dt=1970-01-01/20261399T020000Z/report.html"');
  });

  test('can not end the element that they stand in', () => {
    const reason = '</script><script>alert(1)</script>';
    const [name] = attempt(0);
    const all: readonly HistoryRow[] = [[name, 'FAILED', reason, 0, 0, 0, 0, 0, 0]];
    const page = pageOf(all);
    expect(page).not.toContain(reason);
    expect(readHistoryPage(page, ENVIRONMENT)?.rows).toEqual(all);
  });
});

describe('years of runs that have pages of their own', () => {
  const earlier: readonly EarlierYear[] = [
    ['2024', 366, 0, '20241231T020000Z'],
    ['2025', 1000, 2, '20251231T020000Z'],
  ];

  test('are told and linked to, the latest first, and counted', () => {
    const page = pageOf(rows(0, 1), earlier);
    expect(page).toContain(
      '1,368 complete runs and 2 attempts that did not end complete. The last 2 of them stand here.',
    );
    expect([...page.matchAll(/<li><a href="year.*?(?=<li>|<\/ul>)/gs)].map(([item]) => item)).toEqual([
      '<li><a href="year=2025/index.html">2025</a>: 1,000 complete runs and 2 attempts that did not end complete.',
      '<li><a href="year=2024/index.html">2024</a>: 366 complete runs and 0 attempts that did not end complete.',
    ]);
    expect(readHistoryPage(page, ENVIRONMENT)).toEqual({ rows: rows(0, 1), earlier });
  });

  test('are none where all have room', () => {
    expect(pageOf(rows(0))).not.toContain('Earlier runs');
    expect(wordsOf(pageOf(rows(0)))).toContain('1 complete run and 0 attempts that did not end complete. The latest');
    expect(pageOf(rows(0), earlier.slice(1))).toContain('<li><a href="year=2025/index.html">');
  });

  test('a gap after the last of them is told', () => {
    expect(linesOf(pageOf(rows(0, 1, 2), earlier)).at(-1)).toBe('No complete run for 305 days');
    const attempts: EarlierYear = ['2026', 0, 3, ''];
    expect(linesOf(pageOf(rows(0, 1, 2), [...earlier, attempts])).at(-1)).toBe('No complete run for 305 days');
    const before: readonly EarlierYear[] = [['2026', 5, 0, runName(new Date(FIRST - DAY_MS))]];
    expect(linesOf(pageOf(rows(0, 1, 2), before))).toHaveLength(3);
  });

  test('their pages have their rows, with links from there', () => {
    const all = [row(0), attempt(1), row(2)];
    const page = yearPage(ENVIRONMENT, 'research', '2026', { rows: all, earlier });
    expect(linesOf(page)).toEqual([
      '2026-11-03 02:00 Complete 400 0 1 0 0 0',
      '2026-11-02 02:00 INCOMPLETE deadline 100 0 1 0 0 0',
      '2026-11-01 02:00 Complete 400 0 1 0 0 0',
      'No complete run for 305 days',
    ]);
    expect(page).toContain('href="../dt=2026-11-01/20261101T020000Z/report.html"');
    expect(page).toContain(
      `href="../../../incomplete/environment=${ENVIRONMENT}/dt=2026-11-02/20261102T020000Z-try/report.html"`,
    );
    expect(page).toContain('href="../index.html"');
    expect(page).toContain('<script></script>');
    expect(page).toContain('2 complete runs and 1 attempt that did not end complete.');
    expect(readHistoryPage(page, ENVIRONMENT)?.rows).toEqual(all);
  });

  test('are told apart from the page of all runs by what stands above, and on each sheet', () => {
    const of = (page: string) => [
      /<p class="over">(.*?)<\/p>/.exec(page)?.[1],
      /@top-right \{ content: "(.*?)"/.exec(page)?.[1],
    ];
    expect(of(pageOf(rows(0)))).toEqual(['FinSpace access audits', `${ENVIRONMENT} - all runs`]);
    expect(of(yearPage(ENVIRONMENT, 'research', '2026', { rows: rows(0), earlier: [] }))).toEqual([
      'FinSpace access audits, 2026',
      `${ENVIRONMENT} - 2026`,
    ]);
  });

  test.each([
    { name: 'few runs', runs: 300, attempts: 0, moved: 0 },
    { name: 'one too many', runs: 301, attempts: 0, moved: 151 },
    { name: 'many attempts since the runs of the trend', runs: 100, attempts: 450, moved: 10 },
    { name: 'fewer runs than the trend has', runs: 89, attempts: 450, moved: 0 },
  ])('of $name, $moved rows move', ({ runs, attempts, moved }) => {
    const days = Array.from({ length: runs }, (_, day) => row(day));
    const tries = Array.from({ length: attempts }, (_, day) => attempt(runs + day));
    expect(rowsToMove([...days, ...tries])).toBe(moved);
  });

  test('are summed up by their last complete run', () => {
    expect(earlierYearOf('2026', [row(0), attempt(1)])).toEqual(['2026', 1, 1, '20261101T020000Z']);
    expect(earlierYearOf('2026', [attempt(1)])).toEqual(['2026', 0, 1, '']);
  });
});

test('ten years of nights stay below 1 MB', () => {
  const years = Array.from({ length: 3650 }, (_, day): HistoryRow => {
    const [name] = row(day);
    return [name, 'COMPLETE', '', 10_000, 12, 345, 2345, 3456, 1234];
  });
  expect(Buffer.byteLength(pageOf(years))).toBeLessThan(1_000_000);
});
