import { expect, test } from '@jest/globals';
import { aheadProblem, isDay, runInstant, runName } from '../../../core/model/run-name.ts';

test.each([
  { run: '20261124T020000Z', asOf: '2026-11-24T02:00:00.000Z' },
  { run: '20240229T235959Z', asOf: '2024-02-29T23:59:59.000Z' },
])('the run $run is of $asOf', ({ run, asOf }) => {
  expect(runInstant(run)?.toISOString()).toBe(asOf);
  expect(runName(new Date(asOf))).toBe(run);
});

test('a run is named after the second that it is of', () => {
  expect(runName(new Date('2026-11-24T02:00:00.999Z'))).toBe('20261124T020000Z');
});

test.each([
  '',
  '20261124',
  '2026-11-24T02:00:00Z',
  '20261324T020000Z',
  '20260230T020000Z',
  '20261124T240000Z',
  'x20261124T020000Z',
])('%j is no run', (text) => {
  expect(runInstant(text)).toBeUndefined();
});

test.each([
  { text: '2026-11-24', isOne: true },
  { text: '2024-02-29', isOne: true },
  { text: '2026-02-29', isOne: false },
  { text: '2026-13-01', isOne: false },
  { text: '2026-11-24T00:00:00Z', isOne: false },
  { text: '24.11.2026', isOne: false },
])('$text is a day: $isOne', ({ text, isOne }) => {
  expect(isDay(text)).toBe(isOne);
});

test.each([
  { aheadMs: 300_000, problem: undefined },
  {
    aheadMs: 300_001,
    problem:
      'must be at most 5 minutes ahead of the clock, which says 2026-11-24T02:00:00.000Z, got 2026-11-24T02:05:00.001Z',
  },
])('an instant $aheadMs ms ahead of the clock: $problem', ({ aheadMs, problem }) => {
  const now = Date.parse('2026-11-24T02:00:00Z');
  expect(aheadProblem(new Date(now + aheadMs), now)).toBe(problem);
});
