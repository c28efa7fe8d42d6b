import { expect, test } from '@jest/globals';
import { openWaivers, type Waiver } from '../../../rules/engine/waiver.ts';

const NOW = Date.parse('2026-11-24T02:00:00Z');
const waiver: Waiver = { rule: 'stale', user: 'u1', reason: 'r', owner: 'o', approver: 'a', expires: '2027-03-31' };
const rules = new Map([
  ['stale', true],
  ['off', false],
]);

const dayEnd = (day: string): number => Date.parse(`${day}T00:00:00Z`) + 86_400_000;

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
  const book = openWaivers([one], NOW, dayEnd, rules);
  if (isUsed) expect(book.find(one.rule, one.user, 'LOW')).toBe(one);
  // Strictly: one trouble of no kind equals none otherwise.
  expect(book.troubles().map(({ kind }) => kind)).toStrictEqual(kinds);
});

test.each([
  ['ends', -1, true],
  ['has ended', 0, false],
])('at the instant that its day %s', (_, more, isHolding) => {
  const book = openWaivers([waiver], dayEnd(waiver.expires) + more, dayEnd, rules);
  expect(book.find('stale', 'u1', 'LOW')).toBe(isHolding ? waiver : undefined);
  expect(book.troubles().map(({ kind }) => kind)).toStrictEqual([isHolding ? 'expiring' : 'expired']);
});

test.each([
  ['14 days before its end', 14 * 86_400_000, ['expiring']],
  ['a millisecond earlier', 14 * 86_400_000 + 1, []],
])('people are reminded of it %s', (_, before, kinds) => {
  const book = openWaivers([waiver], dayEnd(waiver.expires) - before, dayEnd, rules);
  book.find('stale', 'u1', 'LOW');
  expect(book.troubles().map(({ kind }) => kind)).toStrictEqual(kinds);
});

test('its trouble is as severe as the finding that it covers, or covered', () => {
  const users = ['u1', 'u2', 'u3'];
  const some = users.map((user, n) => ({ ...waiver, user, expires: n === 1 ? '2026-11-23' : '2026-11-24' }));
  const book = openWaivers(some, NOW, dayEnd, rules);
  book.find('stale', 'u1', 'CRITICAL');
  book.find('stale', 'u2', 'LOW');
  book.find('other', 'u3', 'HIGH');
  const [until, ended, unused] = some.map(({ rule, user, expires }) => ({ rule, user, expires }));
  expect(book.troubles()).toStrictEqual([
    { kind: 'expiring', ...until, severity: 'CRITICAL' },
    { kind: 'expired', ...ended, severity: 'LOW' },
    { kind: 'unused', ...unused },
  ]);
});

test.each([
  ['of a subject that its rule could not judge', ['stale', 'u1'], new Set<string>(), []],
  ['of another subject than that', ['stale', 'u2'], new Set<string>(), ['unused']],
  ['of a rule that had no say', ['other', 'u1'], new Set(['stale']), []],
])('whether one is of use is not known %s', (_, [rule = '', user = ''], unjudged, kinds) => {
  const book = openWaivers([waiver], NOW, dayEnd, rules);
  book.notAssessed(rule, user);
  expect(book.troubles(unjudged).map(({ kind }) => kind)).toStrictEqual(kinds);
});
