/** The reason for which a listing stopped before its end. */
export type StopReason =
  | 'deadline'
  | 'repeated-token'
  | 'repeated-page'
  | 'access-denied'
  | 'validation'
  | 'source-unavailable';

/** The cost of a listing. `requests` counts every HTTP request, refused and failed ones and the exchange included. */
export interface ListingCounts {
  readonly pages: number;
  readonly requests: number;
  /** Responses that refused a request for its rate. */
  readonly throttled: number;
  /** Requests made again, for whatever reason. */
  readonly retries: number;
  /** Times that it began anew since the service no longer took a page token. Missing where it never did. */
  readonly restarts?: number;
}
