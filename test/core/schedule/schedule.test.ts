import { expect, test } from '@jest/globals';
import { lateAfterHours } from '../../../core/schedule/schedule.ts';

test.each([
  { mode: 'single' as const, schedule: {}, hours: 6 },
  { mode: 'durable' as const, schedule: {}, hours: 13 },
  { mode: 'durable' as const, schedule: { lateAfterHours: 0.5 }, hours: 0.5 },
])('a $mode listing under $schedule is late after $hours hours', ({ mode, schedule, hours }) => {
  expect(lateAfterHours(schedule, mode)).toBe(hours);
});
