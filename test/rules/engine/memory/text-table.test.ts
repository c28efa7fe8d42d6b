import { describe, expect, test } from '@jest/globals';
import { NumberList } from '../../../../rules/engine/memory/number-list.ts';
import { PathTable, TextTable } from '../../../../rules/engine/memory/text-table.ts';
import * as fc from '../../../support/properties.ts';

describe('texts by number', () => {
  test('a text has one number, in the order of arrival', () => {
    const table = new TextTable();
    expect(['a', 'b', 'a', '', 'b', ''].map((text) => table.add(text))).toEqual([0, 1, 0, 2, 1, 2]);
    expect(table.size).toBe(3);
    expect([0, 1, 2].map((number) => table.at(number))).toEqual(['a', 'b', '']);
  });

  test('what was looked for and is not there stays unknown', () => {
    const table = new TextTable();
    table.add('a');
    expect([table.find('b'), table.find('a'), table.find('b')]).toEqual([undefined, 0, undefined]);
    expect(table.add('c')).toBe(1);
    expect([table.at(0), table.at(1)]).toEqual(['a', 'c']);
  });

  test.each([
    ['at each end of what takes one byte and three', '\0\u007f\u0080\uffff'],
    ['a lone half of a pair', '\ud83e'],
    ['a pair', '🦊'],
    ['longer than all the room there is at first', 'é'.repeat(5000)],
  ])('any text comes back as it was: %s', (_name, text) => {
    const table = new TextTable();
    expect(table.at(table.add(text))).toBe(text);
  });

  test.each([0, 1, 2])('the texts behind a long one, however long: %d beyond the least room', (more) => {
    const table = new TextTable();
    const texts = ['first', 'x'.repeat(2 ** 18 - 2 + more), 'next', 'last'];
    expect(texts.map((text) => table.add(text))).toEqual([0, 1, 2, 3]);
    expect(texts.map((_, number) => table.at(number) === texts[number])).toEqual([true, true, true, true]);
    expect(texts.map((text) => table.find(text))).toEqual([0, 1, 2, 3]);
  });

  test('as a map would have it, for any texts', () => {
    const text = fc.oneof(fc.string({ maxLength: 2 }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 300 }), fc.array(text), (added, sought) => {
        const table = new TextTable();
        const map = new Map<string, number>();
        for (const one of added) {
          if (!map.has(one)) map.set(one, map.size);
          expect(table.add(one)).toBe(map.get(one));
        }
        for (const one of [...added, ...sought]) expect(table.find(one)).toBe(map.get(one));
        expect(Array.from(map.keys(), (_, number) => table.at(number))).toEqual([...map.keys()]);
      }),
    );
  });

  test('what was there before it grew is found after, wherever it has to be sought on from the beginning', () => {
    const texts = Array.from({ length: 300 }, (_, of) =>
      Array.from({ length: 60 }, (__, n) => `table ${of}, text ${n}`),
    );
    const lost = texts.flatMap((some) => {
      const table = new TextTable();
      for (const text of some) table.add(text);
      return some.filter((text, number) => table.find(text) !== number);
    });
    expect(lost).toStrictEqual([]);
  });

  test('20 000 texts that differ in their last characters', () => {
    const table = new TextTable();
    const textAt = (number: number): string => `01HZY3K9QW${String(number).padStart(16, '0')}`;
    for (let number = 0; number < 20_000; number += 1) table.add(textAt(number));
    expect(table.size).toBe(20_000);
    const numbers = Array.from({ length: 20_000 }, (_, number) => number);
    expect(numbers.filter((number) => table.find(textAt(number)) !== number)).toStrictEqual([]);
    expect(numbers.filter((number) => table.add(textAt(number)) !== number)).toStrictEqual([]);
    expect(numbers.filter((number) => table.at(number) !== textAt(number))).toStrictEqual([]);
    expect(table.find(textAt(20_000))).toBeUndefined();
  });
});

test('numbers by place: the greatest, one that is far out, and none', () => {
  const numbers = new NumberList();
  expect(numbers.push(4_294_967_295)).toBe(1);
  numbers.set(1000, 7);
  expect([0, 1, 999, 1000, 1001].map((place) => numbers.at(place))).toEqual([4_294_967_295, 0, 0, 7, 0]);
  expect(numbers.length).toBe(1001);
});

test('numbers in their order', () => {
  const numbers = new NumberList();
  expect([...numbers]).toStrictEqual([]);
  for (const number of [5, 0, 7]) numbers.push(number);
  expect([...numbers]).toEqual([5, 0, 7]);
});

test('a path has one number, whatever it has in common with others', () => {
  const paths = [
    'a/b/c',
    'a/b/d',
    'a/c',
    'c',
    '',
    '/',
    'a/',
    '0/c',
    'a/b/',
    ...Array.from({ length: 20 }, (_, n) => `h${n}/t`),
  ];
  const table = new PathTable();
  const numbers = paths.map((path) => table.add(path));
  expect(new Set(numbers).size).toBe(paths.length);
  expect(numbers.map((number) => table.at(number))).toEqual(paths);
  expect(paths.map((path) => table.find(path))).toEqual(numbers);
  expect(['b/c', 'a/b', 'a/d', 'h0/'].map((path) => table.find(path))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
