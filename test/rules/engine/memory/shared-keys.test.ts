import { describe, expect, test } from '@jest/globals';
import { SharedKeys } from '../../../../rules/engine/memory/shared-keys.ts';
import * as fc from '../../../support/properties.ts';

const filed = (entries: readonly (readonly [key: string, position: number])[]): SharedKeys => {
  const keys = new SharedKeys();
  for (const [key, position] of entries) keys.add(position, key);
  return keys;
};

/** The same by the plainest means. */
const grouped = (entries: readonly (readonly [key: string, position: number])[]) => {
  const groups = new Map<string, number[]>();
  for (const [key, position] of entries) groups.set(key, [...(groups.get(key) ?? []), position]);
  return [...groups].filter(([, positions]) => positions.length > 1).map(([key, positions]) => ({ key, positions }));
};

const byKey = (groups: readonly { readonly key: string }[]) =>
  groups.toSorted((one, other) => (one.key < other.key ? -1 : 1));

describe('keys that users share', () => {
  test('none of none', () => {
    expect(filed([]).shared()).toStrictEqual([]);
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
      { key: 'a', positions: [1, 3, 0] },
      { key: 'c', positions: [4, 5] },
    ]);
    expect(keys.size).toBe(3);
  });

  test('the texts of a key are not told by their letters alone', () => {
    const keys = ['ab\nc', 'a\nbc', 'abc', '\nabc', 'abc\n', 'ab\nc\n'];
    expect(filed(keys.map((key) => [key, 0])).shared()).toStrictEqual([]);
    expect(filed([...keys, 'ab\nc'].map((key, position) => [key, position])).shared()).toEqual([
      { key: 'ab\nc', positions: [0, 6] },
    ]);
  });

  test('the empty key, keys of NULs, and keys that extend each other are keys of their own', () => {
    expect(
      filed(['', '\0', '\0\0', 'a', 'aa', 'a\0', '\0a', '\u0100', '\u0001'].map((key) => [key, 0])).shared(),
    ).toStrictEqual([]);
  });

  // Of six million such keys, by the hash of SharedKeys: where that changes, they have to be found anew.
  test.each([
    ['low', 'role-21510', 'role-189795'],
    ['high', 'role-833735', 'role-2630331'],
  ])('keys that fall on one slot and agree in the %s half of the fingerprint are two keys', (_half, one, other) => {
    const entries = [
      [one, 1],
      [other, 2],
      [other, 3],
    ] as const;
    expect(filed(entries).shared()).toEqual([{ key: other, positions: [2, 3] }]);
  });

  test('as a map would have it, for any keys', () => {
    const key = fc.oneof(fc.string({ maxLength: 2 }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(key), (given) => {
        const entries = given.map((one, position) => [one, position] as const);
        const keys = filed(entries);
        expect(byKey(keys.shared())).toEqual(byKey(grouped(entries)));
        expect(keys.size).toBe(new Set(given).size);
      }),
    );
  });

  test.each([
    ['numbered addresses', (position: number) => `user${position}@example.com`],
    ['numbered ARNs', (position: number) => `arn:aws:iam::111122223333:role/team-${position}/analyst`],
    ['pairs of names', (position: number) => `first${position % 300}\nlast${Math.floor(position / 300)}`],
    ['padded numbers', (position: number) => String(position).padStart(8, '0')],
  ])('no two of 20 000 %s are taken for one, and each is still known', (_name, keyAt) => {
    const count = 20_000;
    const keys = filed(Array.from({ length: count }, (_, position) => [keyAt(position), position] as const));
    expect(keys.size).toBe(count);
    expect(keys.shared()).toStrictEqual([]);
    const positions = Array.from({ length: count }, (_, position) => position);
    expect(positions.filter((position) => keys.positionsOf(keyAt(position)).join() !== `${position}`)).toStrictEqual(
      [],
    );

    keys.add(count, keyAt(0));
    keys.add(count, keyAt(count - 1));
    expect(keys.shared()).toEqual([
      { key: keyAt(0), positions: [0, count] },
      { key: keyAt(count - 1), positions: [count - 1, count] },
    ]);
  });
});

test('the users of a key, of one that one user has, and of none', () => {
  const keys = filed([
    ['a', 1],
    ['b', 2],
    ['a', 3],
  ]);
  expect(['a', 'b', 'c'].map((key) => keys.positionsOf(key))).toEqual([[1, 3], [2], []]);
});
