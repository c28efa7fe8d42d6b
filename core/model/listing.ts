/** The reason for which a listing stopped before its end. */
export type StopReason =
  | 'deadline'
  | 'repeated-token'
  | 'repeated-page'
  | 'access-denied'
  | 'validation'
  /** The caller has no credentials: nobody was asked. */
  | 'config'
  | 'source-unavailable';

/** The origin of the users of a run. */
export interface ListingSource {
  /** `parts`: the service, in a listing of several invocations; `archive`: the snapshot of an earlier run. */
  readonly kind: 'finspace' | 'parts' | 'roster' | 'archive';
  /** The URL of a service. */
  readonly endpoint?: string;
  /** What was read in place of a service, with its SHA-256. */
  readonly file?: string;
  readonly sha256?: string;
}

/** Whether the users were listed as they were at that moment. */
export const isLive = ({ kind }: ListingSource): boolean => kind === 'finspace' || kind === 'parts';

/** Whether two runs asked the same service, or the same kind of file. */
export const isSameSource = (one: ListingSource, other: ListingSource): boolean =>
  one.kind === other.kind && one.endpoint === other.endpoint;

/** The time of a listing by the auditor's clock; ISO 8601, UTC. */
export interface ListingTimes {
  /** When its first page was asked for. */
  readonly startedAt: string;
  /** When its last page had been read. */
  readonly endedAt: string;
}

export const listingTimes = (startedAt: number, endedAt: number): ListingTimes => ({
  startedAt: new Date(startedAt).toISOString(),
  endedAt: new Date(endedAt).toISOString(),
});

/** The moments by which rules tell whether a time of a user is usable, of a run in the archive. */
export const momentsOf = ({ asOf, listing }: { readonly asOf: string; readonly listing?: ListingTimes }) => ({
  now: Date.parse(asOf),
  readAt: Date.parse(listing?.endedAt ?? asOf),
});

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
