import { systemClock } from '../../model/clock.ts';
import type { ListingCounts } from '../../model/listing.ts';
import { type ClientSettings, createClient } from './client.ts';
import { type CredentialsSettings, finspaceCredentials } from './credentials.ts';
import { readEndpoint } from './endpoint.ts';
import { nodeFetch } from './node-fetch.ts';
import { pageQuery, readPage, type UserPage } from './page.ts';
import { persist } from './retry.ts';
import type { FinspaceSettings } from './settings.ts';

export type ReaderSettings = ClientSettings & Omit<CredentialsSettings, 'loadTimeoutMs'>;

const REQUEST_TIMEOUT_MS = 10_000;

/** Completes settings to all that a reader needs but its deadline. Throws where the endpoint is no URL. */
export const readerSettings = (settings: FinspaceSettings): Omit<ReaderSettings, 'deadline'> => ({
  fetch: nodeFetch,
  clock: systemClock,
  random: Math.random,
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
  onEvent: () => undefined,
  ...settings,
  endpoint: readEndpoint(settings.endpoint, 'endpoint'),
});

/** Asks FinSpace for keys and pages, each until it succeeds or nothing more can be done: then it rejects with a ListingStopped. */
export interface Reader {
  /** Exchanges the caller's credentials, where the mode asks for it and none are at hand. */
  exchange(): Promise<void>;
  /** @param nextToken undefined: the first page */
  page(nextToken: string | undefined): Promise<UserPage>;
  counts(): Omit<ListingCounts, 'pages'>;
}

/**
 * @param signal aborted once nobody wants the answers any more
 * @param wasResumed pages were read before, by the listing that this one goes on with
 */
export const openReader = (settings: ReaderSettings, signal?: AbortSignal, wasResumed = false): Reader => {
  const client = createClient(settings);
  const credentials = finspaceCredentials({ ...settings, loadTimeoutMs: settings.requestTimeoutMs }, client);
  let retries = 0;
  let wasRead = wasResumed;

  const persistently = <T>(attempt: () => Promise<T>): Promise<T> =>
    persist(
      {
        ...settings,
        client,
        credentials,
        ...(signal && { signal }),
        wasRead: () => wasRead,
        onRetry: (event) => {
          retries += 1;
          settings.onEvent(event);
        },
      },
      attempt,
    );

  return {
    exchange: () =>
      persistently(async () => {
        await credentials.current();
      }),
    page: async (nextToken) => {
      const page = await persistently(async () =>
        readPage(await client.ask('ListUsers', pageQuery(nextToken), await credentials.current())),
      );
      wasRead = true;
      return page;
    },
    counts: () => ({ retries, ...client.counts() }),
  };
};
