import type { Clock } from '../../model/clock.ts';
import type { ListingCounts } from '../../model/listing.ts';
import { type Operation, RequestError, type RequestFailure, retryDecision } from './failure.ts';
import { granted, refused, sent, UNPACED, waitMs } from './pacing.ts';
import { type Fetch, type JsonObject, send } from './request.ts';
import type { ListingEvent } from './settings.ts';
import { type AwsCredentials, type Query, signedGet } from './signing.ts';

/** No request can start before the deadline any more. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/** Makes one listing's requests: signed, paced, timed and counted, one after the other. */
export interface Client {
  /**
   * Makes one request, once, when the pace allows it. Rejects with a RequestError for what the service does, and with
   * OutOfTime.
   */
  ask(operation: Operation, query: Query, credentials: AwsCredentials): Promise<JsonObject>;
  /** Signs by the service's clock from now on. */
  correctClock(skewMs: number): void;
  /** True once any HTTP answer came, a refusal included. */
  wasAnswered(): boolean;
  counts(): Pick<ListingCounts, 'requests' | 'throttled'>;
}

export interface ClientSettings {
  readonly endpoint: URL;
  readonly region: string;
  readonly deadline: number;
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly random: () => number;
  readonly requestTimeoutMs: number;
  readonly onEvent: (event: ListingEvent) => void;
}

/** Below this hardly any answer comes in time. */
const LEAST_TIMEOUT_MS = 1000;

/** Gives a request a third of the time left at most, so that one that hangs can be made again; but not uselessly little. */
const timeoutMs = (leftMs: number, mostMs: number): number =>
  Math.ceil(Math.min(mostMs, leftMs, Math.max(LEAST_TIMEOUT_MS, leftMs / 3)));

/** Tells failures that show that the service was reached. */
const isAnswer = ({ kind }: RequestFailure): boolean => kind === 'refused' || kind === 'unreadable';

export const createClient = (settings: ClientSettings): Client => {
  const { clock, deadline, onEvent } = settings;
  let pace = UNPACED;
  let clockOffsetMs = 0;
  let answered = false;
  let requests = 0;
  let throttled = 0;

  const recordFailure = (error: unknown): void => {
    if (!(error instanceof RequestError)) return;
    answered ||= isAnswer(error.failure);
    if (retryDecision(error.failure) !== 'slow-down') return;
    throttled += 1;
    pace = refused(pace, clock.now(), settings.random());
    onEvent({ kind: 'throttled', operation: error.operation, gapMs: Math.round(pace.gapMs) });
  };

  return {
    async ask(operation, query, credentials) {
      const wait = waitMs(pace, clock.now());
      if (clock.now() + wait >= deadline) throw new OutOfTime();
      if (wait > 0) await clock.sleep(wait);
      const now = clock.now();
      if (now >= deadline) throw new OutOfTime();

      const signedAt = now + clockOffsetMs;
      const { endpoint, region, fetch } = settings;
      const request = await signedGet(endpoint, query, { credentials, region, at: new Date(signedAt) });
      requests += 1;
      pace = sent(pace, now);
      try {
        const timeout = timeoutMs(deadline - now, settings.requestTimeoutMs);
        const answer = await send(operation, request, { fetch, timeoutMs: timeout, signedAt });
        answered = true;
        pace = granted(pace, clock.now());
        return answer;
      } catch (error) {
        recordFailure(error);
        throw error;
      }
    },
    correctClock(skewMs) {
      clockOffsetMs += skewMs;
      onEvent({ kind: 'clock-corrected', offsetMs: clockOffsetMs });
    },
    wasAnswered: () => answered,
    counts: () => ({ requests, throttled }),
  };
};
