import { expect, test } from '@jest/globals';
import { hasNameTwice } from '../../../core/text/json-names.ts';
import * as fc from '../../support/properties.ts';

const isTwice = (text: string): boolean => hasNameTwice(text, JSON.parse(text));

test.each([
  ['{"a":1,"a":1}'],
  ['{"a":1,"b":{"a":1},"a":2}'],
  ['{"a":1 , "a" \n:\t2}'],
  ['[[{"a":{"b":1,"b":1}}]]'],
  [String.raw`{"a":1,"\u0061":2}`],
  [String.raw`{"\"":1,"\"":2}`],
  [String.raw`{"\\":":","\\":1}`],
  ['{"":1,"":2}'],
  ['{"__proto__":1,"__proto__":2}'],
  [`{"a":1,"a":2,"b":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
])('%.40s has two members of one name', (text) => {
  expect(isTwice(text)).toBe(true);
});

test.each([
  ['{}'],
  ['[]'],
  ['":"'],
  ['{"a":1,"A":2}'],
  ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}'],
  ['{"a":":","b":": \\"b\\":"}'],
  [String.raw`{"a":"\",\"a\":\"","b":"\\"}`],
  [String.raw`{"\\":":"}`],
  ['{"__proto__":1,"constructor":2}'],
  ['[":","a",":"]'],
  [`{"a":${'{"a":'.repeat(10_000)}0${'}'.repeat(10_000)}}`],
])('%.40s has not', (text) => {
  expect(isTwice(text)).toBe(false);
});

test('whatever is written once is there once, and twice where it is put in again', () => {
  const strange = fc.string({ unit: fc.constantFrom('"', '\\', ':', ',', '{', ' ', 'a', 'ä') });
  const members = fc.dictionary(strange, fc.oneof(strange, fc.jsonValue(), fc.dictionary(strange, strange)), {
    minKeys: 1,
  });
  fc.assert(
    fc.property(members, fc.constantFrom(undefined, 1), (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      expect(isTwice(text)).toBe(false);
      const [name = ''] = Object.keys(value);
      expect(isTwice(text.replace(/\}$/, () => `,${JSON.stringify(name)}:":"}`))).toBe(true);
      expect(isTwice(`[{"a":${text}},${text}]`)).toBe(false);
    }),
  );
});
