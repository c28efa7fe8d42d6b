import { describe, expect, test } from '@jest/globals';
import type { FindingState } from '../../../rules/engine/finding.ts';
import { isReminderDue, type Reminders } from '../../../rules/engine/reminder.ts';
import { SEVERITIES, type Severity } from '../../../rules/engine/severity.ts';

const REMINDERS: Reminders = { CRITICAL: 1, HIGH: 7, MEDIUM: 30, LOW: 'off', INFORMATIONAL: 'off' };
const FIRST_SEEN = Date.parse('2026-03-01T07:00:00Z');

/** Days after the finding was first seen, and an hour less where the clocks went forward in between. */
const onDay = (days: number, shortHours = 0): string =>
  new Date(FIRST_SEEN + days * 86_400_000 - shortHours * 3_600_000).toISOString();

const isDue = (severity: Severity, before: string, now: string, state: FindingState = 'open'): boolean =>
  isReminderDue({ state, severity, firstSeen: onDay(0) }, REMINDERS, before, now);

describe('a reminder', () => {
  test.each<{ severity: Severity; days: readonly number[] }>([
    { severity: 'CRITICAL', days: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
    { severity: 'HIGH', days: [7, 14, 21, 28, 35, 42, 49, 56, 63] },
    { severity: 'MEDIUM', days: [30, 60] },
    { severity: 'LOW', days: [] },
    { severity: 'INFORMATIONAL', days: [] },
  ])('of $severity comes on days $days', ({ severity, days }) => {
    const nights = Array.from({ length: severity === 'CRITICAL' ? 10 : 65 }, (_, n) => n + 1);
    expect(nights.filter((n) => isDue(severity, onDay(n - 1), onDay(n)))).toEqual(days);
  });

  test('that fell into nights without a complete run comes with the next one, once', () => {
    expect(isDue('HIGH', onDay(5), onDay(9))).toBe(true);
    expect(isDue('HIGH', onDay(9), onDay(10))).toBe(false);
    expect(isDue('HIGH', onDay(5), onDay(30))).toBe(true);
  });

  test('comes in the short night of spring too', () => {
    expect(isDue('CRITICAL', onDay(6), onDay(7, 1))).toBe(true);
    expect(isDue('CRITICAL', onDay(7, 1), onDay(8, 1))).toBe(true);
  });

  test('does not come twice in a day of several runs', () => {
    expect(isDue('CRITICAL', onDay(3), onDay(3.2))).toBe(false);
  });

  test.each(['new', 'reopened', 'resolved', 'waived', 'event'] as const)('never comes of what is %s', (state) => {
    expect(SEVERITIES.filter((severity) => isDue(severity, onDay(0), onDay(365), state))).toStrictEqual([]);
  });
});
