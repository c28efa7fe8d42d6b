import { expect, test } from '@jest/globals';
import { collectHighlights } from '../../../core/model/highlights.ts';
import type { Finding } from '../../../rules/engine/finding.ts';

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

const highlightsOf = (findings: readonly Finding[]) => {
  const highlights = collectHighlights();
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
});
