import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../core/model/clock.ts';
import type { Fetch } from '../../core/sources/finspace/request.ts';
import type { Simulator } from '../../simulator/server.ts';

/** The time that a request takes on the clock below. */
const REQUEST_MS = 1000;
/** The most that a request without an answer takes. */
const TIMEOUT_MS = 10_000;

/**
 * A clock that only sleeping and requests move, and requests by that clock. Waiting takes no time, so a deadline is soon
 * over, and a case is the same whenever and wherever it is run.
 */
export const virtualTime = (start: number) => {
  let now = start;
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };

  /** Rejects as `fetch` does where its time is over, as soon as the simulator has decided not to answer. */
  const silenceOf = async (
    simulator: Simulator,
    since: number,
    deadline: number,
    isOver: () => boolean,
  ): Promise<never> => {
    while (simulator.requests().slice(since).at(-1)?.fault !== 'hang') {
      // Whoever races this has won: nobody waits for it any more.
      if (isOver()) return new Promise(() => {});
      await setTimeout(1);
    }
    now += Math.max(0, Math.min(TIMEOUT_MS, deadline - now));
    throw new DOMException('the operation was aborted', 'TimeoutError');
  };

  const fetchFrom =
    (simulator: Simulator, deadline: number): Fetch =>
    async (url, init) => {
      now += REQUEST_MS;
      const since = simulator.requests().length;
      const leave = new AbortController();
      let isOver = false;
      try {
        const answer = fetch(url, { ...init, signal: AbortSignal.any([init.signal, leave.signal]) });
        const silence = silenceOf(simulator, since, deadline, () => isOver);
        return await Promise.race([answer, silence]);
      } catch (error) {
        leave.abort();
        throw error;
      } finally {
        isOver = true;
      }
    };

  return { clock, fetchFrom };
};
