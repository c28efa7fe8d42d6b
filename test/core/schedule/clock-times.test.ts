import { describe, expect, it } from '@jest/globals';
import { clockTimes } from '../../../core/schedule/clock-times.ts';

const times = (cron: string, after: string, until: string): readonly string[] =>
  [...clockTimes(cron, Date.parse(`${after}Z`), Date.parse(`${until}Z`))].map((time) =>
    new Date(time).toISOString().slice(0, 16),
  );

describe('the times of a cron expression', () => {
  it.each([
    {
      name: 'are after the one bound and up to the other',
      cron: '0 2 * * *',
      after: '2026-11-24T02:00',
      until: '2026-11-26T02:00',
      wanted: ['2026-11-25T02:00', '2026-11-26T02:00'],
    },
    {
      name: 'are within a millisecond of either',
      cron: '0 2 * * *',
      after: '2026-11-24T01:59:59.999',
      until: '2026-11-25T01:59:59.999',
      wanted: ['2026-11-24T02:00'],
    },
    {
      name: 'know every form of a field',
      cron: '5/60,30-40/10 */30 * * *',
      after: '2026-11-24T00:00',
      until: '2026-11-24T23:59',
      wanted: ['2026-11-24T00:05', '2026-11-24T00:30', '2026-11-24T00:40'],
    },
    {
      name: 'begin the week with Sunday, be it 0 or 7',
      cron: '0 2 * * 7',
      after: '2026-11-23T00:00',
      until: '2026-12-06T23:59',
      wanted: ['2026-11-29T02:00', '2026-12-06T02:00'],
    },
    {
      name: 'are limited by the days of the week where those of the month are all written out',
      cron: '0 2 1-31 * 6/2',
      after: '2026-11-23T00:00',
      until: '2026-12-06T23:59',
      wanted: ['2026-11-28T02:00', '2026-12-05T02:00'],
    },
    {
      name: 'begin the year with month 1',
      cron: '0 2 31 1,12 *',
      after: '2026-01-01T00:00',
      until: '2027-01-01T00:00',
      wanted: ['2026-01-31T02:00', '2026-12-31T02:00'],
    },
    {
      name: 'are none of a change of clocks, wherever this runs',
      cron: '30 2 * * *',
      after: '2026-03-07T12:00',
      until: '2026-03-09T12:00',
      wanted: ['2026-03-08T02:30', '2026-03-09T02:30'],
    },
  ])('$name', ({ cron, after, until, wanted }) => {
    expect(times(cron, after, until)).toEqual(wanted);
  });
});
