import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { ListingCursor, ListingEnd, ResumableListing } from '../source.ts';
import { ListingStopped } from './listing-stopped.ts';
import { type ListedPage, USERS } from './page.ts';
import { openReader, type ReaderSettings, type Reading } from './reader.ts';

/** Shortens a text to 128 bits of its SHA-256: tokens may be long and pages many. */
const digestOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);

/** Names a record by its userId; one that has none by what it holds at its surface, however deep it goes. */
const recordKey = (record: unknown): string => {
  const { userId }: { userId?: unknown } = Object(record);
  if (typeof userId === 'string' && userId !== '') return userId;
  return Object.entries(Object(record))
    .map(([name, value]) => `${name}=${typeof value === 'object' ? '' : JSON.stringify(value)}`)
    .join();
};

/** Digests the users of a page, in whatever order they came; undefined where there are none. */
const usersDigest = (users: readonly unknown[]): string | undefined =>
  users.length === 0 ? undefined : digestOf(users.map(recordKey).toSorted().join('\n'));

const START: ListingCursor = { pages: 0, seen: [] };

/**
 * Opens one listing. The first request is made when the first page is asked for, and from then on each page is asked for
 * while the one before it is worked on. A listing that is left early abandons its last request, and makes none again.
 */
export const openListing = (
  settings: ReaderSettings,
  from = START,
  reading: Pick<Reading, 'list' | 'session'> = {},
): Omit<ResumableListing, 'source'> => {
  const abandoned = new AbortController();
  const reader = openReader(settings, { ...reading, signal: abandoned.signal, wasResumed: from.pages > 0 });
  const { member } = reading.list ?? USERS;
  let end: ListingEnd = { complete: false, reason: 'deadline', message: 'listing not finished' };
  let { pages, nextToken } = from;
  const seen = new Set(from.seen);
  const seenUsers = new Set(from.seenUsers);

  /** Gives the next page, or the error that ends the listing in its place. */
  const nextPage = async (): Promise<ListedPage | ListingStopped> => {
    try {
      return await reader.page(nextToken);
    } catch (error) {
      if (error instanceof ListingStopped) return error;
      throw error;
    }
  };

  async function* readPages() {
    try {
      let coming = nextPage();
      for (;;) {
        const page = await coming;
        if (page instanceof ListingStopped) {
          end = { complete: false, reason: page.reason, message: `page ${pages + 1}: ${page.message}` };
          return;
        }
        pages += 1;
        settings.onEvent({ kind: 'page', page: pages, users: page.records.length });

        const users = usersDigest(page.records);
        if (users !== undefined && seenUsers.has(users)) {
          yield page.records;
          const message = `page ${pages}: the service gave the ${member} of an earlier page again`;
          end = { complete: false, reason: 'repeated-page', message };
          return;
        }
        if (users !== undefined) seenUsers.add(users);

        nextToken = page.nextToken;
        const digest = nextToken === undefined ? undefined : digestOf(nextToken);
        const isRepeated = digest !== undefined && seen.has(digest);
        if (digest !== undefined && !isRepeated) {
          seen.add(digest);
          // Asked for now, so that the service works while this page is judged.
          coming = nextPage();
          // The error is for whoever waits for the page; nobody does where the listing is left.
          coming.catch(() => undefined);
          // In one turn of the event loop the request is signed and sent; else it would wait for this page's users.
          await setImmediate();
        }
        yield page.records;

        if (nextToken === undefined) {
          end = { complete: true };
          return;
        }
        if (isRepeated) {
          const message = `page ${pages}: the service gave a page token for the second time`;
          end = { complete: false, reason: 'repeated-token', message };
          return;
        }
      }
    } finally {
      abandoned.abort();
    }
  }

  return {
    pages: readPages(),
    end: () => end,
    counts: () => ({ pages: pages - from.pages, ...reader.counts() }),
    cursor: () => ({
      pages,
      seen: [...seen],
      seenUsers: [...seenUsers],
      ...(nextToken !== undefined && { nextToken }),
    }),
  };
};
