import { expect, test } from '@jest/globals';
import { isLive, isSameSource, type ListingSource, momentsOf } from '../../../core/model/listing.ts';

test.each([
  { kind: 'finspace', live: true },
  { kind: 'parts', live: true },
  { kind: 'roster', live: false },
  { kind: 'archive', live: false },
] as const)('users of $kind were listed as they were at that moment: $live', ({ kind, live }) => {
  expect(isLive({ kind })).toBe(live);
});

test.each<{ one: ListingSource; other: ListingSource; isSame: boolean }>([
  { one: { kind: 'roster', file: 'a' }, other: { kind: 'roster', file: 'b' }, isSame: true },
  { one: { kind: 'finspace', endpoint: 'a' }, other: { kind: 'finspace', endpoint: 'a' }, isSame: true },
  { one: { kind: 'finspace', endpoint: 'a' }, other: { kind: 'finspace', endpoint: 'b' }, isSame: false },
  { one: { kind: 'finspace', endpoint: 'a' }, other: { kind: 'parts', endpoint: 'a' }, isSame: false },
  { one: { kind: 'roster' }, other: { kind: 'archive' }, isSame: false },
])('$one and $other are the same source: $isSame', ({ one, other, isSame }) => {
  expect(isSameSource(one, other)).toBe(isSame);
});

test('the users of a run were read when its listing ended, of an older version at the time that it speaks for', () => {
  const asOf = '2026-11-24T02:00:00.000Z';
  const endedAt = '2026-11-24T05:00:00.000Z';
  expect(momentsOf({ asOf, listing: { startedAt: asOf, endedAt } })).toEqual({
    now: Date.parse(asOf),
    readAt: Date.parse(endedAt),
  });
  expect(momentsOf({ asOf })).toEqual({ now: Date.parse(asOf), readAt: Date.parse(asOf) });
});
