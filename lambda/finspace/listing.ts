import { hash } from 'node:crypto';
import type { ListingEnd, ListingPlace, ResumableListing } from '../ports.ts';
import { ListingCut } from './cut.ts';
import type { Page } from './page.ts';
import { openReader, type ReaderSettings } from './reader.ts';

/** Tokens may be long and pages many: only digests are kept, of 128 bits. */
const digest = (token: string): string => hash('sha256', token, 'base64url').slice(0, 22);

const START: ListingPlace = { pages: 0, seen: [] };

/** Opens one listing. Requests are made only when pages are asked for, so one that is left early leaves nothing behind. */
export const openListing = (settings: ReaderSettings, from = START): ResumableListing => {
  const reader = openReader(settings);
  let end: ListingEnd = { complete: false, reason: 'deadline', message: 'listing not finished' };
  let { pages, nextToken } = from;
  const seen = new Set(from.seen);

  /** Gives the page, or the cut that came instead. */
  const tryPage = async (): Promise<Page | ListingCut> => {
    try {
      return await reader.page(nextToken);
    } catch (error) {
      if (error instanceof ListingCut) return error;
      throw error;
    }
  };

  async function* readPages() {
    for (;;) {
      const page = await tryPage();
      if (page instanceof ListingCut) {
        end = { complete: false, reason: page.reason, message: `page ${pages + 1}: ${page.message}` };
        return;
      }
      pages += 1;
      settings.onEvent({ kind: 'page', page: pages, users: page.users.length });
      yield page.users;

      nextToken = page.nextToken;
      if (nextToken === undefined) {
        end = { complete: true };
        return;
      }
      if (seen.has(digest(nextToken))) {
        const message = `page ${pages}: the service gave a page token for the second time`;
        end = { complete: false, reason: 'repeated-token', message };
        return;
      }
      seen.add(digest(nextToken));
    }
  }

  return {
    pages: readPages(),
    end: () => end,
    counts: () => ({ pages: pages - from.pages, ...reader.counts() }),
    place: () => ({ pages, seen: [...seen], ...(nextToken !== undefined && { nextToken }) }),
  };
};
