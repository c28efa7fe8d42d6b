import pRetry from 'p-retry';
import { type Clock, systemClock } from '../../model/clock.ts';

/** Some of a request was not taken, and may be later. */
export class PartRefused extends Error {}

/** The number of times that a request, or what was not taken of it, is sent again. */
export const RETRIES = 7;
const LONGEST_WAIT_MS = 10_000;

/** Tries again what rejects with a PartRefused, and leaves everything else to who sends. Rejects once it is to end. */
export const untilTaken = (attempt: () => Promise<void>, firstWaitMs = 200, ending?: AbortSignal): Promise<void> =>
  pRetry(attempt, {
    ...(ending && { signal: ending }),
    retries: RETRIES,
    minTimeout: firstWaitMs,
    maxTimeout: LONGEST_WAIT_MS,
    randomize: true,
    shouldRetry: ({ error }) => error instanceof PartRefused,
  });

/**
 * Sends batches, some at once; resolves with the number of what they held. One that fails ends it: the others that are on
 * their way end first, and no further ones are asked for.
 */
export const sendInLanes = async <T>(
  batches: AsyncGenerator<readonly T[]>,
  lanes: number,
  send: (batch: readonly T[]) => Promise<void>,
): Promise<number> => {
  let sent = 0;
  // A lane that fails closes the batches for all.
  const lane = async (): Promise<void> => {
    for await (const batch of batches) {
      await send(batch);
      sent += batch.length;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return sent;
};

/** The time that telling takes. */
export interface DeliveryTime {
  /** The wait before what was refused is sent again for the first time, in milliseconds; 200 where undefined. */
  readonly firstWaitMs?: number;
  readonly clock?: Clock;
  /** The end of it, in milliseconds since the epoch: what was not taken by then is undelivered. None where undefined. */
  readonly until?: number;
}

/** The time for telling is over before all were told; what is on its way may still end in time. */
class OutOfTime extends Error {}

/** Begins to tell within a time; whoever begins ends it. */
export const beginDelivery = ({ clock = systemClock, until = Number.POSITIVE_INFINITY }: DeliveryTime) => {
  const ending = new AbortController();
  const timer = Number.isFinite(until) ? setTimeout(() => ending.abort(), Math.max(0, until - clock.now())) : undefined;
  return {
    /** Aborts what is on its way when the time is over. */
    signal: ending.signal,
    /** Throws where nothing more may be sent. */
    requireTime(): void {
      if (clock.now() >= until) throw new OutOfTime();
    },
    /** Whether something failed only because the time was over. */
    isOver: (error: unknown): boolean => error instanceof OutOfTime || ending.signal.aborted,
    end: (): void => clearTimeout(timer),
  };
};

/** Says that the time was over, as the end of a sentence; `taken` reads as in `3 findings`. */
export const outOfTimeText = (taken: string): string =>
  `took ${taken} before the time was over: the next run sends what is undelivered`;
