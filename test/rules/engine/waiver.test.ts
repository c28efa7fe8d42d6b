import { expect, test } from '@jest/globals';
import { openWaivers, type Waiver } from '../../../rules/engine/waiver.ts';

const NOW = Date.parse('2026-11-24T02:00:00Z');
const waiver: Waiver = { rule: 'stale', user: 'u1', reason: 'r', owner: 'o', approver: 'a', expires: '2027-03-31' };
const rules = new Map([
  ['stale', true],
  ['off', false],
]);

test.each([
  { name: 'in use and far from its end: nothing to tell', waiver, isUsed: true, kinds: [] },
  { name: 'of no use', waiver, isUsed: false, kinds: ['unused'] },
  {
    name: 'of no use since its rule is off: nothing to tell',
    waiver: { ...waiver, rule: 'off' },
    isUsed: false,
    kinds: [],
  },
  { name: 'ends in 14 days and 22 hours', waiver: { ...waiver, expires: '2026-12-08' }, isUsed: true, kinds: [] },
  {
    name: 'ends in 13 days and 22 hours',
    waiver: { ...waiver, expires: '2026-12-07' },
    isUsed: true,
    kinds: ['expiring'],
  },
  { name: 'ends today', waiver: { ...waiver, expires: '2026-11-24' }, isUsed: true, kinds: ['expiring'] },
  { name: 'ended yesterday', waiver: { ...waiver, expires: '2026-11-23' }, isUsed: false, kinds: ['expired'] },
  {
    name: 'of a rule that nobody knows',
    waiver: { ...waiver, rule: 'nonsense' },
    isUsed: false,
    kinds: ['unknown-rule'],
  },
])('$name', ({ waiver: one, isUsed, kinds }) => {
  const book = openWaivers([one], NOW, rules);
  if (isUsed) expect(book.find(one.rule, one.user)).toBe(one);
  expect(book.troubles().map(({ kind }) => kind)).toEqual(kinds);
});
