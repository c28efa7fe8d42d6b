import { describe, expect, test } from '@jest/globals';
import { jsonScanner } from '../../../../core/sources/roster/json-scanner.ts';
import * as fc from '../../../support/properties.ts';

/** Scans a text in pieces of so many characters. */
const scanned = (text: string, size = text.length || 1) => {
  const seen: unknown[] = [];
  const scanner = jsonScanner((name) => name === 'users', {
    list: () => seen.push('list'),
    item: (item) => seen.push(['item', item]),
    member: (name, value) => seen.push([name, value]),
    end: (kind) => seen.push(kind),
  });
  for (let at = 0; at < text.length; at += size) scanner.feed(text.slice(at, at + size));
  return { seen, problem: scanner.finish() };
};

describe('a text is taken apart', () => {
  test.each<{ name: string; text: string; seen: readonly unknown[] }>([
    { name: 'nothing', text: ' \n', seen: [] },
    {
      name: 'a page',
      text: '{"users":[{"a":1},2],"nextToken":"t"}',
      seen: ['list', ['item', '{"a":1}'], ['item', '2'], ['nextToken', '"t"'], 'object'],
    },
    { name: 'a list', text: '[ {"a":[1,{"b":"]"}]} ]', seen: [['item', '{"a":[1,{"b":"]"}]} '], 'list'] },
    { name: 'empty ones', text: '{}[]{"users":[]}', seen: ['object', 'list', 'list', 'object'] },
    {
      name: 'documents in a row',
      text: '{"a":"\\\\"}\n{"a":"\\""}',
      seen: [['a', '"\\\\"'], 'object', ['a', '"\\""'], 'object'],
    },
    {
      name: 'a member whose name is written otherwise',
      text: '{"use\\u0072s":[1]}',
      seen: ['list', ['item', '1'], 'object'],
    },
    { name: 'a member of an empty name', text: '{"":1}', seen: [['', '1'], 'object'] },
  ])('$name, in pieces of any size', ({ text, seen }) => {
    for (const size of [1, 2, 3, 7, 1000])
      expect({ size, ...scanned(text, size) }).toEqual({ size, seen, problem: undefined });
  });

  test.each([
    ['a scalar', '1', 'neither { nor [ at character 1'],
    ['text after the end', '{} x', 'neither { nor [ at character 4'],
    ['no end', '{"users":[{"a":1}', 'the end is missing at character 18'],
    ['an end within a string', '[{"a":"b', 'the end is missing at character 9'],
    ['an end of another kind', '[1}', 'no comma at character 3'],
    ['an end of another kind, in an object', '{"a":1]', 'no comma at character 7'],
    ['no value', '{"a":}', 'no value at character 6'],
    ['an item that was taken out', '[1,,2]', 'no value at character 4'],
    ['a comma before the end', '[1,]', 'no value at character 4'],
    ['a member without a name', '{"a":1,}', 'no name of a member at character 8'],
    ['a name without a colon', '{"a" 1}', 'no colon after the name of a member at character 6'],
    ['a name that is no string', '{a:1}', 'no name of a member at character 2'],
    ['a name that is no JSON', '{"\\q":1}', 'no name of a member at character 6'],
  ])('%s is told', (_name, text, problem) => {
    for (const size of [1, 5, 1000]) expect(scanned(text, size).problem).toBe(problem);
  });

  test('what broke off is handed on as it stands', () => {
    for (const size of [1, 5, 1000])
      expect(scanned('[{"a":1},{"b":"c', size).seen).toEqual([
        ['item', '{"a":1}'],
        ['item', '{"b":"c'],
      ]);
  });

  test('a value as large as any is held, and one that is larger is told', () => {
    const most = 32 * 1024 * 1024;
    const ofLength = (length: number) => scanned(`["${'x'.repeat(length - 1)}"]`, length + 1);
    expect(ofLength(most).problem).toBeUndefined();
    expect(ofLength(most + 1).problem).toBe(`a value of over 32 MiB at character ${most + 3}`);
    // What is not held may be as large as can be.
    expect(scanned(`[1,${' '.repeat(most + 1)}`)).toStrictEqual({
      seen: [['item', '1']],
      problem: `the end is missing at character ${most + 5}`,
    });
  });

  test('a value that is larger than any is not held', () => {
    const { seen, problem } = scanned(`[{"a":"${'x'.repeat(34 * 1024 * 1024)}"}]`, 1024 * 1024);
    expect(problem).toMatch(/a value of over 32 MiB/);
    const [[, item]] = seen as [[string, string]];
    expect(item.length).toBe(33 * 1024 * 1024 - 1);
  });
});

test('whatever JSON it is, its pieces are what JSON.parse gives', () => {
  const users = fc.array(fc.jsonValue());
  const spaces = fc.constantFrom(undefined, 1, '\t');
  fc.assert(
    fc.property(users, fc.jsonValue(), spaces, fc.integer({ min: 1, max: 50 }), (list, other, space, size) => {
      const { seen, problem } = scanned(JSON.stringify({ other, users: list }, null, space), size);
      const items = seen.filter((one) => Array.isArray(one) && one[0] === 'item') as [string, string][];
      expect(problem).toBeUndefined();
      expect(items.map(([, text]) => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(list)));
    }),
  );
});
