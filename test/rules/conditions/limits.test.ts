import { expect, test } from '@jest/globals';
import { limitsError } from '../../../rules/conditions/limits.ts';

test.each([0, 1, 90, 36_500])('takes a limit of %d', (maxDays) => {
  expect(limitsError({ maxDays })).toBeUndefined();
});

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses a limit of %d', (maxDays) => {
  expect(limitsError({ other: 1, maxDays })).toBe(`maxDays must be a whole number, 0 or more, got ${maxDays}`);
});
