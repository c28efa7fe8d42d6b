import { setTimeout as sleep } from 'node:timers/promises';

/** The clock of an audit: a setting, so that tests and replays bring their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

export const systemClock: Clock = { now: () => Date.now(), sleep: (ms) => sleep(ms) };

/** A clock that stands still, for audits of a time that is not the machine's. */
export const stoppedClock = (now: number): Clock => ({ ...systemClock, now: () => now });

/** Waits for a promise, but no longer than `ms` of the machine's own time: past that it is what `late` gives or throws. */
export const within = <T>(ms: number, promise: Promise<T>, late: () => T): Promise<T> => {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  return Promise.race([promise, over.promise.then(late)]).finally(() => clearTimeout(timer));
};
