import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Listing, ListingEnd } from '../ports.ts';
import { type ClientSettings, createClient } from './client.ts';
import { type CredentialsSettings, finspaceCredentials } from './credentials.ts';
import { ListingCut } from './cut.ts';
import { type Page, pageQuery, readPage } from './page.ts';
import { persist } from './retry.ts';

/** Tokens may be long and pages many: only digests are kept. */
const digest = (token: string): string => hash('sha256', token, 'base64url');

/**
 * Opens one listing. The first request is made when the first page is asked for, and from then on each page is asked for
 * while the one before it is worked on. One that is left early lets its last request go, and makes none again.
 */
export const openListing = (
  settings: ClientSettings & Omit<CredentialsSettings, 'loadTimeoutMs'>,
): Listing => {
  const client = createClient(settings);
  const credentials = finspaceCredentials({ ...settings, loadTimeoutMs: settings.requestTimeoutMs }, client);
  let end: ListingEnd = { complete: false, reason: 'deadline', message: 'listing not finished' };
  let pages = 0;
  let retries = 0;
  const left = new AbortController();

  const fetchPage = (nextToken: string | undefined): Promise<Page> =>
    persist(
      {
        ...settings,
        client,
        credentials,
        signal: left.signal,
        onRetry: (event) => {
          retries += 1;
          settings.onEvent(event);
        },
      },
      async () => readPage(await client.ask('ListUsers', pageQuery(nextToken), await credentials.current())),
    );

  /** Gives the page, or the cut that came instead. */
  const tryPage = async (nextToken: string | undefined): Promise<Page | ListingCut> => {
    try {
      return await fetchPage(nextToken);
    } catch (error) {
      if (error instanceof ListingCut) return error;
      throw error;
    }
  };

  async function* readPages() {
    const seen = new Set<string>();
    try {
      let coming = tryPage(undefined);
      for (;;) {
        const page = await coming;
        if (page instanceof ListingCut) {
          end = { complete: false, reason: page.reason, message: `page ${pages + 1}: ${page.message}` };
          return;
        }
        pages += 1;
        settings.onEvent({ kind: 'page', page: pages, users: page.users.length });

        const { nextToken } = page;
        const isRepeated = nextToken !== undefined && seen.has(digest(nextToken));
        if (nextToken !== undefined && !isRepeated) {
          seen.add(digest(nextToken));
          // Asked for now, so that the service works while this page is judged.
          coming = tryPage(nextToken);
          // Whoever waits for the page gets the error; nobody does where the listing is left.
          coming.catch(() => undefined);
          // In one turn of the event loop it is signed, in the next it leaves; else both would wait for this page.
          await setImmediate();
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
    counts: () => ({ pages, retries, ...client.counts() }),
  };
};
