import { describe, expect, test } from '@jest/globals';
import {
  type ChainedRun,
  chainCheck,
  pointerProblem,
  previousProblem,
  type RunLink,
} from '../../../core/archive/chain.ts';
import { chainKey, runKeys } from '../../../core/archive/keys.ts';
import { runName } from '../../../core/model/run-name.ts';

const instant = (number: number): Date => new Date(Date.UTC(2026, 10, number, 2));
const runAt = (number: number): string => runName(instant(number));
const keyAt = (number: number): string => runKeys('abc', instant(number)).manifest;
const linkTo = (number: number, sha256 = `hash ${number}`) => ({ run: runAt(number), key: keyAt(number), sha256 });

interface Night {
  readonly number: number;
  /** The night that its manifest names as the one before; 0: none. */
  readonly names: number;
  /** The hash that it names, where that is another's. */
  readonly hash?: string;
  /** There, and can't be read. */
  readonly isUnreadable?: boolean;
}

const chained = ({ number, names, hash }: Night): ChainedRun => ({
  ...linkTo(number),
  previous: names === 0 ? undefined : linkTo(names, hash),
});

const problemsOf = (nights: readonly Night[], from = 0) => {
  const check = chainCheck(nights.map(({ number }) => keyAt(number)));
  return nights
    .filter(({ number, isUnreadable }) => number >= from && !isUnreadable)
    .flatMap((night) => check(chained(night)) ?? []);
};

const nights = (...named: readonly (readonly [number: number, names: number])[]): readonly Night[] =>
  named.map(([number, names]) => ({ number, names }));

const SOUND = nights([1, 0], [2, 1], [4, 2], [5, 4]);

describe('the chain of manifests', () => {
  test.each([
    { name: 'no run', chain: [] },
    { name: 'one run', chain: nights([1, 0]) },
    { name: 'runs that each name the one before', chain: SOUND },
    {
      name: 'a run that can’t be read between them, of which the next is believed',
      chain: SOUND.map((night) => ({ ...night, isUnreadable: night.number === 2 })),
    },
  ])('holds: $name', ({ chain }) => {
    expect(problemsOf(chain)).toStrictEqual([]);
  });

  test.each([
    {
      name: 'the first names one that is not there',
      chain: nights([2, 1], [3, 2]),
      problem: {
        kind: 'missing',
        run: 1,
        message: `is not there, though the manifest of run ${runAt(2)} names it as the one before`,
      },
    },
    {
      name: 'one between others is not there',
      chain: nights([1, 0], [3, 2]),
      problem: {
        kind: 'missing',
        run: 2,
        message: `is not there, though the manifest of run ${runAt(3)} names it as the one before`,
      },
    },
    {
      name: 'one names one that is not there and lies after it',
      chain: nights([1, 0], [3, 4]),
      problem: {
        kind: 'missing',
        run: 4,
        message: `is not there, though the manifest of run ${runAt(3)} names it as the one before`,
      },
    },
    {
      name: 'one names another hash',
      chain: [...nights([1, 0]), { number: 2, names: 1, hash: 'another' }],
      problem: {
        kind: 'edited',
        run: 1,
        message: `was altered: its SHA-256 is hash 1, the manifest of run ${runAt(2)} says another`,
      },
    },
    {
      name: 'one names none',
      chain: nights([1, 0], [2, 0]),
      problem: { kind: 'skipped', run: 2, message: `names no run before it, though run ${runAt(1)} is there` },
    },
    {
      name: 'one passes over the one before',
      chain: [...nights([1, 0]), { number: 2, names: 0, isUnreadable: true }, ...nights([3, 1])],
      problem: {
        kind: 'skipped',
        run: 3,
        message: `names run ${runAt(1)} as the one before it and passes over run ${runAt(2)}`,
      },
    },
    {
      name: 'two name the same',
      chain: nights([1, 0], [2, 1], [3, 1]),
      problem: {
        kind: 'forked',
        run: 3,
        message: `names run ${runAt(1)} as the one before it, as run ${runAt(2)} does: one of the two was slipped in, or both were made at once`,
      },
    },
    {
      name: 'one names itself',
      chain: nights([1, 0], [2, 2]),
      problem: {
        kind: 'reordered',
        run: 2,
        message: `names run ${runAt(2)} as the one before it, which is not before it`,
      },
    },
    {
      name: 'one names one after it',
      chain: [...nights([1, 0], [2, 3]), { number: 3, names: 2, isUnreadable: true }],
      problem: {
        kind: 'reordered',
        run: 2,
        message: `names run ${runAt(3)} as the one before it, which is not before it`,
      },
    },
  ])('does not hold: $name', ({ chain, problem: { kind, run, message } }) => {
    expect(problemsOf(chain)).toEqual([{ kind, run: runAt(run), key: keyAt(run), message }]);
  });

  test('is checked from any run on, and what comes before is only known to be there', () => {
    expect(problemsOf(SOUND, 4)).toStrictEqual([]);
    const [first, second, ...rest] = SOUND;
    expect(first && second && problemsOf([first, { ...second, hash: 'another' }, ...rest], 2)).toStrictEqual([]);
    expect(problemsOf(nights([1, 0], [3, 2], [4, 3]), 3)).toMatchObject([{ kind: 'missing', run: runAt(2) }]);
    expect(problemsOf(nights([1, 0], [2, 1], [3, 1]), 3)).toMatchObject([{ kind: 'skipped', run: runAt(3) }]);
  });

  test('is told by the key of a run where a manifest calls that run by another name', () => {
    const previous = { ...linkTo(1), run: 'another' };
    expect(previousProblem(runAt(2), previous, undefined)).toMatchObject({ run: runAt(1), key: keyAt(1) });
  });
});

describe('entries, whose keys name no run', () => {
  const entryAt = (number: number, previous?: RunLink): ChainedRun => ({
    ...linkTo(number),
    key: chainKey('abc', number),
    previous,
  });
  const first = entryAt(1);
  const second = entryAt(2, first);
  const third = entryAt(3, first);
  const named = (one: string) => `names ${one} as the one before it`;

  test.each([
    {
      name: 'each its run, where it was read',
      read: [first, second],
      words: `${named(`run ${runAt(1)}`)}, as run ${runAt(2)}`,
    },
    {
      name: 'one its place, where it was not',
      read: [first],
      words: `${named(`run ${runAt(1)}`)} and passes over entry 2`,
    },
    { name: 'both their places', read: [], words: `${named('entry 1')} and passes over entry 2` },
  ])('are called by $name', ({ read, words }) => {
    const check = chainCheck([1, 2, 3].map((number) => chainKey('abc', number)));
    expect(read.map(check)).toEqual(read.map(() => undefined));
    expect(check(third)?.message).toContain(words);
  });

  test('are of the run that whoever misses them names', () => {
    expect(previousProblem(runAt(2), first, undefined)).toMatchObject({ run: runAt(1), key: chainKey('abc', 1) });
  });
});

describe('the pointer to the last run', () => {
  const pointer = { run: runAt(3), manifest: keyAt(3), sha256: 'hash 3' };

  test.each([
    { name: 'fits', found: 'hash 3', problem: undefined },
    {
      name: 'points to what is not there',
      found: undefined,
      problem: { kind: 'missing', message: 'is not there, though latest/environment=abc.json points to it' },
    },
    {
      name: 'names another hash',
      found: 'another',
      problem: {
        kind: 'edited',
        message: 'was altered: its SHA-256 is another, latest/environment=abc.json says hash 3',
      },
    },
  ])('$name', ({ found, problem }) => {
    expect(pointerProblem('abc', pointer, found)).toEqual(problem && { ...problem, run: runAt(3), key: keyAt(3) });
  });
});
