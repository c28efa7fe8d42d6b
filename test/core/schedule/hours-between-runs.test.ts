import { describe, expect, it } from '@jest/globals';
import { hoursBetweenRuns, shortestBetweenRuns } from '../../../core/schedule/hours-between-runs.ts';

describe('the longest time between two runs', () => {
  it.each([
    { name: 'every minute', cron: '* * * * *', hours: 1 },
    { name: 'every half hour of the day, not of the night', cron: '*/30 8-17 * * *', hours: 15 },
    { name: 'at uneven hours', cron: '0 2,9,17 * * *', hours: 9 },
    { name: 'every night', cron: '0 2 * * *', hours: 24 },
    { name: 'twice in an hour of every day', cron: '0,59 2 * * *', hours: 24 },
    { name: 'on working days', cron: '0 2 * * 1-5', hours: 72 },
    { name: 'often on working days', cron: '*/5 8-17 * * 1-5', hours: 63 },
    { name: 'once a week', cron: '0 2 * * 7', hours: 168 },
    { name: 'every hour of one day a week', cron: '0 * * * 1', hours: 145 },
    { name: 'twice after midnight of one day a week', cron: '0 0,1 * * 1', hours: 167 },
    { name: 'once a month', cron: '0 2 1 * *', hours: 31 * 24 },
    { name: 'on the 31st', cron: '0 2 31 * *', hours: 61 * 24 },
    { name: 'on the last days that a month may have', cron: '0 2 30,31 * *', hours: 59 * 24 },
    { name: 'on Mondays of one month', cron: '0 2 * 2 1', hours: 50 * 7 * 24 },
    { name: 'once a year', cron: '0 2 24 12 *', hours: 366 * 24 },
    { name: 'on the leap day', cron: '0 2 29 2 *', hours: 1461 * 24 },
  ])('is $hours hours $name', ({ cron, hours }) => {
    expect(hoursBetweenRuns(cron)).toBe(hours);
  });

  // A stack is synthesised in seconds, of which this must be none: the costliest have the most days, or the most times.
  it.each(['* * * * *', '*/5 * * 1-11 1-6', '* * 1-30 * *'])('is found at once for %s', (cron) => {
    const before = process.cpuUsage();
    hoursBetweenRuns(cron);
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });
});

describe('the shortest time between two runs', () => {
  it.each([
    { name: 'every minute', cron: '* * * * *', minutes: 1 },
    { name: 'at uneven hours', cron: '0 2,9,17 * * *', minutes: 7 * 60 },
    { name: 'over midnight', cron: '0 1,23 * * *', minutes: 2 * 60 },
    { name: 'on working days', cron: '0 2 * * 1-5', minutes: 24 * 60 },
    { name: 'once a month', cron: '0 2 1 * *', minutes: 28 * 24 * 60 },
  ])('is $minutes minutes $name', ({ cron, minutes }) => {
    expect(shortestBetweenRuns(cron)).toBe(minutes * 60_000);
  });
});
