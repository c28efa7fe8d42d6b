import { describe, expect, test } from '@jest/globals';
import { standingOf, UserOrder, type UserStanding } from '../../../core/model/user-order.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import type { Severity } from '../../../rules/engine/severity.ts';
import { aFinding } from '../../support/findings.ts';

test.each<{ differs: Partial<Finding>; standing: UserStanding | undefined }>([
  { differs: { severity: 'HIGH', state: 'new' }, standing: 'HIGH' },
  { differs: { state: 'waived' }, standing: 'apart' },
  { differs: { state: 'event' }, standing: 'apart' },
  { differs: { state: 'resolved' }, standing: undefined },
  { differs: { subject: { kind: 'environment', id: 'u1' } }, standing: undefined },
])('a finding of $differs counts as $standing', ({ differs, standing }) => {
  expect(standingOf(aFinding(differs))).toBe(standing);
});

type Counts = Partial<Record<Severity | 'waived', number>>;

const orderOf = (users: Readonly<Record<string, Counts>>): UserOrder => {
  const order = new UserOrder();
  for (const [id, counts] of Object.entries(users))
    for (const [kind, count] of Object.entries(counts))
      for (let n = 0; n < count; n += 1)
        order.add(
          aFinding({
            subject: { kind: 'user', id },
            ...(kind === 'waived' ? { state: 'waived' } : { severity: kind as Severity }),
          }),
        );
  return order;
};

test.each<{ name: string; users: Readonly<Record<string, Counts>>; ids: readonly string[] }>([
  {
    name: 'by the worst severity',
    users: {
      waived: { waived: 9 },
      info: { INFORMATIONAL: 9 },
      low: { LOW: 9 },
      medium: { MEDIUM: 9 },
      high: { HIGH: 9 },
      critical: { CRITICAL: 1 },
    },
    ids: ['critical', 'high', 'medium', 'low', 'info', 'waived'],
  },
  {
    name: 'by the number of the worst, and then of the next',
    users: { b: { HIGH: 1, LOW: 3 }, c: { HIGH: 2 }, a: { HIGH: 1, MEDIUM: 1 }, d: { HIGH: 1, LOW: 3, waived: 1 } },
    ids: ['c', 'a', 'd', 'b'],
  },
  {
    name: 'by their ids where they are equal',
    users: { b: { LOW: 1 }, c: { LOW: 1 }, a: { LOW: 1 } },
    ids: ['a', 'b', 'c'],
  },
  {
    name: 'with as many as fit, which are never taken for something worse',
    users: {
      a: { HIGH: 600 },
      b: { CRITICAL: 1 },
      c: { HIGH: 255, LOW: 1 },
      d: { HIGH: 254, LOW: 9 },
      e: { waived: 600 },
      f: { MEDIUM: 1, HIGH: 255 },
      g: { CRITICAL: 1, HIGH: 600 },
      h: { CRITICAL: 2 },
    },
    ids: ['h', 'g', 'b', 'f', 'c', 'a', 'd', 'e'],
  },
])('the worst users first, $name', ({ users, ids }) => {
  const order = orderOf(users);
  expect(order.size).toBe(ids.length);
  expect(order.worst(ids.length)).toEqual({ ids, leftOut: [] });
  expect(order.worst(1000)).toEqual({ ids, leftOut: [] });
});

describe('of more users than are shown', () => {
  const users = {
    u4: { LOW: 1 },
    u3: { LOW: 1, waived: 1 },
    u2: { LOW: 1 },
    u5: { CRITICAL: 1 },
    u1: { LOW: 1 },
    u6: { waived: 1 },
    u7: { waived: 2 },
  };
  test.each([
    { most: 0, ids: [], leftOut: { CRITICAL: 1, LOW: 4, apart: 2 } },
    { most: 1, ids: ['u5'], leftOut: { LOW: 4, apart: 2 } },
    { most: 3, ids: ['u5', 'u3', 'u4'], leftOut: { LOW: 2, apart: 2 } },
    { most: 4, ids: ['u5', 'u3', 'u2', 'u4'], leftOut: { LOW: 1, apart: 2 } },
    { most: 6, ids: ['u5', 'u3', 'u1', 'u2', 'u4', 'u7'], leftOut: { apart: 1 } },
  ])('$most are, of equals those that came first', ({ most, ids, leftOut }) => {
    expect(orderOf(users).worst(most)).toEqual({ ids, leftOut: Object.entries(leftOut) });
  });
});

test('whose findings are resolved has none', () => {
  const order = new UserOrder();
  order.add(aFinding({ state: 'resolved' }));
  expect(order.size).toBe(0);
  expect(order.worst(10)).toEqual({ ids: [], leftOut: [] });
});
