import { describe, expect, it } from '@jest/globals';
import { parseCron } from '../../../core/schedule/cron.ts';
import { hoursBetweenRuns } from '../../../core/schedule/hours-between-runs.ts';

describe('the longest time between two runs', () => {
  it.each([
    { name: 'every minute', cron: '* * * * *', hours: 1 },
    { name: 'every half hour of the day, not of the night', cron: '*/30 8-17 * * *', hours: 15 },
    { name: 'at uneven hours', cron: '0 2,9,17 * * *', hours: 9 },
    { name: 'every night', cron: '0 2 * * *', hours: 24 },
    { name: 'on working days', cron: '0 2 * * 1-5', hours: 72 },
    { name: 'once a week', cron: '0 2 * * 7', hours: 168 },
    { name: 'once a month', cron: '0 2 1 * *', hours: 31 * 24 },
    { name: 'on the 31st', cron: '0 2 31 * *', hours: 61 * 24 },
    { name: 'on the leap day', cron: '0 2 29 2 *', hours: 1461 * 24 },
  ])('is $hours hours $name', ({ cron, hours }) => {
    const parsed = parseCron(cron);
    if ('problem' in parsed) throw new Error(parsed.problem);
    expect(hoursBetweenRuns(parsed)).toBe(hours);
  });
});
