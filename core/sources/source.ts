import type { ListingCounts, StopReason } from '../model/listing.ts';

export type ListingEnd =
  | { readonly complete: true }
  | {
      readonly complete: false;
      readonly reason: StopReason;
      /** What happened, for people; names no user. Lower case, no full stop. */
      readonly message: string;
    };

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

/** Where a listing stands: what it takes to go on with it in another process. */
export interface ListingCursor {
  /** Of the page that comes next; missing before the first. It opens that page: for the archive, never for a log. */
  readonly nextToken?: string;
  /** Pages read before it. */
  readonly pages: number;
  /** Digests of the tokens that led here, to know one that comes again. */
  readonly seen: readonly string[];
}

/** A listing that another can go on with where this one's time is over. */
export interface ResumableListing extends Listing {
  /** Meaningful once `pages` has ended. */
  place(): ListingCursor;
}

/** Opens a listing as a UserSource does, at the first page or where another one stopped. */
export type ResumableSource = (deadline: number, from?: ListingCursor) => ResumableListing;
