import { describe, expect, it } from '@jest/globals';
import { cronFields, cronProblem, schedulerExpression } from '../../../core/schedule/cron.ts';

const FORMS = 'a field is a number, *, a range (1-5), a step (*/15), or a list of these';

describe('a cron expression', () => {
  it.each([
    { name: 'every minute', text: '* * * * *', fields: '* * * * *' },
    { name: 'one time a day', text: '0 2 * * *', fields: '0 2 * * *' },
    { name: 'the first of each field', text: '0 0 1 1 *', fields: '0 0 1 1 *' },
    { name: 'the last of each field', text: '59 23 31 12 *', fields: '59 23 31 12 *' },
    { name: 'leading zeros', text: '05 08 01 02 *', fields: '5 8 1 2 *' },
    { name: 'a range', text: '0-3 * * * *', fields: '0,1,2,3 * * * *' },
    { name: 'a range of one', text: '* 4-4 * * *', fields: '* 4 * * *' },
    { name: 'a list with a range, out of order and doubled', text: '30,5,4-6 * * * *', fields: '4,5,6,30 * * * *' },
    { name: 'a step', text: '*/20 * * * *', fields: '0,20,40 * * * *' },
    { name: 'a step from the first day and month', text: '* * */15 */6 *', fields: '* * 1,16,31 1,7 *' },
    { name: 'a step in a range', text: '10-20/5 * * * *', fields: '10,15,20 * * * *' },
    { name: 'a step from a number on', text: '50/5 * * * *', fields: '50,55 * * * *' },
    { name: 'a step beyond the field', text: '5/60 */30 * * *', fields: '5 0 * * *' },
    { name: 'both Sundays', text: '* * * * 0,7', fields: '* * * * 0' },
    { name: 'a range over Sunday', text: '* * * * 5-7', fields: '* * * * 0,5,6' },
    { name: 'a step over Sunday', text: '* * * * 5/2', fields: '* * * * 0,5' },
    { name: 'more white space', text: ' 0   2 * * *\n', fields: '0 2 * * *' },
    { name: 'every day of both kinds, written out', text: '* * 1-31 * 1-7', fields: '* * * * *' },
    { name: 'every minute, hour and month, written out', text: '0-59 */1 * 1-6,7-12 *', fields: '* * * * *' },
  ])('takes $name', ({ text, fields }) => {
    expect(cronProblem(text)).toBeUndefined();
    expect(cronFields(text).join(' ')).toBe(fields);
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
    { name: 'two bad fields', text: '60 24 * * *', problem: 'minute must be within 0..59, hour must be within 0..23' },
  ])('refuses $name', ({ text, problem }) => {
    expect(cronProblem(text)).toBe(`${problem}; ${FORMS}, got "${text}"`);
  });

  it.each(['', '0 2 * *', '0 2 * * * *', '@daily'])('refuses "%s", which has not five fields', (text) => {
    expect(cronProblem(text)).toBe(
      `must have 5 fields (minute, hour, day of the month, month, day of the week), got "${text}"`,
    );
  });

  it.each(['0 2 30 2 *', '0 2 31 4,6,9,11 *'])('refuses "%s", a day that never comes', (text) => {
    expect(cronProblem(text)).toBe(`must name a day that its months have, got "${text}"`);
  });

  it.each(['0 2 29 2 *', '0 2 31 2,3 *', '0 2 1,31 2 *'])('takes "%s", a day that comes at times', (text) => {
    expect(cronProblem(text)).toBeUndefined();
  });

  it.each(['0 2 1 * 1', '0 2 1-30 * 1-6'])('refuses "%s", which limits the days of both kinds', (text) => {
    expect(cronProblem(text)).toBe(`must not limit both the day of the month and the day of the week, got "${text}"`);
  });
});

describe("the scheduler's own expression", () => {
  it.each([
    { text: '0 2 * * *', expression: 'cron(0 2 * * ? *)' },
    { text: '*/15 * 1 1,7 *', expression: 'cron(0,15,30,45 * 1 1,7 ? *)' },
    { text: '00 02 1-31 * 1-5', expression: 'cron(0 2 ? * MON,TUE,WED,THU,FRI *)' },
    { text: '0 2 * 2 0,6', expression: 'cron(0 2 ? 2 SUN,SAT *)' },
    { text: '0 2 * * 7', expression: 'cron(0 2 ? * SUN *)' },
    { text: '0 2 * * 0-6', expression: 'cron(0 2 * * ? *)' },
  ])('of "$text" is $expression', ({ text, expression }) => {
    expect(schedulerExpression(text)).toBe(expression);
  });
});
