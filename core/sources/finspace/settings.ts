import type { Clock } from '../../model/clock.ts';
import type { Operation } from './failure.ts';
import type { Fetch } from './request.ts';
import type { AwsCredentials } from './signing.ts';

/** `exchange`: the caller's keys are exchanged for FinSpace's. `direct`: the caller's keys are FinSpace's. */
export type CredentialsMode = 'exchange' | 'direct';

/** A step of a listing, for the terminal and logs. Nothing in it names a user. */
export type ListingEvent =
  | { readonly kind: 'page'; readonly page: number; readonly users: number }
  | { readonly kind: 'credentials-exchanged' }
  | { readonly kind: 'clock-corrected'; readonly offsetMs: number }
  /** The service refused a request for its rate; requests now follow each other at `gapMs`. */
  | { readonly kind: 'throttled'; readonly operation: Operation; readonly gapMs: number }
  /** A request is made again after `waitMs`; `failure` says why. */
  | { readonly kind: 'retry'; readonly operation: Operation; readonly failure: string; readonly waitMs: number };

export interface FinspaceSettings {
  readonly environmentId: string;
  readonly region: string;
  /** A URL; see `finspaceEndpoint`. */
  readonly endpoint: string;
  readonly mode: CredentialsMode;
  /** The caller's keys, asked for whenever they are needed: it caches and renews them as it sees fit. */
  readonly loadCredentials: () => Promise<AwsCredentials>;
  readonly fetch?: Fetch;
  readonly clock?: Clock;
  /** From 0 to 1. */
  readonly random?: () => number;
  /** The most that one request may take, body included; default 10 000. */
  readonly requestTimeoutMs?: number;
  readonly onEvent?: (event: ListingEvent) => void;
}
