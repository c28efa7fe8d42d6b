import { expect, test } from '@jest/globals';
import { tokenBucket } from '../../simulator/token-bucket.ts';

/** Counts how many of so many requests at one instant are let through. */
const served = (take: () => boolean, requests: number): number =>
  Array.from({ length: requests }, take).filter(Boolean).length;

test.each<[string, number, number]>([
  ['nothing after no time', 0, 0],
  ['nothing a millisecond before the first', 49, 0],
  ['one token after its share of a second', 50, 1],
  ['two after twice as long', 100, 2],
  ['as much as it holds after a long time', 60_000, 5],
])('an empty bucket of 20 a second and 5 at once: %s', (_, wait, expected) => {
  let now = 1000;
  const take = tokenBucket({ requestsPerSecond: 20, burst: 5 }, () => now);

  expect(served(take, 10)).toBe(5);
  now += wait;
  expect(served(take, 10)).toBe(expected);
});

test('refused requests cost nothing', () => {
  let now = 0;
  const take = tokenBucket({ requestsPerSecond: 10, burst: 1 }, () => now);

  expect(take()).toBe(true);
  for (now = 10; now < 100; now += 10) expect(take()).toBe(false);
  now = 100;
  expect(take()).toBe(true);
});

test.each([
  [{ requestsPerSecond: 0, burst: 1 }, 'requestsPerSecond must be over 0, got 0'],
  [{ requestsPerSecond: Number.NaN, burst: 1 }, 'requestsPerSecond must be over 0, got NaN'],
  [{ requestsPerSecond: 1, burst: 0.5 }, 'burst must be at least 1, got 0.5'],
])('a rate that lets nothing through is refused: %j', (rate, message) => {
  expect(() => tokenBucket(rate, () => 0)).toThrow(message);
});
