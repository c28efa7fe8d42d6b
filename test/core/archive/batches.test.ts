import { expect, test } from '@jest/globals';
import { inBatches } from '../../../core/archive/batches.ts';

test('works on so many at a time, whichever ends first, and yields in order', async () => {
  const items = Array.from({ length: 50 }, (_, index) => index);
  let begun = 0;
  let most = 0;
  const done: number[] = [];
  const work = async (item: number) => {
    begun += 1;
    // Not who is at work still, which the timers decide.
    most = Math.max(most, begun - done.length);
    await new Promise((ready) => setTimeout(ready, item % 7));
    return item * 2;
  };
  for await (const result of inBatches(items, work)) done.push(result);
  expect(done).toEqual(items.map((item) => item * 2));
  expect(most).toBe(16);
});

test('one that fails is told in its turn', async () => {
  const done: number[] = [];
  const work = async (item: number) => {
    if (item === 3) throw new Error('three');
    return item;
  };
  await expect(async () => {
    for await (const item of inBatches([1, 2, 3, 4], work)) done.push(item);
  }).rejects.toThrow('three');
  expect(done).toEqual([1, 2]);
});

test('where only the first is taken, few others are begun', async () => {
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    return item;
  };
  for await (const item of inBatches([1, 2, 3, 4, 5, 6], work)) if (item === 1) break;
  expect(begun).toEqual([1, 2]);
});

test('takes items as they come', async () => {
  async function* items() {
    yield 1;
    yield 2;
  }
  const done: number[] = [];
  for await (const item of inBatches(items(), async (one) => one * 2)) done.push(item);
  expect(done).toEqual([2, 4]);
});
