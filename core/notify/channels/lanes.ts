import pRetry from 'p-retry';

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
