import type { Archive } from '../../archive/archive.ts';
import { ArchiveError } from '../../archive/errors.ts';
import { type AttemptName, dayPrefix, keysUnder, listingPartKey, unfinishedOfKey } from '../../archive/keys.ts';
import type { ManifestObject } from '../../archive/manifest.ts';
import { createSpoolFolder } from '../../archive/staging.ts';
import { storeOnce } from '../../archive/store.ts';
import type { Clock } from '../../model/clock.ts';
import { type ListingCounts, type ListingSource, type ListingTimes, listingTimes } from '../../model/listing.ts';
import { runName } from '../../model/run-name.ts';
import type { Listing, ListingCursor, ListingEnd, ResumableSource, UserSource } from '../source.ts';
import {
  findPart,
  type PartEnd,
  readPartEnd,
  readPartPages,
  type StoredPart,
  writeEnd,
  writePage,
} from './stored-part.ts';

/** A part of a listing that is in the archive. Small, and without page tokens: the engine's journal keeps it. */
export interface ListingPart {
  readonly pass: number;
  readonly number: number;
  readonly object: ManifestObject;
  readonly end: ListingEnd;
  readonly counts: ListingCounts;
  readonly listing: ListingTimes;
  readonly source: ListingSource;
  readonly next: 'next-part' | 'new-pass' | 'nothing';
  /** Parts in a row, up to this one, that gave no page. Missing in journals of older versions. */
  readonly idle?: number;
}

export interface PartSettings {
  readonly archive: Archive;
  readonly listUsers: ResumableSource;
  /** For the whole listing, in milliseconds since the epoch. */
  readonly deadline: number;
  /** The time that one part may take, in milliseconds. */
  readonly partMs: number;
  readonly clock: Clock;
}

/** Past this the directory changes faster than it can be listed. */
const MOST_PASSES = 3;

/** Denials in a row that may pass: about 45 minutes of them, with the pauses that `pauseAfter` makes. */
const MOST_DENIED = 6;

/** The ends of a part that may pass, once pages were read. */
const mayPass = ({ reason }: Extract<ListingEnd, { complete: false }>, idle: number): boolean => {
  if (reason === 'access-denied' || reason === 'config') return idle <= MOST_DENIED;
  return reason === 'deadline' || reason === 'source-unavailable';
};

/** Decides what is done after a part: what was read is there, so that whatever passes is waited for until the deadline. */
const nextAfter = (
  { end, counts, cursor }: PartEnd,
  { pass, idle, isResumed }: { readonly pass: number; readonly idle: number; readonly isResumed: boolean },
  isOver: boolean,
): ListingPart['next'] => {
  if (end.complete) return 'nothing';
  if (end.reason === 'validation' && isResumed && counts.pages === 0 && cursor.nextToken !== undefined)
    return pass < MOST_PASSES ? 'new-pass' : 'nothing';
  // A service that answers, if only that it is busy, is there.
  const isThere = cursor.pages > 0 || pass > 1 || end.reason === 'deadline';
  return isThere && !isOver && mayPass(end, idle) ? 'next-part' : 'nothing';
};

const LONGEST_PAUSE_SECONDS = 900;

/** The pause before the part that comes after another, in seconds: long where nothing is to be had. */
export const pauseAfter = ({ next, idle = 0 }: Pick<ListingPart, 'next' | 'idle'>): number =>
  next !== 'next-part' || idle === 0 ? 1 : Math.min(LONGEST_PAUSE_SECONDS, 60 * 2 ** (idle - 1));

/** Finds the last listing in parts that an attempt at a run has left, by the attempt's name. */
export const findListing = async (
  archive: Archive,
  { environmentId, asOf }: Pick<AttemptName, 'environmentId' | 'asOf'>,
): Promise<string | undefined> => {
  const keys = await keysUnder(archive, dayPrefix('listings', environmentId, asOf));
  return keys
    .flatMap((key) => unfinishedOfKey(key) ?? [])
    .filter(({ run }) => run === runName(asOf))
    .at(-1)?.attempt;
};

/** Numbers the part after another; the first comes after none. */
const numberAfter = (previous: ListingPart | undefined): Pick<ListingPart, 'pass' | 'number'> => {
  if (previous === undefined) return { pass: 1, number: 1 };
  const { pass, number, next } = previous;
  return next === 'new-pass' ? { pass: pass + 1, number: 1 } : { pass, number: number + 1 };
};

const listAndStore = async (
  { archive, listUsers, deadline, partMs, clock }: PartSettings,
  key: string,
  from: ListingCursor | undefined,
): Promise<StoredPart> => {
  const spools = await createSpoolFolder();
  try {
    const spool = spools.open('part.jsonl.gz');
    const startedAt = clock.now();
    const listing = listUsers(Math.min(deadline, startedAt + partMs), from);
    for await (const page of listing.pages) await writePage(spool, page);
    const ending = {
      end: listing.end(),
      counts: listing.counts(),
      listing: listingTimes(startedAt, clock.now()),
      source: listing.source,
      cursor: listing.cursor(),
    };
    const { object, isOurs } = await storeOnce(archive, key, await writeEnd(spool, ending));
    if (isOurs) return { object, ending };
  } finally {
    await spools.remove();
  }
  // Another try was faster, from the same cursor: every try goes on with what that one stored.
  const faster = await findPart(archive, key);
  if (faster === undefined) throw new ArchiveError(`${key} exists and is not there: something deletes objects`);
  return faster;
};

/**
 * Lists the part of a directory that comes after another, and stores it. A part that an earlier try stored is found,
 * and its pages are not read again.
 * @throws where the archive can't be read or written
 */
export const listPart = async (
  settings: PartSettings,
  attempt: AttemptName,
  previous: ListingPart | undefined,
): Promise<ListingPart> => {
  const { archive, deadline, clock } = settings;
  const { pass, number } = numberAfter(previous);
  const key = listingPartKey(attempt, pass, number);
  const resumed = number > 1 ? previous : undefined;
  const listNow = async (): Promise<StoredPart> =>
    listAndStore(settings, key, resumed && (await readPartEnd(archive, resumed.object)).cursor);

  const { object, ending } = (await findPart(archive, key)) ?? (await listNow());
  const idle = ending.counts.pages > 0 ? 0 : (previous?.idle ?? 0) + 1;
  const next = nextAfter(ending, { pass, idle, isResumed: resumed !== undefined }, clock.now() >= deadline);
  const { cursor: _cursor, ...ended } = ending;
  return { pass, number, object, ...ended, next, idle };
};

/** Sums up what a listing cost, with the passes that were given up; its pages are those of the last one. */
const countsOf = (parts: readonly ListingPart[]): ListingCounts => {
  const sum = (of: readonly ListingPart[], count: 'pages' | 'requests' | 'throttled' | 'retries'): number =>
    of.reduce((total, { counts }) => total + counts[count], 0);
  const restarts = (parts.at(-1)?.pass ?? 1) - 1;
  return {
    pages: sum(lastPass(parts), 'pages'),
    requests: sum(parts, 'requests'),
    throttled: sum(parts, 'throttled'),
    retries: sum(parts, 'retries'),
    ...(restarts > 0 && { restarts }),
  };
};

const lastPass = (parts: readonly ListingPart[]): readonly ListingPart[] =>
  parts.filter(({ pass }) => pass === parts.at(-1)?.pass);

/**
 * Lists the users from the parts of a listing: those of its last pass, in order, with which it then began. Its pages
 * throw ArchiveError where a part can't be read, or is not what was stored.
 * @param trouble why there are no more parts, where the archive is to blame
 */
export const partsSource =
  (archive: Archive, parts: readonly ListingPart[], trouble?: string): UserSource =>
  (): Listing => {
    const read = lastPass(parts);
    const [first] = read;
    let readAt: number | undefined;
    const stopped = (message: string): ListingEnd => ({ complete: false, reason: 'source-unavailable', message });

    async function* pages(): AsyncGenerator<readonly unknown[]> {
      for (const { object, listing } of read) {
        readAt = Date.parse(listing.endedAt);
        yield* readPartPages(archive, object);
      }
    }

    return {
      source: { ...first?.source, kind: 'parts' },
      pages: pages(),
      startedAt: first && Date.parse(first.listing.startedAt),
      readAt: () => readAt,
      end: () => (trouble === undefined ? (parts.at(-1)?.end ?? stopped('nothing was listed')) : stopped(trouble)),
      counts: () => countsOf(parts),
    };
  };
