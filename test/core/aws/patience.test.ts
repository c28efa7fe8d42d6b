import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { RetryErrorInfo } from '@smithy/types';
import { patientRetries } from '../../../core/aws/patience.ts';

const NOW = Date.parse('2026-11-24T02:00:00Z');
const PATIENCE_MS = 30_000;

beforeEach(() => {
  jest.useFakeTimers({ now: NOW });
  jest.spyOn(Math, 'random').mockReturnValue(1);
});
afterEach(() => {
  jest.useRealTimers();
  jest.spyOn(Math, 'random').mockRestore();
});

/** The pauses after as many failures of one request, each at the moment of its beginning. */
const pausesAfter = async (failures: number, error: RetryErrorInfo): Promise<readonly number[]> => {
  const retries = patientRetries(PATIENCE_MS);
  let token = await retries.acquireInitialRetryToken('scope');
  const pauses: number[] = [];
  for (let number = 0; number < failures; number += 1) {
    token = await retries.refreshRetryTokenForRetry(token, error);
    pauses.push(token.getRetryDelay());
  }
  return pauses;
};

const later = (ms: number): Date => new Date(NOW + ms);

describe('a request is made again', () => {
  test.each<{ name: string; error: RetryErrorInfo; pauses: readonly number[] }>([
    {
      name: 'after pauses that double, up to ten seconds',
      error: { errorType: 'TRANSIENT' },
      pauses: [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000],
    },
    {
      name: 'later where it was refused for the rate',
      error: { errorType: 'THROTTLING' },
      pauses: [500, 1000, 2000, 4000, 8000, 10_000],
    },
    {
      name: 'when the service asks for it',
      error: { errorType: 'SERVER_ERROR', retryAfterHint: later(4321) },
      pauses: [4321, 4321],
    },
    {
      name: 'no sooner for a moment that is near',
      error: { errorType: 'SERVER_ERROR', retryAfterHint: later(50) },
      pauses: [100, 200],
    },
  ])('$name', async ({ error, pauses }) => {
    expect(await pausesAfter(pauses.length, error)).toEqual(pauses);
  });

  test('within a part of the pause that chance decides', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.25);
    expect(await pausesAfter(2, { errorType: 'TRANSIENT' })).toEqual([25, 50]);
  });

  test('as long as its time is not over', async () => {
    const asked = (ms: number) => pausesAfter(1, { errorType: 'SERVER_ERROR', retryAfterHint: later(ms) });
    expect(await asked(PATIENCE_MS)).toEqual([PATIENCE_MS]);
    await expect(asked(PATIENCE_MS + 1)).rejects.toThrow('not tried again');
  });

  test('by the time since it was first made', async () => {
    const retries = patientRetries(PATIENCE_MS);
    const first = await retries.acquireInitialRetryToken('scope');
    jest.setSystemTime(later(PATIENCE_MS - 100));
    const second = await retries.refreshRetryTokenForRetry(first, { errorType: 'TRANSIENT' });
    expect(second.getRetryCount()).toBe(1);
    await expect(retries.refreshRetryTokenForRetry(second, { errorType: 'TRANSIENT' })).rejects.toThrow(
      'not tried again',
    );
  });

  test('never where it would fail again', async () => {
    await expect(pausesAfter(1, { errorType: 'CLIENT_ERROR' })).rejects.toThrow('not tried again');
  });
});
