import { expect, test } from '@jest/globals';
import { findingGroups, isSevere, placesAmong } from '../../../../core/outputs/html/groups.ts';
import { FINDING_STATES } from '../../../../rules/engine/finding.ts';
import { SEVERITIES } from '../../../../rules/engine/severity.ts';
import { aFinding, aHighlight } from '../../notify/digest/facts.ts';
import { someRunFacts } from './run-facts.ts';

const catalogue = someRunFacts().rules.map(({ rule }) => rule.id);
const [first = '', second = ''] = catalogue;

test('findings are grouped by rule and severity, by kind in their order, a reminder being of what is open', () => {
  const highlights = [
    { ...aHighlight('reminder'), count: 5, severities: { MEDIUM: 2, HIGH: 3 } },
    aHighlight('open'),
    aHighlight('new'),
    aHighlight('resolved'),
  ];
  expect(findingGroups(someRunFacts({ highlights }))).toEqual([
    {
      key: 'HIGH HIGH stale-login',
      ruleId: 'stale-login',
      severity: 'HIGH',
      isResolved: false,
      counts: [['open', 3]],
      total: 3,
      isSevere: true,
    },
    {
      key: 'MEDIUM MEDIUM stale-login',
      ruleId: 'stale-login',
      severity: 'MEDIUM',
      isResolved: false,
      counts: [
        ['new', 1],
        ['open', 3],
      ],
      total: 4,
      isSevere: false,
    },
    {
      key: 'resolved MEDIUM stale-login',
      ruleId: 'stale-login',
      severity: 'MEDIUM',
      isResolved: true,
      counts: [['resolved', 1]],
      total: 1,
      isSevere: false,
    },
  ]);
});

test('groups are in the order of what has not resolved, severity, and the catalogue, other rules by their ids', () => {
  const highlights = [
    aHighlight('resolved', { severity: 'CRITICAL', ruleId: first }),
    aHighlight('resolved', { severity: 'LOW', ruleId: first }),
    ...['y-old', 'x-old', 'z-old', second, first].map((ruleId) => aHighlight('open', { ruleId })),
    aHighlight('open', { severity: 'LOW', ruleId: first }),
    aHighlight('open', { severity: 'CRITICAL', ruleId: 'z-old' }),
  ];
  const facts = someRunFacts({ highlights });
  expect(
    findingGroups(facts).map(({ ruleId, severity, isResolved }) => [ruleId, severity, isResolved ? 'resolved' : '']),
  ).toEqual([
    ['z-old', 'CRITICAL', ''],
    ...[first, second, 'x-old', 'y-old', 'z-old'].map((ruleId) => [ruleId, 'MEDIUM', '']),
    [first, 'LOW', ''],
    [first, 'CRITICAL', 'resolved'],
    [first, 'LOW', 'resolved'],
  ]);
  const severe = findingGroups(facts).filter((group) => group.isSevere);
  expect(severe.map(({ ruleId, isResolved }) => [ruleId, isResolved])).toEqual([['z-old', false]]);
});

test('severe is what is critical or high and has not resolved', () => {
  const severe = SEVERITIES.flatMap((severity) =>
    FINDING_STATES.flatMap((state) => (isSevere({ severity, state }) ? [`${severity} ${state}`] : [])),
  );
  expect(severe.toSorted()).toEqual(
    ['CRITICAL', 'HIGH']
      .flatMap((severity) => ['event', 'new', 'open', 'reopened', 'waived'].map((state) => `${severity} ${state}`))
      .toSorted(),
  );
});

test('a finding has its place by group, kind and subject, also among more than ten groups', () => {
  const highlights = catalogue.slice(0, 12).map((ruleId) => aHighlight('open', { ruleId }));
  const placeOf = placesAmong(someRunFacts({ highlights }));
  const ordered = [
    ...['u1', 'u2'].map((id) => aFinding({ ruleId: first, state: 'new', subject: { kind: 'user', id } })),
    aFinding({ ruleId: first, state: 'open', subject: { kind: 'user', id: 'u0' } }),
    aFinding({ ruleId: first, state: 'waived', subject: { kind: 'user', id: 'u0' } }),
    ...catalogue.slice(1, 12).map((ruleId) => aFinding({ ruleId })),
    aFinding({ ruleId: 'of no group' }),
  ].map(placeOf);
  expect(ordered.toReversed().toSorted()).toEqual(ordered);
});
