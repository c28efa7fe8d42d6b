import { setTimeout } from 'node:timers/promises';

/** Time as an audit knows it. Whoever starts one says by which clock, and tests bring their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => setTimeout(ms),
};
