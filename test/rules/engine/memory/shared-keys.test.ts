import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { SharedKeys } from '../../../../rules/engine/memory/shared-keys.ts';

/** A line feed parts the texts of a key. */
const add = (keys: SharedKeys, key: string, place: number): void => keys.add(place, ...key.split('\n'));

const filed = (entries: readonly (readonly [key: string, place: number])[]): SharedKeys => {
  const keys = new SharedKeys();
  for (const [key, place] of entries) add(keys, key, place);
  return keys;
};

/** The same by the plainest means. */
const grouped = (entries: readonly (readonly [key: string, place: number])[]) => {
  const groups = new Map<string, number[]>();
  for (const [key, place] of entries) groups.set(key, [...(groups.get(key) ?? []), place]);
  return [...groups].filter(([, places]) => places.length > 1).map(([key, places]) => ({ key, places }));
};

const byKey = (groups: readonly { readonly key: string }[]) =>
  groups.toSorted((one, other) => (one.key < other.key ? -1 : 1));

describe('keys that users share', () => {
  test('none of none', () => {
    expect(filed([]).shared()).toEqual([]);
    expect(filed([]).size).toBe(0);
  });

  test('every user of a key, in the order of the listing', () => {
    const keys = filed([
      ['a', 1],
      ['b', 2],
      ['a', 3],
      ['c', 4],
      ['a', 0],
      ['c', 5],
    ]);
    expect(keys.shared()).toEqual([
      { key: 'a', places: [1, 3, 0] },
      { key: 'c', places: [4, 5] },
    ]);
    expect(keys.size).toBe(3);
  });

  test('the texts of a key are not told by their letters alone', () => {
    const keys = ['ab\nc', 'a\nbc', 'abc', '\nabc', 'abc\n', 'ab\nc\n'];
    expect(filed(keys.map((key) => [key, 0])).shared()).toEqual([]);
    expect(filed([...keys, 'ab\nc'].map((key, place) => [key, place])).shared()).toEqual([
      { key: 'ab\nc', places: [0, 6] },
    ]);
  });

  test('the empty key, keys of NULs, and keys that extend each other are keys of their own', () => {
    expect(
      filed(['', '\0', '\0\0', 'a', 'aa', 'a\0', '\0a', '\u0100', '\u0001'].map((key) => [key, 0])).shared(),
    ).toEqual([]);
  });

  test.each([
    ['low', 'role-778858', 'role-5651436'],
    ['high', 'role-234963', 'role-4952347'],
  ])(
    'keys that fall on one slot and agree in the %s half of the fingerprint are two keys',
    (_half, one, other) => {
      const entries = [
        [one, 1],
        [other, 2],
        [other, 3],
      ] as const;
      expect(filed(entries).shared()).toEqual([{ key: other, places: [2, 3] }]);
    },
  );

  test('as a map would have it, for any keys', () => {
    const key = fc.oneof(fc.string({ maxLength: 2 }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(key), (given) => {
        const entries = given.map((one, place) => [one, place] as const);
        const keys = filed(entries);
        expect(byKey(keys.shared())).toEqual(byKey(grouped(entries)));
        expect(keys.size).toBe(new Set(given).size);
      }),
    );
  });

  test.each([
    ['numbered addresses', (place: number) => `user${place}@example.com`],
    ['numbered ARNs', (place: number) => `arn:aws:iam::111122223333:role/team-${place}/analyst`],
    ['pairs of names', (place: number) => `first${place % 300}\nlast${Math.floor(place / 300)}`],
    ['padded numbers', (place: number) => String(place).padStart(8, '0')],
  ])('no two of 20 000 %s are taken for one, and the last one is still known', (_name, keyAt) => {
    const count = 20_000;
    const keys = filed(Array.from({ length: count }, (_, place) => [keyAt(place), place] as const));
    expect(keys.size).toBe(count);
    expect(keys.shared()).toEqual([]);

    add(keys, keyAt(0), count);
    add(keys, keyAt(count - 1), count);
    expect(keys.shared()).toEqual([
      { key: keyAt(0), places: [0, count] },
      { key: keyAt(count - 1), places: [count - 1, count] },
    ]);
  });
});
