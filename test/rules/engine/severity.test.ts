import { expect, test } from '@jest/globals';
import { isAtLeast, SEVERITIES } from '../../../rules/engine/severity.ts';

test('severities rise from informational to critical', () => {
  expect(SEVERITIES).toEqual(['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL']);
});

test.each(
  SEVERITIES.flatMap((severity, rank) => SEVERITIES.map((least, floor) => ({ severity, least, is: rank >= floor }))),
)('$severity is at least $least: $is', ({ severity, least, is }) => {
  expect(isAtLeast(severity, least)).toBe(is);
});
