import { expect, test } from '@jest/globals';
import { dayEnds } from '../../../core/schedule/zoned-clock.ts';

test.each([
  ['UTC', '2026-12-31', '2027-01-01T00:00:00.000Z'],
  ['America/New_York', '2026-12-31', '2027-01-01T05:00:00.000Z'],
  ['America/New_York', '2026-07-01', '2026-07-02T04:00:00.000Z'],
  ['Asia/Tokyo', '2026-12-31', '2026-12-31T15:00:00.000Z'],
  ['Pacific/Kiritimati', '2026-12-31', '2026-12-31T10:00:00.000Z'],
  // The day on which clocks are changed, and those beside it.
  ['America/New_York', '2026-11-01', '2026-11-02T05:00:00.000Z'],
  ['America/New_York', '2026-10-31', '2026-11-01T04:00:00.000Z'],
  ['America/New_York', '2027-03-14', '2027-03-15T04:00:00.000Z'],
  // Clocks put forward over midnight: the next day begins at 01:00. Put back over it: the day has an hour more.
  ['America/Santiago', '2026-09-05', '2026-09-06T04:00:00.000Z'],
  ['America/Santiago', '2026-04-04', '2026-04-05T04:00:00.000Z'],
  // Put back to midnight, which clocks show twice: the first one ends the day.
  ['America/Havana', '2026-10-31', '2026-11-01T04:00:00.000Z'],
  ['Atlantic/Azores', '2026-10-24', '2026-10-25T00:00:00.000Z'],
])('in %s, %s ends at %s', (zone, day, end) => {
  const dayEnd = dayEnds(zone);
  for (const _ of [1, 2]) expect(new Date(dayEnd(day)).toISOString()).toBe(end);
});
