import { expect, test } from '@jest/globals';
import { limitsError } from '../../../rules/conditions/limits.ts';
import type { GroupFacts } from '../../../rules/engine/rule.ts';
import { rules } from '../../../rules/index.ts';
import { aContext } from '../../support/builders.ts';

test.each([0, 1, 90, 36_500])('takes a limit of %d', (maxDays) => {
  expect(limitsError({ maxDays })).toBeUndefined();
});

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses a limit of %d', (maxDays) => {
  const told = `maxDays must be a whole number, 0 or more, got ${maxDays}`;
  expect(limitsError({ other: 1, maxDays })).toBe(told);
  expect(limitsError({ maxDays, another: -2 })).toBe(told);
});

const ofDirectory = rules.flatMap((rule) => (rule.kind === 'directory' ? [{ rule, id: rule.id }] : []));

/** Each number of users out of some, and those with one more that counts, or with one fewer that does not. */
const STEPS = Array.from({ length: 12 }, (_, outOf) => outOf).flatMap((outOf) =>
  Array.from({ length: outOf + 1 }, (_, count) => ({ count, outOf })).flatMap((facts) => [
    { facts, next: { count: facts.count + 1, outOf: Math.max(outOf, facts.count + 1) } },
    { facts, next: { count: facts.count, outOf: Math.max(facts.count, outOf - 1) } },
  ]),
);

test.each(ofDirectory)('$id has a limit that moves one way, as its judgement at both ends needs', ({ rule }) => {
  const holds = (facts: GroupFacts): boolean => rule.limit?.(facts, rule.options, aContext()).holds === true;
  const moves = STEPS.map(({ facts, next }) => Number(holds(next)) - Number(holds(facts)));
  expect(moves.includes(1) && moves.includes(-1)).toBe(false);
});

test.each(ofDirectory)(
  '$id, if it has keys, has nothing against a user alone: no single user is judged',
  ({ rule }) => {
    const alone = [0, 1].map((count) => rule.limit?.({ count, outOf: 1 }, rule.options, aContext()).holds);
    expect(rule.keys === undefined ? [] : alone).not.toContain(true);
  },
);
