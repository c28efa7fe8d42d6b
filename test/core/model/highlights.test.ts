import { expect, test } from '@jest/globals';
import { isInBand } from '../../../core/model/band.ts';
import {
  collectHighlights,
  type HighlightKind,
  highlightWithin,
  isNews,
  kindOf,
} from '../../../core/model/highlights.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import type { Severity } from '../../../rules/engine/severity.ts';

const finding = (ruleId: string, n: number, over: Partial<Finding> = {}): Finding => ({
  id: `env/${ruleId}/u${n}`,
  ruleId,
  severity: 'LOW',
  state: 'new',
  subject: { kind: 'user', id: `u${n}` },
  message: 'm',
  evidence: {},
  controls: [],
  firstSeen: '',
  lastSeen: '',
  runs: 1,
  ...over,
});

const highlightsOf = (findings: readonly Finding[], isReminderDue?: (finding: Finding) => boolean) => {
  const highlights = collectHighlights(isReminderDue);
  for (const one of findings) highlights.add(one);
  return highlights.list();
};

test('groups by rule and kind, the worst first', () => {
  const list = highlightsOf([
    finding('a', 1),
    finding('b', 1, { state: 'open' }),
    finding('b', 2, { state: 'open', severity: 'HIGH', escalatedFrom: 'LOW' }),
    finding('a', 2, { severity: 'MEDIUM' }),
  ]);
  expect(list.map(({ ruleId, kind, severity, count }) => [ruleId, kind, severity, count])).toEqual([
    ['b', 'escalated', 'HIGH', 1],
    ['a', 'new', 'MEDIUM', 2],
    ['b', 'open', 'LOW', 1],
  ]);
  expect(list[1]?.findings.map(({ subject }) => subject.id)).toEqual(['u2', 'u1']);
});

test('counts those of one rule and kind by severity', () => {
  const [only] = highlightsOf(
    (['LOW', 'CRITICAL', 'LOW', 'MEDIUM', 'CRITICAL', 'LOW'] as const).map((severity, n) =>
      finding('a', n, { severity }),
    ),
  );
  expect(only).toMatchObject({ severity: 'CRITICAL', count: 6 });
  expect(only?.severities).toStrictEqual({ LOW: 3, MEDIUM: 1, CRITICAL: 2 });
  expect(only?.findings.map(({ subject }) => subject.id)).toEqual(['u1', 'u4', 'u3', 'u0', 'u2', 'u5']);
});

test.each([
  { arrived: 100, kept: 100 },
  { arrived: 101, kept: 100 },
])('of $arrived findings alike $kept are kept, and all are counted', ({ arrived, kept }) => {
  const [only] = highlightsOf(Array.from({ length: arrived }, (_, n) => finding('a', n)));
  expect(only).toMatchObject({ count: arrived });
  expect(only?.findings).toHaveLength(kept);
});

test('a late severe finding is kept where a hundred mild ones came before it', () => {
  const list = highlightsOf([
    ...Array.from({ length: 200 }, (_, n) => finding('a', n)),
    finding('a', 999, { severity: 'CRITICAL' }),
  ]);
  expect(list[0]).toMatchObject({ severity: 'CRITICAL', count: 201 });
  expect(list[0]?.findings[0]?.subject.id).toBe('u999');
  expect(list[0]?.findings).toHaveLength(100);
});

test('of each severity some are kept, whatever number is worse', () => {
  const [list] = highlightsOf([
    ...Array.from({ length: 200 }, (_, n) => finding('a', n, { severity: 'CRITICAL' })),
    ...Array.from({ length: 200 }, (_, n) => finding('a', n, { severity: 'MEDIUM' })),
    finding('a', 1, { severity: 'LOW' }),
  ]);
  const keptOf = (severity: Severity) => list?.findings.filter((one) => one.severity === severity).length;
  expect([keptOf('CRITICAL'), keptOf('MEDIUM'), keptOf('LOW')]).toEqual([100, 20, 1]);
});

test.each<{ minSeverity: Severity; maxSeverity: Severity; there: readonly object[] }>([
  { minSeverity: 'LOW', maxSeverity: 'LOW', there: [] },
  {
    minSeverity: 'INFORMATIONAL',
    maxSeverity: 'MEDIUM',
    there: [{ severity: 'MEDIUM', count: 2, severities: { MEDIUM: 2 } }],
  },
  {
    minSeverity: 'MEDIUM',
    maxSeverity: 'CRITICAL',
    there: [{ severity: 'CRITICAL', count: 3, severities: { MEDIUM: 2, CRITICAL: 1 } }],
  },
])('what there is from $minSeverity to $maxSeverity', ({ there, ...band }) => {
  const [all] = highlightsOf([
    finding('a', 1, { severity: 'MEDIUM' }),
    finding('a', 2, { severity: 'MEDIUM' }),
    finding('a', 3, { severity: 'CRITICAL' }),
  ]);
  const within = all === undefined ? [] : highlightWithin(all, band);
  expect(within).toMatchObject(there);
  expect(within.flatMap(({ findings }) => findings).every(({ severity }) => isInBand(severity, band))).toBe(true);
  expect(within).toHaveLength(there.length);
});

test.each<[what: string, over: Partial<Finding>, kind: string]>([
  ['new', {}, 'new'],
  ['open', { state: 'open' }, 'open'],
  ['open, and raised', { state: 'open', escalatedFrom: 'LOW' }, 'escalated'],
  ['open, and its waiver has ended', { state: 'open', waiverEnded: true }, 'waiver-ended'],
  ['open, and carried for the first time', { state: 'open', carriedFor: 'type is missing' }, 'carried'],
  ['resolved, whatever it was carried for', { state: 'resolved', carriedFor: 'type is missing' }, 'resolved'],
  ['waived, whatever it has become', { state: 'waived', escalatedFrom: 'LOW', carriedFor: 'x' }, 'waived'],
])('what is %s means so to a reader', (_, over, kind) => {
  expect(kindOf(finding('a', 1, over))).toBe(kind);
});

test('a reminder is of what merely stays: news comes before it', () => {
  const findings = [finding('a', 1, { state: 'open' }), finding('a', 2, { state: 'open', waiverEnded: true })];
  const kinds = (isDue: boolean) => highlightsOf(findings, () => isDue).map(({ kind }) => kind);
  expect(kinds(true)).toEqual(['reminder', 'waiver-ended']);
  expect(kinds(false)).toEqual(['open', 'waiver-ended']);
});

test('people are told of everything but what merely stays', () => {
  const kinds: readonly HighlightKind[] = [
    'new',
    'reopened',
    'open',
    'escalated',
    'waived',
    'resolved',
    'event',
    'carried',
  ];
  expect(kinds.filter((kind) => !isNews(kind))).toEqual(['open', 'waived']);
});
