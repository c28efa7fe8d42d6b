/** The edges of an audit: who lists the users, who keeps the evidence, who is told. */

/** Why a listing ended before the directory did. */
export type CutReason = 'deadline' | 'repeated-token' | 'access-denied' | 'validation' | 'source-unavailable';

export type ListingEnd =
  | { readonly complete: true }
  | {
      readonly complete: false;
      readonly reason: CutReason;
      /** What happened, for people; names no user. Lower case, no full stop. */
      readonly message: string;
    };

/** What a listing cost. `requests` counts every HTTP request, refused and failed ones and the exchange included. */
export interface ListingCounts {
  readonly pages: number;
  readonly requests: number;
  /** Responses that refused a request for its rate. */
  readonly throttled: number;
  /** Requests made again, for whatever reason. */
  readonly retries: number;
}

/** One pass over every user of an environment. */
export interface Listing {
  /**
   * The users of each page, as the service gave them. It ends where the listing ends, and never throws for what the
   * service does: `end` then says whether that was the end of the directory.
   */
  readonly pages: AsyncIterable<readonly unknown[]>;
  /** Meaningful once `pages` has ended. */
  end(): ListingEnd;
  /** May be asked at any time. */
  counts(): ListingCounts;
}

/** Opens a listing that gives up at `deadline` (milliseconds since the epoch). */
export type UserSource = (deadline: number) => Listing;

/** Content to be stored: in memory, or a file already complete on disk. */
export type Content = { readonly bytes: Uint8Array } | { readonly path: string; readonly size: number };

export interface StoredObject {
  readonly body: AsyncIterable<Uint8Array>;
  /** Names this version of the content, for `replace`. */
  readonly version: string;
}

/** A store of objects by key: a bucket or a folder. Writes are whole or not at all. */
export interface Archive {
  /** Where the archive is, for people: `s3://bucket` or a path. */
  readonly location: string;
  /** Read the body to its end, or ask `has`: what is left unread holds a connection. */
  read(key: string): Promise<StoredObject | undefined>;
  has(key: string): Promise<boolean>;
  /** Writes an object that must not exist yet; what exists stays as it is. */
  create(key: string, content: Content, contentType: string): Promise<'created' | 'exists'>;
  /** Writes an object only where it is still at `version` (undefined: where there is none yet). */
  replace(
    key: string,
    content: Content,
    contentType: string,
    version: string | undefined,
  ): Promise<'replaced' | 'conflict'>;
  /** The keys under a prefix, in ascending order, those after `after` only. */
  list(prefix: string, after?: string): AsyncIterable<string>;
}

/** One digest, ready to be sent. */
export interface Alert {
  /** ASCII, under 100 characters. */
  readonly subject: string;
  /** Plain text, under 256 KiB. */
  readonly body: string;
  /** Plain strings, none empty. */
  readonly attributes: {
    readonly environment: string;
    readonly verdict: string;
    readonly maxSeverity: string;
  };
}

/** Tells people; resolves with the receipt once the alert is accepted. */
export type SendAlert = (alert: Alert) => Promise<string>;

/** One event for those who automate. */
export interface AuditEvent {
  readonly type: 'FinSpace Audit Finding' | 'FinSpace Audit Run';
  /** What JSON can say; names nobody. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Publishes events; resolves with their number once every one of them is accepted. */
export type PublishEvents = (events: AsyncIterable<AuditEvent>) => Promise<number>;
