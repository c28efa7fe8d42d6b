import { expect, test } from '@jest/globals';
import { isAtLeast, SEVERITIES, severityRank, worstSeverity } from '../../../rules/engine/severity.ts';

test('severities rise from informational to critical', () => {
  expect(SEVERITIES).toEqual(['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL']);
});

test('the worst of some is the highest, wherever it stands, and of none there is none', () => {
  expect(SEVERITIES.map(severityRank)).toEqual([0, 1, 2, 3, 4]);
  expect(worstSeverity(['LOW', 'CRITICAL', 'INFORMATIONAL'])).toBe('CRITICAL');
  expect(worstSeverity(['MEDIUM', 'LOW'])).toBe('MEDIUM');
  expect(worstSeverity(['INFORMATIONAL'])).toBe('INFORMATIONAL');
  expect(worstSeverity([])).toBeUndefined();
});

test.each(
  SEVERITIES.flatMap((severity, rank) => SEVERITIES.map((least, floor) => ({ severity, least, is: rank >= floor }))),
)('$severity is at least $least: $is', ({ severity, least, is }) => {
  expect(isAtLeast(severity, least)).toBe(is);
});
