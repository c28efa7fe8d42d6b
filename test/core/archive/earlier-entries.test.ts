import { describe, expect, test } from '@jest/globals';
import type { RunLink } from '../../../core/archive/chain.ts';
import { entryBefore, findRunBack } from '../../../core/archive/earlier-entries.ts';
import type { ChainEntry } from '../../../core/archive/entry.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import { aMilestone, anEntry, entryKey, entryRun, linkToEntry, putAll } from '../../support/chain-entries.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

/** A chain of so many places, of which some are milestones, and its last run. */
const chainOf = async (places: number, milestones: readonly number[] = []) => {
  const archive = memoryArchive();
  let previous: RunLink | undefined;
  let last = anEntry(1);
  for (let number = 1; number <= places; number += 1) {
    let entry: ChainEntry;
    if (previous !== undefined && milestones.includes(number)) entry = aMilestone(number, 'closing', previous);
    else {
      last = anEntry(number, previous && { previous });
      entry = last;
    }
    await putAll(archive, { [entryKey(number)]: entry });
    previous = linkToEntry(entryKey(number), entry);
  }
  return { archive, last };
};

describe('the entry before one', () => {
  const first = anEntry(1);
  const second = anEntry(2, { previous: linkToEntry(entryKey(1), first) });

  test.each<{ name: string; entry: Manifest; there: object | string | undefined; before: Manifest | undefined }>([
    { name: 'the one that it names', entry: second, there: first, before: first },
    { name: 'none, of the first', entry: first, there: first, before: undefined },
    { name: 'none, where that is gone', entry: second, there: undefined, before: undefined },
    { name: 'none, where that is another', entry: second, there: anEntry(1, { accountId: '9' }), before: undefined },
    {
      name: 'none, where it names what is no entry',
      entry: anEntry(2, { previous: linkToEntry(entryKey(1), second) }),
      there: second,
      before: undefined,
    },
  ])('is $name', async ({ entry, there, before }) => {
    const archive = memoryArchive();
    if (there !== undefined) await putAll(archive, { [entryKey(1)]: there });
    expect(await entryBefore(archive, entry)).toEqual(before);
  });
});

describe('a run that is looked for back from the last', () => {
  const found = async (places: number, isSought: (number: number) => boolean, milestones?: readonly number[]) => {
    const { archive, last } = await chainOf(places, milestones);
    const numbers = Array.from({ length: places }, (_, index) => index + 1);
    const sought = new Set(numbers.filter(isSought).map(entryRun));
    return (await findRunBack(archive, last, ({ run }) => sought.has(run)))?.run;
  };

  test.each([
    { name: 'the last itself', places: 3, isSought: () => true, number: 3 },
    { name: 'the latest of several', places: 5, isSought: (number: number) => number <= 3, number: 3 },
    { name: 'the hundredth', places: 100, isSought: (number: number) => number === 1, number: 1 },
  ])('is $name', async ({ places, isSought, number }) => {
    expect(await found(places, isSought)).toBe(entryRun(number));
  });

  test('is none past a hundred, nor where none is it, nor a closing', async () => {
    expect(await found(101, (number) => number === 1)).toBeUndefined();
    expect(await found(3, () => false)).toBeUndefined();
    expect(await found(4, (number) => number < 4, [3])).toBe(entryRun(2));
    expect(await findRunBack(memoryArchive(), undefined, () => true)).toBeUndefined();
  });
});
