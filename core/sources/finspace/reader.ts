import type { ListingCounts } from '../../model/listing.ts';
import { type ClientSettings, createClient } from './client.ts';
import { type CredentialsSettings, finspaceCredentials } from './credentials.ts';
import { type Page, pageQuery, readPage } from './page.ts';
import { persist } from './retry.ts';

export type ReaderSettings = ClientSettings & Omit<CredentialsSettings, 'loadTimeoutMs'>;

/** The two things that are asked of FinSpace, each until it succeeds or nothing more can be done: then a ListingStopped. */
export interface Reader {
  /** Exchanges the caller's credentials, where the mode asks for it and none are at hand. */
  exchange(): Promise<void>;
  /** @param nextToken undefined: the first page */
  page(nextToken: string | undefined): Promise<Page>;
  counts(): Omit<ListingCounts, 'pages'>;
}

/** @param signal aborted when nobody wants the answers any more */
export const openReader = (settings: ReaderSettings, signal?: AbortSignal): Reader => {
  const client = createClient(settings);
  const credentials = finspaceCredentials({ ...settings, loadTimeoutMs: settings.requestTimeoutMs }, client);
  let retries = 0;

  const persistently = <T>(attempt: () => Promise<T>): Promise<T> =>
    persist(
      {
        ...settings,
        client,
        credentials,
        ...(signal && { signal }),
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
    page: (nextToken) =>
      persistently(async () =>
        readPage(await client.ask('ListUsers', pageQuery(nextToken), await credentials.current())),
      ),
    counts: () => ({ retries, ...client.counts() }),
  };
};
