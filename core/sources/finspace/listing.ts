import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { ListingCursor, ListingEnd, ResumableListing } from '../source.ts';
import { ListingStopped } from './listing-stopped.ts';
import type { Page } from './page.ts';
import { openReader, type ReaderSettings } from './reader.ts';

/** Tokens may be long and pages many: only digests are kept, of 128 bits. */
const digest = (token: string): string => hash('sha256', token, 'base64url').slice(0, 22);

const START: ListingCursor = { pages: 0, seen: [] };

/**
 * Opens one listing. The first request is made when the first page is asked for, and from then on each page is asked for
 * while the one before it is worked on. One that is left early lets its last request go, and makes none again.
 */
export const openListing = (settings: ReaderSettings, from = START): ResumableListing => {
  const left = new AbortController();
  const reader = openReader(settings, left.signal);
  let end: ListingEnd = { complete: false, reason: 'deadline', message: 'listing not finished' };
  let { pages, nextToken } = from;
  const seen = new Set(from.seen);

  /** Gives the page, or the cut that came instead. */
  const tryPage = async (): Promise<Page | ListingStopped> => {
    try {
      return await reader.page(nextToken);
    } catch (error) {
      if (error instanceof ListingStopped) return error;
      throw error;
    }
  };

  async function* readPages() {
    try {
      let coming = tryPage();
      for (;;) {
        const page = await coming;
        if (page instanceof ListingStopped) {
          end = { complete: false, reason: page.reason, message: `page ${pages + 1}: ${page.message}` };
          return;
        }
        pages += 1;
        settings.onEvent({ kind: 'page', page: pages, users: page.users.length });

        nextToken = page.nextToken;
        const mark = nextToken === undefined ? undefined : digest(nextToken);
        const isRepeated = mark !== undefined && seen.has(mark);
        if (mark !== undefined && !isRepeated) {
          seen.add(mark);
          // Asked for now, so that the service works while this page is judged.
          coming = tryPage();
          // Whoever waits for the page gets the error; nobody does where the listing is left.
          coming.catch(() => undefined);
          // In one turn of the event loop it is signed and leaves; else it would wait for this page.
          await setImmediate();
        }
        yield page.users;

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
      left.abort();
    }
  }

  return {
    pages: readPages(),
    end: () => end,
    counts: () => ({ pages: pages - from.pages, ...reader.counts() }),
    cursor: () => ({ pages, seen: [...seen], ...(nextToken !== undefined && { nextToken }) }),
  };
};
