/** The reason for which a service's listing stopped before its end. */
export type ServiceStopReason =
  | 'deadline'
  | 'repeated-token'
  | 'repeated-page'
  | 'access-denied'
  | 'validation'
  /** The caller has no credentials: nobody was asked. */
  | 'config'
  | 'source-unavailable';

/** The reason for which a listing does not show the whole directory. */
export type StopReason =
  | ServiceStopReason
  /** A saved roster breaks off, or goes on in a page that was not saved. */
  | 'truncated-roster'
  /** Nothing shows that a saved roster is whole, and nobody has attested it. */
  | 'unproven-end'
  /** Users were put together from events that tell of them. */
  | 'reconstructed';

/** The word of somebody that a saved roster is the whole directory. */
export interface Attestation {
  readonly name: string;
  readonly statement: string;
  /** When it was given; ISO 8601, UTC. */
  readonly at: string;
}

/** The origin of a saved roster's instant. */
export type InstantOrigin = 'given' | 'response' | 'event' | 'manifest' | 'file';

/** A file that a roster was read from. */
export interface RosterFileRecord {
  readonly file: string;
  /** Of the file as it stands, hexadecimal. */
  readonly sha256: string;
  readonly parser: string;
}

/** The origin of the users of a run. */
export interface ListingSource {
  /** `parts`: the service, in a listing of several invocations; `archive`: the snapshot of an earlier run. */
  readonly kind: 'finspace' | 'parts' | 'roster' | 'archive';
  /** The URL of a service. */
  readonly endpoint?: string;
  /**
   * The file that was read in place of a service, with its SHA-256; of several files that of all their bytes, one
   * after the other.
   */
  readonly file?: string;
  readonly sha256?: string;
  /** Of a roster: the way in which it was saved. */
  readonly parser?: string;
  /** Of a roster of several files: each, in order. */
  readonly files?: readonly RosterFileRecord[];
  /** Of a roster: the moment that it shows, ISO 8601, UTC, and who says so. */
  readonly instant?: string;
  readonly instantFrom?: InstantOrigin;
  /** Of a roster: when the auditor read it; ISO 8601, UTC. */
  readonly readAt?: string;
  /** Of a roster that nothing but somebody's word shows to be whole: attested, not seen. */
  readonly attestedBy?: Attestation;
  /** Of a roster that is the snapshot of a complete run: the manifest that shows it to be whole. */
  readonly manifest?: { readonly key: string; readonly sha256: string };
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
