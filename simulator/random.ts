/** Gives numbers from 0 up to, not including, 1. */
export type Random = () => number;

/** A small generator of good enough numbers (mulberry32): the same seeds give the same numbers, on any machine. */
export const seededRandom = (...seeds: readonly number[]): Random => {
  let state = seeds.reduce((mixed, seed) => Math.imul(mixed ^ seed, 0x9e3779b1) ^ (mixed >>> 15), 0x85ebca6b);

  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** A whole number from `least` to `most`. */
export const wholeBetween = (random: Random, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));

/** The list in another order (Fisher and Yates). */
export const shuffled = <T>(random: Random, list: readonly T[]): readonly T[] => {
  const left = [...list];
  return list.flatMap(() => left.splice(wholeBetween(random, 0, left.length - 1), 1));
};
