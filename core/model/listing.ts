/** Why a listing ended before the directory did. */
export type StopReason =
  | 'deadline'
  | 'repeated-token'
  | 'access-denied'
  | 'validation'
  | 'source-unavailable';

/** What a listing cost. `requests` counts every HTTP request, refused and failed ones and the exchange included. */
export interface ListingCounts {
  readonly pages: number;
  readonly requests: number;
  /** Responses that refused a request for its rate. */
  readonly throttled: number;
  /** Requests made again, for whatever reason. */
  readonly retries: number;
  /** How often it began anew since the service no longer took a page token. Missing where it never did. */
  readonly restarts?: number;
}
