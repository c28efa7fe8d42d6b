import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from '@smithy/types';

const PAUSE_BASE_MS = 100;
/** Refusals for the rate pass later than others. */
const THROTTLED_PAUSE_BASE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

interface TimedToken extends RetryToken {
  readonly startedAt: number;
}

/** Full jitter, https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
const pauseMs = ({ errorType }: RetryErrorInfo, failures: number): number => {
  const base = errorType === 'THROTTLING' ? THROTTLED_PAUSE_BASE_MS : PAUSE_BASE_MS;
  return Math.random() * Math.min(LONGEST_PAUSE_MS, base * 2 ** (failures - 1));
};

const tokenOf = (startedAt: number, count: number, delay: number): TimedToken => ({
  startedAt,
  getRetryCount: () => count,
  getRetryDelay: () => delay,
});

/**
 * Makes requests of the AWS SDK again by time, not by tries: the SDK's own three are over within a second. What would
 * fail again, by the SDK's own judgement, is not tried again.
 */
export const patientRetries = (patienceMs: number): RetryStrategyV2 => ({
  acquireInitialRetryToken: async () => tokenOf(Date.now(), 0, 0),
  refreshRetryTokenForRetry: async (token, error) => {
    const { startedAt } = token as TimedToken;
    const failures = token.getRetryCount() + 1;
    const asked = (error.retryAfterHint?.getTime() ?? 0) - Date.now();
    const delay = Math.max(asked, pauseMs(error, failures));
    const isOver = Date.now() + delay - startedAt > patienceMs;
    // The SDK throws the request's own error in its place.
    if (error.errorType === 'CLIENT_ERROR' || isOver) throw new Error('not tried again');
    return tokenOf(startedAt, failures, delay);
  },
  recordSuccess: () => undefined,
});
