import type { ListingCounts, ListingSource, StopReason } from '../model/listing.ts';

export type ListingEnd =
  | { readonly complete: true }
  | {
      readonly complete: false;
      readonly reason: StopReason;
      /** For people; names no user. Lower case, no full stop. */
      readonly message: string;
    };

/** One pass over every user of an environment. */
export interface Listing {
  readonly source: ListingSource;
  /**
   * The users of each page, as the service gave them. It ends where the listing ends, and never throws for what the
   * service does: `end` then says whether that was the end of the directory.
   */
  readonly pages: AsyncIterable<readonly unknown[]>;
  /** When it began, where that was before it was opened; milliseconds since the epoch. */
  readonly startedAt?: number | undefined;
  /**
   * The moment by which the page handed on last had been read, where that was before it was handed on; milliseconds
   * since the epoch.
   */
  readonly readAt?: () => number | undefined;
  /** Meaningful once `pages` has ended. */
  end(): ListingEnd;
  /** May be asked at any time. */
  counts(): ListingCounts;
}

/** Opens a listing that gives up at `deadline` (milliseconds since the epoch). */
export type UserSource = (deadline: number) => Listing;

/** The point that a listing has come to: all it takes to go on with it in another process. */
export interface ListingCursor {
  /** Of the page that comes next; missing before the first. It opens that page: for the archive, never for a log. */
  readonly nextToken?: string;
  /** Number of pages read so far. */
  readonly pages: number;
  /** Digests of the tokens that led here, to know one that comes again. */
  readonly seen: readonly string[];
  /** Digests of the users of each page, for the same reason; missing in parts that older versions stored. */
  readonly seenUsers?: readonly string[];
}

/** A listing that another can go on with where this one's time is over. */
export interface ResumableListing extends Listing {
  /** Meaningful once `pages` has ended. */
  cursor(): ListingCursor;
}

/** Opens a listing as a UserSource does, at the first page or at the cursor of another one. */
export type ResumableSource = (deadline: number, from?: ListingCursor) => ResumableListing;
