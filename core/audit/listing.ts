import { serialiseRecord } from '../../rules/engine/record.ts';
import type { Spool, StagedContent } from '../archive/staging.ts';
import type { Clock } from '../model/clock.ts';
import { type ListingCounts, type ListingSource, type ListingTimes, listingTimes } from '../model/listing.ts';
import type { Counts } from '../model/report.ts';
import type { Listing, ListingEnd } from '../sources/source.ts';
import type { Judging } from './judging.ts';

/** A listing that was judged, and the records that it gave. */
export interface JudgedListing {
  readonly end: ListingEnd;
  readonly counts: Counts;
  readonly listing: ListingTimes;
  readonly source: ListingSource;
  readonly snapshot: StagedContent;
}

/** Judges each user of a listing as it comes, and keeps its record as the service gave it. */
export const judgeListing = async (
  listing: Listing,
  judging: Judging<unknown>,
  snapshot: Spool,
  clock: Clock,
  onPage: (users: number, counts: ListingCounts) => void,
): Promise<JudgedListing> => {
  const { startedAt = clock.now() } = listing;
  const readAt = (): number => listing.readAt?.() ?? clock.now();
  for await (const page of listing.pages) {
    judging.readAt(readAt());
    for (const record of page) {
      const line = serialiseRecord(record);
      if (!judging.see(record, line)) continue;
      const written = snapshot.write(line);
      // Seldom: to wait for each would take as long as to judge it.
      if (written !== undefined) await written;
    }
    await judging.settled();
    onPage(judging.users, listing.counts());
  }
  const { users, duplicates, conflicting } = judging;
  return {
    end: listing.end(),
    counts: { users, duplicates, conflicting, ...listing.counts() },
    listing: listingTimes(startedAt, readAt()),
    source: listing.source,
    snapshot: await snapshot.finish(),
  };
};
