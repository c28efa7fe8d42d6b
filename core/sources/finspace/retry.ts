import pRetry from 'p-retry';
import type { Clock } from '../../model/clock.ts';
import { type Client, OutOfTime } from './client.ts';
import type { FinspaceCredentials } from './credentials.ts';
import {
  isOfLists,
  type Operation,
  RequestError,
  type RequestFailure,
  type RetryDecision,
  retryDecision,
} from './failure.ts';
import { askedToWait, ListingStopped, stoppedBy } from './listing-stopped.ts';
import type { CredentialsMode, ListingEvent } from './settings.ts';

export interface RetrySettings {
  readonly mode: CredentialsMode;
  readonly deadline: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly client: Client;
  readonly credentials: FinspaceCredentials;
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal | undefined;
  readonly endpoint: URL;
  /** Tells whether pages were read, by this listing or by the one that it goes on with. */
  readonly wasRead: () => boolean;
  readonly onRetry: (event: ListingEvent & { kind: 'retry' }) => void;
}

const BACKOFF_BASE_MS = 100;
const BACKOFF_CAP_MS = 20_000;
/** The most tries at a host that has no address, and never had one in this listing: some six seconds of them. */
const MOST_DNS_TRIES = 8;

const backoffMs = (failures: number, random: number): number =>
  random * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (failures - 1));

const retryAfterMs = (failure: RequestFailure): number =>
  failure.kind === 'refused' ? (failure.retryAfterMs ?? 0) : 0;

/** Whatever is asked of FinSpace follows the pace that it has taught; the SDK's clients have none. */
const isPaced = (operation: Operation): boolean =>
  isOfLists(operation) || operation === 'GetProgrammaticAccessCredentials';

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/**
 * Makes an attempt until it succeeds, until a failure says that none will, or until the deadline: the budget is time,
 * not tries. Rejects with a ListingStopped.
 *
 * Failures back off exponentially with full jitter, https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/,
 * but refusals for the rate are left to the pace, which knows better how long to wait.
 */
export const persist = async <T>(settings: RetrySettings, attempt: () => Promise<T>): Promise<T> => {
  const { clock, client, credentials, deadline, endpoint, mode, onRetry, wasRead } = settings;
  const tried = new Map<RetryDecision, number>();
  let failures = 0;
  let last: RequestError | undefined;

  /** @param waitMs the wait for which there is no time */
  const outOfTime = (waitMs = 0): ListingStopped => {
    if (last === undefined) {
      const { throttled } = client.counts();
      const why = throttled === 0 ? '' : `; requests were refused for their rate ${times(throttled)}`;
      return new ListingStopped('deadline', `deadline reached${why}`);
    }
    const asked = retryAfterMs(last.failure);
    const history = `failed ${times(failures)} on this page, at last with ${last.message}${asked > 0 && waitMs >= asked ? askedToWait(asked) : ''}`;
    return client.wasAnswered() || wasRead()
      ? new ListingStopped('deadline', `deadline reached: ${history}`, { cause: last })
      : new ListingStopped('source-unavailable', `no answer ever came until the deadline: ${history}`, { cause: last });
  };

  /** Prepares the next try, and gives the milliseconds to wait before it; throws where none would help. */
  const prepareRetry = (error: RequestError): number => {
    const { failure, operation } = error;
    const decision = retryDecision(failure);
    const count = (tried.get(decision) ?? 0) + 1;
    tried.set(decision, count);

    if (decision === 'slow-down' && isPaced(operation)) return retryAfterMs(failure);
    const isWorthWaiting = client.wasAnswered() || wasRead() || count < MOST_DNS_TRIES;
    if (decision === 'retry' || decision === 'slow-down' || (decision === 'retry-briefly' && isWorthWaiting))
      return Math.max(retryAfterMs(failure), backoffMs(count, settings.random()));
    if (decision === 'correct-clock' && count === 1 && failure.kind === 'refused' && failure.skewMs !== undefined) {
      client.correctClock(failure.skewMs);
      return 0;
    }
    if (decision === 'renew-credentials' && count === 1 && isOfLists(operation) && credentials.renew()) return 0;
    throw stoppedBy(error, decision, { mode, endpoint, wasRead: wasRead() });
  };

  return pRetry(attempt, {
    retries: Number.POSITIVE_INFINITY,
    ...(settings.signal && { signal: settings.signal }),
    // All waiting is done below, on the injected clock.
    minTimeout: 0,
    onFailedAttempt: async ({ error }) => {
      if (error instanceof OutOfTime) throw outOfTime();
      if (!(error instanceof RequestError)) return;
      failures += 1;
      last = error;
      const waitMs = prepareRetry(error);
      if (clock.now() + waitMs >= deadline) throw outOfTime(waitMs);
      onRetry({ kind: 'retry', operation: error.operation, failure: error.message, waitMs: Math.round(waitMs) });
      if (waitMs > 0) await clock.sleep(waitMs);
    },
    shouldRetry: ({ error }) => error instanceof RequestError,
  });
};
