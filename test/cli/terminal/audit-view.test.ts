import { expect, test } from '@jest/globals';
import { findingsTable, rulesTable } from '../../../cli/terminal/audit-view.ts';
import type { HighlightKind } from '../../../core/model/highlights.ts';
import { HIGHLIGHT_WORDS } from '../../../core/model/words.ts';
import { composeDigest } from '../../../core/notify/digest/digest.ts';
import { reportPage } from '../../../core/outputs/html/html.ts';
import type { Severity } from '../../../rules/engine/severity.ts';
import { aHighlight, someFacts } from '../../core/notify/digest/facts.ts';
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
