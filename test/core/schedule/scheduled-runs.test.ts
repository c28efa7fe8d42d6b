import { describe, expect, test } from '@jest/globals';
import { disturbedTimes, scheduledRuns } from '../../../core/schedule/scheduled-runs.ts';

const runs = (cron: string, timezone: string, after: string, until: string) =>
  [...scheduledRuns({ cron, timezone }, Date.parse(after), Date.parse(until))].map(({ localTime, instants }) =>
    [localTime, ...instants.map((instant) => new Date(instant).toISOString().slice(0, 16))].join(' '),
  );

describe('the runs of a schedule', () => {
  test('are after the first instant, and up to and with the last', () => {
    expect(runs('0 2 * * *', 'UTC', '2026-11-24T02:00:00Z', '2026-11-26T02:00:00Z')).toEqual([
      '2026-11-25 02:00 2026-11-25T02:00',
      '2026-11-26 02:00 2026-11-26T02:00',
    ]);
  });

  test.each([
    {
      name: 'the spring leaves 02:30 out: no run',
      cron: '30 2 * * *',
      zone: 'America/New_York',
      from: '2026-03-07T00:00Z',
      to: '2026-03-10T00:00Z',
      wanted: ['2026-03-07 02:30 2026-03-07T07:30', '2026-03-09 02:30 2026-03-09T06:30'],
    },
    {
      name: 'the spring leaves midnight out: no run',
      cron: '0 0 * * *',
      zone: 'America/Sao_Paulo',
      from: '2018-11-03T00:00Z',
      to: '2018-11-05T12:00Z',
      wanted: ['2018-11-03 00:00 2018-11-03T03:00', '2018-11-05 00:00 2018-11-05T02:00'],
    },
    {
      name: 'the spring leaves one of two times out, and the other stays',
      cron: '0,30 2,3 * * *',
      zone: 'America/New_York',
      from: '2026-03-08T00:00Z',
      to: '2026-03-09T00:00Z',
      wanted: ['2026-03-08 03:00 2026-03-08T07:00', '2026-03-08 03:30 2026-03-08T07:30'],
    },
    {
      name: 'the autumn repeats 01:30: one run, at either instant',
      cron: '30 1 * * *',
      zone: 'America/New_York',
      from: '2026-10-31T00:00Z',
      to: '2026-11-03T00:00Z',
      wanted: [
        '2026-10-31 01:30 2026-10-31T05:30',
        '2026-11-01 01:30 2026-11-01T05:30 2026-11-01T06:30',
        '2026-11-02 01:30 2026-11-02T06:30',
      ],
    },
    {
      name: 'the autumn repeats an hour of many times: each is one run',
      cron: '*/30 1,2 * * *',
      zone: 'America/New_York',
      from: '2026-11-01T00:00Z',
      to: '2026-11-02T00:00Z',
      wanted: [
        '2026-11-01 01:00 2026-11-01T05:00 2026-11-01T06:00',
        '2026-11-01 01:30 2026-11-01T05:30 2026-11-01T06:30',
        '2026-11-01 02:00 2026-11-01T07:00',
        '2026-11-01 02:30 2026-11-01T07:30',
      ],
    },
    {
      name: 'clocks that change by half an hour',
      cron: '45 1 * * *',
      zone: 'Australia/Lord_Howe',
      from: '2026-04-04T00:00Z',
      to: '2026-04-05T23:00Z',
      wanted: ['2026-04-05 01:45 2026-04-04T14:45 2026-04-04T15:15', '2026-04-06 01:45 2026-04-05T15:15'],
    },
    {
      name: 'a run at either instant of a repeated time stands for it: after the first of the two',
      cron: '30 1 * * *',
      zone: 'America/New_York',
      from: '2026-11-01T05:30Z',
      to: '2026-11-03T00:00Z',
      wanted: ['2026-11-02 01:30 2026-11-02T06:30'],
    },
    {
      name: 'a run at either instant of a repeated time stands for it: after the second',
      cron: '30 1 * * *',
      zone: 'America/New_York',
      from: '2026-11-01T06:30Z',
      to: '2026-11-03T00:00Z',
      wanted: ['2026-11-02 01:30 2026-11-02T06:30'],
    },
    {
      name: 'a time that is repeated once the first run is complete, and stood before it already: no run',
      cron: '0,30 1 * * *',
      zone: 'America/New_York',
      from: '2026-11-01T06:00Z',
      to: '2026-11-02T06:00Z',
      wanted: ['2026-11-02 01:00 2026-11-02T06:00'],
    },
    {
      name: 'up to the first instant of a repeated time',
      cron: '30 1 * * *',
      zone: 'America/New_York',
      from: '2026-10-31T12:00Z',
      to: '2026-11-01T05:30Z',
      wanted: ['2026-11-01 01:30 2026-11-01T05:30 2026-11-01T06:30'],
    },
    {
      name: 'up to a millisecond before it',
      cron: '30 1 * * *',
      zone: 'America/New_York',
      from: '2026-10-31T12:00Z',
      to: '2026-11-01T05:29:59.999Z',
      wanted: [],
    },
    {
      name: 'a zone that leaves a whole day out: no run',
      cron: '0 12 * * *',
      zone: 'Pacific/Apia',
      from: '2011-12-29T00:00Z',
      to: '2011-12-31T12:00Z',
      wanted: ['2011-12-29 12:00 2011-12-29T22:00', '2011-12-31 12:00 2011-12-30T22:00'],
    },
    {
      name: 'the zone that is furthest ahead of UTC',
      cron: '0 2 * * *',
      zone: 'Pacific/Kiritimati',
      from: '2026-11-23T12:00Z',
      to: '2026-11-24T12:00Z',
      wanted: ['2026-11-25 02:00 2026-11-24T12:00'],
    },
    {
      name: 'a zone that is behind UTC, over the end of a year',
      cron: '0 20 31 12 *',
      zone: 'Pacific/Honolulu',
      from: '2026-01-02T00:00Z',
      to: '2027-01-02T00:00Z',
      wanted: ['2026-12-31 20:00 2027-01-01T06:00'],
    },
    {
      name: 'working days',
      cron: '0 2 * * 1-5',
      zone: 'Europe/London',
      from: '2026-11-20T03:00Z',
      to: '2026-11-24T03:00Z',
      wanted: ['2026-11-23 02:00 2026-11-23T02:00', '2026-11-24 02:00 2026-11-24T02:00'],
    },
    {
      name: 'a day that only leap years have',
      cron: '0 2 29 2 *',
      zone: 'UTC',
      from: '2026-01-01T00:00Z',
      to: '2032-12-31T00:00Z',
      wanted: ['2028-02-29 02:00 2028-02-29T02:00', '2032-02-29 02:00 2032-02-29T02:00'],
    },
  ])('$name', ({ cron, zone, from, to, wanted }) => {
    expect(runs(cron, zone, from, to)).toEqual(wanted);
  });

  test('are as many as a year has', () => {
    const year = runs('0 2 * * *', 'America/New_York', '2025-01-01T12:00:00Z', '2026-01-01T12:00:00Z');
    expect(year).toHaveLength(364);
    expect(runs('5 4 * * *', 'Asia/Kolkata', '2025-01-01T12:00:00Z', '2026-01-01T12:00:00Z')).toHaveLength(365);
  });
});

describe('the times that clocks skip or repeat', () => {
  const YEAR = [Date.parse('2026-01-01T00:00:07Z'), Date.parse('2027-01-01T00:00:07Z')] as const;

  test.each([
    { cron: '0 2 * * *', zone: 'America/New_York', wanted: ['2026-03-08 02:00 skipped'] },
    { cron: '59 1 * * *', zone: 'America/New_York', wanted: ['2026-11-01 01:59 repeated'] },
    { cron: '0 3 * * *', zone: 'America/New_York', wanted: [] },
    { cron: '30 1 * * *', zone: 'Europe/London', wanted: ['2026-03-29 01:30 skipped', '2026-10-25 01:30 repeated'] },
    // Its clocks change by half an hour, in the other half of the year.
    { cron: '15 2 * * *', zone: 'Australia/Lord_Howe', wanted: ['2026-10-04 02:15 skipped'] },
    { cron: '45 1 * * *', zone: 'Australia/Lord_Howe', wanted: ['2026-04-05 01:45 repeated'] },
    { cron: '0 0 * * *', zone: 'Africa/Cairo', wanted: ['2026-04-24 00:00 skipped'] },
    { cron: '0 2 * * 1-5', zone: 'America/New_York', wanted: [] },
    { cron: '0 2 * * *', zone: 'UTC', wanted: [] },
  ])('$cron in $zone', ({ cron, zone, wanted }) => {
    const found = [...disturbedTimes({ cron, timezone: zone }, ...YEAR)];
    expect(found.map(({ localTime, kind }) => `${localTime} ${kind}`)).toEqual(wanted);
  });

  test.each([
    { name: 'over the change', after: '2026-10-30T12:00:07Z', until: '2026-11-01T06:00:07Z', found: 1 },
    { name: 'up to a moment before it', after: '2026-10-30T12:00:07Z', until: '2026-11-01T05:59:59Z', found: 0 },
    { name: 'a day and a minute, before it', after: '2026-10-30T12:00:07Z', until: '2026-10-31T12:01:00Z', found: 0 },
    { name: 'from a moment before it on', after: '2026-11-01T05:59:59Z', until: '2026-11-03T00:00:00Z', found: 1 },
    { name: 'from it on', after: '2026-11-01T06:00:00Z', until: '2026-11-03T00:00:00Z', found: 0 },
  ])('are those of the time that is asked for: $name', ({ after, until, found }) => {
    const schedule = { cron: '30 1 * * *', timezone: 'America/New_York' };
    expect([...disturbedTimes(schedule, Date.parse(after), Date.parse(until))]).toHaveLength(found);
  });

  test('are none from 04:00 to 20:59, in any zone; Easter Island has 21:00 twice', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    expect(zones.length).toBeGreaterThan(400);
    const disturbed = (cron: string) =>
      zones.filter((timezone) => [...disturbedTimes({ cron, timezone }, ...YEAR)].length > 0);
    expect(disturbed('*/15 4-20 * * *')).toStrictEqual([]);
    expect(disturbed('*/15 21 * * *')).toEqual(['Pacific/Easter']);
  });
});
