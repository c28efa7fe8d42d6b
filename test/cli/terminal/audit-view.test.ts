import { expect, test } from '@jest/globals';
import { summaryText } from '../../../cli/run/all.ts';
import { failingText, findingsTable, rulesTable, verdictText } from '../../../cli/terminal/audit-view.ts';
import { EXIT, type ExitCode } from '../../../cli/terminal/exit-codes.ts';
import type { HighlightKind } from '../../../core/model/highlights.ts';
import type { Report } from '../../../core/model/report.ts';
import { HIGHLIGHT_WORDS } from '../../../core/model/words.ts';
import { composeDigest } from '../../../core/notify/digest/digest.ts';
import { reportPage } from '../../../core/outputs/html/html.ts';
import type { Severity } from '../../../rules/engine/severity.ts';
import { aHighlight, aReport, someFacts } from '../../core/notify/digest/facts.ts';
import { someRunFacts } from '../../core/outputs/html/run-facts.ts';

const terminal = { width: 200, paint: (_format: unknown, text: string) => text };
const KINDS = ['reopened', 'waiver-ended', 'event', 'resolved'] as const satisfies readonly HighlightKind[];

test('a rule whose findings differ in severity has a true count for each, on the terminal and in the mail', () => {
  const of = (severity: Severity, count: number) => Array.from({ length: count }, () => ({ severity }));
  const highlights = [
    aHighlight('new', ...of('CRITICAL', 2), ...of('LOW', 1)),
    aHighlight('reopened', ...of('LOW', 1)),
    aHighlight('new', { ruleId: 'shared-principal', severity: 'HIGH' }),
    aHighlight('resolved', ...of('HIGH', 4)),
  ];
  expect(rulesTable(terminal, highlights, new Map([['stale-login', 'Recent']]))).toBe(
    [
      'SEVERITY  FAILING  RULE              WHAT IS REQUIRED',
      'CRITICAL        2  stale-login       Recent',
      'HIGH            1  shared-principal',
      'LOW             2  stale-login       Recent',
      '',
    ].join('\n'),
  );
  const { body = '' } = composeDigest(someFacts({ highlights })) ?? {};
  expect(body).toContain('CRITICAL stale-login: 2 new\n');
  expect(body).toContain('LOW stale-login: 1 new, 1 reopened\n');
  expect(body).toContain('HIGH shared-principal: 1 new\n');
});

test.each(KINDS)('%s has one word on the terminal, on the page and in the mail', (kind) => {
  const { tag } = HIGHLIGHT_WORDS[kind];
  const highlights = [aHighlight(kind)];
  expect(findingsTable(terminal, highlights)).toContain(` ${tag} `);
  expect(reportPage(someRunFacts({ highlights }))).toContain(`<span class="state ${kind}">${tag}</span>`);
  expect(composeDigest(someFacts({ highlights }))?.subject).toContain(`1 ${tag}`);
});

test('many rules have a finding each, with how many more there are; the worst come first', () => {
  const many = Array.from({ length: 40 }, (_, n) => ({
    ...aHighlight('new', { ruleId: `rule-${n}`, severity: n === 0 ? ('HIGH' as const) : ('LOW' as const) }),
    count: 400,
  }));
  const lines = findingsTable(terminal, many, 'findings.csv').trimEnd().split('\n');
  expect(lines).toHaveLength(1 + 25 + 1);
  expect(lines[1]).toMatch(/^HIGH .* rule-0: .* \(and 399 more\)$/);
  expect(lines.at(-1)).toBe('and 15,975 more in findings.csv');
});

const LATE = {
  late: true,
  listing: { startedAt: '2026-12-01T02:10:00.000Z', endedAt: '2026-12-01T02:20:00.000Z' },
} as const;
const ATTESTED = {
  source: { kind: 'roster', attestedBy: { name: 'Ada', statement: 'all', at: '2026-11-24T02:00:00.000Z' } },
} as const;
const FAILED = { verdict: 'FAILED', reason: 'access-denied', counts: { ...aReport().counts, users: 0 } } as const;
const PARTLY = { id: 'stale-login', severity: 'MEDIUM', checked: 1, failed: 0 } as const;

test.each<{ name: string; report: Partial<Report>; verdict: string; failing: string }>([
  { name: 'saw everybody', report: {}, verdict: 'COMPLETE', failing: 'nothing' },
  { name: 'was late', report: LATE, verdict: 'COMPLETE, LATE', failing: 'nothing' },
  { name: 'is attested', report: ATTESTED, verdict: 'COMPLETE, ATTESTED, NOT SEEN', failing: 'nothing' },
  {
    name: 'did not judge everybody',
    report: { rules: [{ ...PARTLY, state: 'ran', notAssessed: 1 }] },
    verdict: 'COMPLETE',
    failing: 'nothing among what was judged',
  },
  {
    name: 'has a rule that is off',
    report: { rules: [{ ...PARTLY, state: 'off', notAssessed: 0 }] },
    verdict: 'COMPLETE',
    failing: 'nothing',
  },
  {
    name: 'saw a part',
    report: { verdict: 'INCOMPLETE', reason: 'deadline' },
    verdict: ' INCOMPLETE  deadline',
    failing: 'nothing among what was seen',
  },
  { name: 'saw nobody', report: FAILED, verdict: ' FAILED  access-denied', failing: 'not known, nobody was seen' },
])('of a run that $name no more is said than that', ({ report, verdict, failing }) => {
  expect(verdictText(aReport(report), terminal.paint)).toBe(verdict);
  expect(failingText(aReport(report), terminal.paint)).toBe(failing);
});

test.each<{ says: string; reports: readonly Partial<Report>[]; code?: ExitCode }>([
  { says: '2 environments: every one is COMPLETE', reports: [{}, {}] },
  { says: '2 environments: every one is COMPLETE; 1 late, or attested and not seen', reports: [LATE, {}] },
  { says: '1 environment: every one is COMPLETE; 1 late, or attested and not seen', reports: [ATTESTED] },
  { says: '1 environment: every one is COMPLETE; of 1 nobody could be told', reports: [{}], code: EXIT.notComplete },
  {
    says: '1 of 2 environments NOT COMPLETE: nothing is known of what was not seen; 1 late, or attested and not seen',
    reports: [FAILED, ATTESTED],
  },
])('run --all sums up: $says', ({ says, reports, code = EXIT.ok }) => {
  const result = (report: Partial<Report>) => ({
    report: aReport(report),
    highlights: [],
    deliveries: {},
    objects: {},
    wasDone: false,
    warnings: [],
  });
  expect(summaryText(reports.map((report) => ({ result: result(report), code })))).toBe(says);
});
