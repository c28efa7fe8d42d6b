import { expect, test } from '@jest/globals';
import { KeyGroups } from '../../../../rules/engine/memory/key-groups.ts';

test('gives the users of each key, one alone as well, in the order of the listing', () => {
  const groups = new KeyGroups();
  for (const [position, key] of [
    [0, 'a/b'],
    [2, ''],
    [3, 'a/b'],
    [70_000, 'ä'],
    [70_001, 'a/b'],
  ] as const)
    groups.add(position, key);
  expect([...groups.shared()]).toEqual([
    { key: 'a/b', positions: [0, 3, 70_001] },
    { key: '', positions: [2] },
    { key: 'ä', positions: [70_000] },
  ]);
  expect(groups.size).toBe(3);
  expect(groups.positionsOf('a/b')).toEqual([0, 3, 70_001]);
  expect(groups.positionsOf('b')).toStrictEqual([]);
});
