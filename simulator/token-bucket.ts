export interface Rate {
  readonly requestsPerSecond: number;
  /** The number of requests that may come at once after a pause. */
  readonly burst: number;
}

/**
 * A bucket that holds `burst` tokens at first and refills without pause; each call takes one and says whether there was
 * one. A refused call costs nothing. Throws RangeError for a rate that would let nothing through.
 */
export const tokenBucket = ({ requestsPerSecond, burst }: Rate, clock: () => number): (() => boolean) => {
  if (!(requestsPerSecond > 0)) throw new RangeError(`requestsPerSecond must be over 0, got ${requestsPerSecond}`);
  if (!(burst >= 1)) throw new RangeError(`burst must be at least 1, got ${burst}`);
  let tokens = burst;
  let filledAt = clock();

  return () => {
    const now = clock();
    const filled = Math.min(burst, tokens + ((now - filledAt) / 1000) * requestsPerSecond);
    if (filled < 1) return false;
    tokens = filled - 1;
    filledAt = now;
    return true;
  };
};
