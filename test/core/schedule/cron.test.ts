import { describe, expect, it } from '@jest/globals';
import { cronText, parseCron, parseSchedulerCron } from '../../../core/schedule/cron.ts';

const upTo = (least: number, most: number) =>
  Array.from({ length: most - least + 1 }, (_, index) => least + index);

const EVERY = {
  minutes: upTo(0, 59),
  hours: upTo(0, 23),
  daysOfMonth: upTo(1, 31),
  months: upTo(1, 12),
  daysOfWeek: upTo(0, 6),
};

const FORMS = 'a field is a number, *, a range (1-5), a step (*/15), or a list of these';

describe('a cron expression', () => {
  it.each([
    { name: 'every minute', text: '* * * * *', cron: EVERY },
    { name: 'one time a day', text: '0 2 * * *', cron: { ...EVERY, minutes: [0], hours: [2] } },
    {
      name: 'the last of each field',
      text: '59 23 31 12 *',
      cron: { ...EVERY, minutes: [59], hours: [23], daysOfMonth: [31], months: [12] },
    },
    { name: 'a range', text: '0-3 * * * *', cron: { ...EVERY, minutes: [0, 1, 2, 3] } },
    {
      name: 'a list with a range, out of order and doubled',
      text: '30,5,4-6 * * * *',
      cron: { ...EVERY, minutes: [4, 5, 6, 30] },
    },
    { name: 'a step', text: '*/20 * * * *', cron: { ...EVERY, minutes: [0, 20, 40] } },
    { name: 'a step in a range', text: '10-20/5 * * * *', cron: { ...EVERY, minutes: [10, 15, 20] } },
    { name: 'a step from a number on', text: '50/5 * * * *', cron: { ...EVERY, minutes: [50, 55] } },
    { name: 'a step beyond the field', text: '5/60 * * * *', cron: { ...EVERY, minutes: [5] } },
    { name: 'both Sundays', text: '* * * * 0,7', cron: { ...EVERY, daysOfWeek: [0] } },
    { name: 'a range over Sunday', text: '* * * * 5-7', cron: { ...EVERY, daysOfWeek: [0, 5, 6] } },
    { name: 'more white space', text: ' 0   2 * * *\n', cron: { ...EVERY, minutes: [0], hours: [2] } },
    { name: 'every day of both kinds, written out', text: '* * 1-31 * 1-7', cron: EVERY },
  ])('takes $name', ({ text, cron }) => {
    expect(parseCron(text)).toEqual(cron);
  });

  it.each([
    { name: 'the minute 60', text: '60 * * * *', problem: 'minute must be within 0..59' },
    { name: 'the hour 24', text: '* 24 * * *', problem: 'hour must be within 0..23' },
    { name: 'the day 0', text: '* * 0 * *', problem: 'day of the month must be within 1..31' },
    { name: 'the day 32', text: '* * 32 * *', problem: 'day of the month must be within 1..31' },
    { name: 'the month 0', text: '* * * 0 *', problem: 'month must be within 1..12' },
    { name: 'the month 13', text: '* * * 13 *', problem: 'month must be within 1..12' },
    { name: 'the weekday 8', text: '* * * * 8', problem: 'day of the week must be within 0..7' },
    { name: 'a range backwards', text: '5-4 * * * *', problem: 'minute must be within 0..59' },
    { name: 'a step of 0', text: '*/0 * * * *', problem: 'minute must be within 0..59' },
    { name: 'an empty element', text: '1,,2 * * * *', problem: 'minute must be within 0..59' },
    { name: 'a name', text: '* * * JAN *', problem: 'month must be within 1..12' },
    {
      name: 'two bad fields',
      text: '60 24 * * *',
      problem: 'minute must be within 0..59, hour must be within 0..23',
    },
  ])('refuses $name', ({ text, problem }) => {
    expect(parseCron(text)).toEqual({ problem: `${problem}; ${FORMS}, got "${text}"` });
  });

  it.each(['', '0 2 * *', '0 2 * * * *', '@daily'])('refuses "%s", which has not five fields', (text) => {
    expect(parseCron(text)).toEqual({
      problem: `must have 5 fields (minute, hour, day of the month, month, day of the week), got "${text}"`,
    });
  });

  it.each(['0 2 30 2 *', '0 2 31 4,6,9,11 *'])('refuses "%s", a day that never comes', (text) => {
    expect(parseCron(text)).toEqual({ problem: `must name a day that its months have, got "${text}"` });
  });

  it.each(['0 2 29 2 *', '0 2 31 2,3 *', '0 2 1,31 2 *'])('takes "%s", a day that comes at times', (text) => {
    expect(parseCron(text)).not.toHaveProperty('problem');
  });

  it('refuses to limit the days of the month and of the week', () => {
    expect(parseCron('0 2 1 * 1')).toEqual({
      problem: 'must not limit both the day of the month and the day of the week, got "0 2 1 * 1"',
    });
  });
});

describe("the scheduler's own expression", () => {
  it.each([
    { expression: 'cron(0 2 * * ? *)', text: '0 2 * * *' },
    { expression: 'cron(0 2 ? * * *)', text: '0 2 * * *' },
    { expression: 'cron(00 02 ? * MON-FRI *)', text: '0 2 * * 1,2,3,4,5' },
    { expression: 'cron(0 2 ? * 1,7 *)', text: '0 2 * * 0,6' },
    { expression: 'cron(0/15 * 1 1,7 ? *)', text: '0,15,30,45 * 1 1,7 *' },
  ])('$expression is $text', ({ expression, text }) => {
    const cron = parseSchedulerCron(expression);
    expect(cron).toEqual(parseCron(text));
    expect(cron && cronText(cron)).toBe(text);
  });

  it.each([
    'rate(1 day)',
    'at(2026-11-24T02:00:00)',
    'cron(0 2 * * ? 2027)',
    'cron(0 2 ? * MON#1 *)',
    'cron(0 2 L * ? *)',
    'cron(0 2 ? * 2/2 *)',
    'cron(0 2 ? * 0 *)',
    'cron(0 2 ? * XXX *)',
    '',
  ])('%s is none that can be compared', (expression) => {
    expect(parseSchedulerCron(expression)).toBeUndefined();
  });
});
