import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  type Check,
  errorText,
  fail,
  isDenied,
  isNamed,
  notChecked,
  ok,
  runChecks,
  warn,
} from '../../../core/doctor/check.ts';

afterEach(() => {
  jest.useRealTimers();
});

const aCheck = (name: string, answer: Awaited<ReturnType<Check['check']>>, ...needs: readonly string[]): Check => ({
  name,
  needs,
  check: () => Promise.resolve(answer),
});

describe('a check', () => {
  test.each([
    { first: ok('fine'), made: true, told: 'made' },
    { first: warn('well', 'look'), made: true, told: 'made' },
    { first: fail('no', 'mend'), made: false, told: 'first failed' },
    { first: notChecked('unknown'), made: false, told: 'first was not checked' },
  ])('is made where what it needs is $first.outcome: $made', async ({ first, made, told }) => {
    const results = await runChecks([
      aCheck('first', first),
      aCheck('other', ok('made')),
      aCheck('second', ok('made'), 'first'),
    ]);
    expect(results).toEqual([
      { name: 'first', ...first },
      { name: 'other', outcome: 'ok', told: 'made' },
      { name: 'second', outcome: made ? 'ok' : 'not-checked', told },
    ]);
  });

  test('that needs two others tells the first of them that is missing', async () => {
    const results = await runChecks([
      aCheck('first', fail('no', 'mend')),
      aCheck('second', notChecked('unknown')),
      aCheck('third', ok('made'), 'second', 'first'),
    ]);
    expect(results[2]).toStrictEqual({ name: 'third', outcome: 'not-checked', told: 'first failed' });
  });

  test('that throws has failed, and says what to do', async () => {
    const check = () => Promise.reject(new TypeError('no'));
    expect(await runChecks([{ name: 'odd', needs: [], check }])).toStrictEqual([
      { name: 'odd', outcome: 'fail', told: 'TypeError: no', remedy: 'mend what the message names, and look again' },
    ]);
  });

  test('that never answers has failed after half a minute', async () => {
    jest.useFakeTimers();
    const results = runChecks([{ name: 'silent', needs: [], check: () => new Promise(() => {}) }]);
    const seen: unknown[] = [];
    const told = results.then((those) => seen.push(...those));
    await jest.advanceTimersByTimeAsync(29_999);
    expect(seen).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    await told;
    expect(seen).toEqual([
      {
        name: 'silent',
        outcome: 'fail',
        told: 'no answer within 30 seconds',
        remedy: 'look for a network, proxy or endpoint that swallows requests',
      },
    ]);
  });
});

test.each([
  { error: new TypeError('is\nwrong'), text: 'TypeError: is wrong' },
  { error: Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }), text: 'AggregateError: ECONNREFUSED' },
  { error: { name: 'Fault', code: 'EPIPE' }, text: 'Fault: EPIPE' },
  { error: new RangeError(''), text: 'RangeError: RangeError' },
  { error: new Error('ann@example.com'), text: 'Error: [e-mail]' },
  { error: new Error('x'.repeat(393)), text: `Error: ${'x'.repeat(393)}` },
  { error: new Error('x'.repeat(394)), text: `Error: ${'x'.repeat(390)}...` },
])('an error is told on one line: $text', ({ error, text }) => {
  expect(errorText(error)).toBe(text);
});

test.each([
  { error: { name: 'Any', $metadata: { httpStatusCode: 403 } }, denied: true },
  { error: { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } }, denied: true },
  { error: { name: 'Any', $metadata: { httpStatusCode: 404 } }, denied: false },
  { error: undefined, denied: false },
])('$error is a denial: $denied', ({ error, denied }) => {
  expect(isDenied(error)).toBe(denied);
});

test('an error has one of several names, or none', () => {
  const error = { name: 'NotFound' };
  expect(isNamed(error, 'NotFoundException', 'NotFound')).toBe(true);
  expect(isNamed(error, 'NotFoundException')).toBe(false);
  expect(isNamed(null, 'NotFound')).toBe(false);
});
