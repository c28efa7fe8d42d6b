import { expect, test } from '@jest/globals';
import { closest } from '../../../core/text/closest.ts';

test.each([
  { word: 'alert', known: ['alerts', 'events'], meant: 'alerts' },
  { word: 'ALERTS', known: ['alerts'], meant: 'alerts' },
  { word: 'alerts', known: ['ALERTS'], meant: 'ALERTS' },
  { word: 'shedule', known: ['name', 'schedule'], meant: 'schedule' },
  { word: 'x', known: ['y'], meant: 'y' },
  { word: 'x', known: ['yz'], meant: undefined },
  // Two of six letters are a third.
  { word: 'abcdef', known: ['abcdxy'], meant: 'abcdxy' },
  { word: 'abcdef', known: ['abcxyz'], meant: undefined },
  { word: 'abcde', known: ['abcxy'], meant: undefined },
  { word: 'abcdef', known: ['abcdefghi'], meant: undefined },
  { word: 'abcdef', known: ['abcd'], meant: 'abcd' },
  { word: 'bacdef', known: ['abcdef'], meant: 'abcdef' },
  { word: 'abcdef', known: ['abcdxx', 'abcdex'], meant: 'abcdex' },
  { word: 'abc', known: [], meant: undefined },
])('of $known $word is likely $meant', ({ word, known, meant }) => {
  expect(closest(word, known)).toBe(meant);
});
