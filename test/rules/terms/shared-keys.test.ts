import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { SharedKeys } from '../../../rules/terms/shared-keys.ts';

const filed = (entries: readonly (readonly [key: string, id: string])[]): SharedKeys => {
  const keys = new SharedKeys();
  for (const [key, id] of entries) keys.add(key, id);
  return keys;
};

/** The same by the plainest means. */
const grouped = (entries: readonly (readonly [key: string, id: string])[]) => {
  const groups = new Map<string, string[]>();
  for (const [key, id] of entries) groups.set(key, [...(groups.get(key) ?? []), id]);
  return [...groups].filter(([, ids]) => ids.length > 1).map(([key, ids]) => ({ key, ids }));
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
      ['a', 'u1'],
      ['b', 'u2'],
      ['a', 'u3'],
      ['c', 'u4'],
      ['a', 'u0'],
      ['c', 'u5'],
    ]);
    expect(keys.shared()).toEqual([
      { key: 'a', ids: ['u1', 'u3', 'u0'] },
      { key: 'c', ids: ['u4', 'u5'] },
    ]);
    expect(keys.size).toBe(3);
  });

  test('the empty key, keys of NULs, and keys that extend each other are keys of their own', () => {
    expect(
      filed(
        ['', '\0', '\0\0', 'a', 'aa', 'a\0', '\0a', '\u0100', '\u0001'].map((key) => [key, 'u']),
      ).shared(),
    ).toEqual([]);
  });

  test.each([
    ['low', 'role-778858', 'role-5651436'],
    ['high', 'role-410731', 'role-5056926'],
  ])(
    'keys that fall on one slot and agree in the %s half of the fingerprint are two keys',
    (_half, one, other) => {
      const entries = [
        [one, 'u1'],
        [other, 'u2'],
        [other, 'u3'],
      ] as const;
      expect(filed(entries).shared()).toEqual([{ key: other, ids: ['u2', 'u3'] }]);
    },
  );

  test('as a map would have it, for any keys', () => {
    const key = fc.oneof(fc.string({ maxLength: 2 }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.string())), (entries) => {
        const keys = filed(entries);
        expect(byKey(keys.shared())).toEqual(byKey(grouped(entries)));
        expect(keys.size).toBe(new Set(entries.map(([given]) => given)).size);
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
    const keys = filed(Array.from({ length: count }, (_, place) => [keyAt(place), `u${place}`] as const));
    expect(keys.size).toBe(count);
    expect(keys.shared()).toEqual([]);

    keys.add(keyAt(0), 'again');
    keys.add(keyAt(count - 1), 'again');
    expect(keys.shared()).toEqual([
      { key: keyAt(0), ids: ['u0', 'again'] },
      { key: keyAt(count - 1), ids: [`u${count - 1}`, 'again'] },
    ]);
  });
});
