import { describe, expect, test } from '@jest/globals';
import { folded, isSamePerson, namesId } from '../../../core/text/person.ts';

describe('one person', () => {
  test.each([
    ['ann@example.com', ' ANN@Example.com'],
    ['ann@example.com', 'Ann Lee <ann@example.com>'],
    ['Ann Lee <ann@example.com>', 'A. Lee (Ann@example.com)'],
    ['Ann Lee', 'ann  lee'],
    ['Ann Lee', 'Lee, Ann'],
    ['Ann Lee', 'Ann\u00a0Lee <other@example.com>'],
    ['ann@example.com', 'ann\u200b@exam\u00adple.com'],
    ['ann@example.com', 'ａｎｎ＠example.com'],
    ['Ann\u3164', 'ann'],
    ['ann\u0000@example.com', 'ann@example.com\u007f'],
    ['Ann\tLee', 'ann\r\nlee'],
    ['René', 'Rene\u0301'],
    ['owner: ann@example.com', 'ann@example.com; bob@example.com'],
  ])('%j and %j', (one, other) => {
    expect([isSamePerson(one, other), isSamePerson(other, one)]).toEqual([true, true]);
  });
});

describe('two', () => {
  test.each([
    ['ann@example.com', 'ann@example.org'],
    ['Ann Lee', 'Ann Li'],
    ['Ann Lee', 'Ann'],
    ['Ann Lee', 'Annl Ee'],
    ['Ann Lee <ann@example.com>', 'Bob Lee <bob@example.com>'],
    ['', ''],
    ['\u200b', ' '],
    ['()', '<>'],
  ])('%j and %j', (one, other) => {
    expect([isSamePerson(one, other), isSamePerson(other, one)]).toEqual([false, false]);
  });
});

test.each([
  ['01FXYZ', '01fxyz', true],
  ['Ann (01FXYZ)', '01FXYZ', true],
  ['Ann 01FX\u200bYZ', '01FXYZ', true],
  ['two words', 'two words', true],
  ['01FXYZ1', '01FXYZ', false],
  ['Ann', '', false],
  ['', '', false],
])('%j names %j: %j', (text, id, expected) => {
  expect(namesId(text, id)).toBe(expected);
});

test.each(['', ' ', '\u200b', '\u3164\u00ad', '\u0000\u0007\u0085', '\u2800'])('%j is nothing', (text) => {
  expect(folded(text)).toBe('');
});
