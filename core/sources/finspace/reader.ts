import { systemClock } from '../../model/clock.ts';
import type { ListingCounts } from '../../model/listing.ts';
import { type Client, type ClientSettings, createClient } from './client.ts';
import { type CredentialsSettings, type FinspaceCredentials, finspaceCredentials } from './credentials.ts';
import { readEndpoint } from './endpoint.ts';
import { nodeFetch } from './node-fetch.ts';
import { type ListedPage, type PagedList, pageQuery, readPage, USERS } from './page.ts';
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
  page(nextToken: string | undefined): Promise<ListedPage>;
  counts(): Omit<ListingCounts, 'pages'>;
}

/** One pace and one set of keys, for readers of several lists. */
export interface Session {
  readonly client: Client;
  readonly credentials: FinspaceCredentials;
}

export const openSession = (settings: ReaderSettings): Session => {
  const client = createClient(settings);
  return {
    client,
    credentials: finspaceCredentials({ ...settings, loadTimeoutMs: settings.requestTimeoutMs }, client),
  };
};

/** A listing to read, and how; by default that of the users, from the first page on. */
export interface Reading {
  readonly list?: PagedList;
  readonly session?: Session;
  /** Aborted once nobody wants the answers any more. */
  readonly signal?: AbortSignal;
  /** Pages were read before, by the listing that this one goes on with. */
  readonly wasResumed?: boolean;
}

export const openReader = (
  settings: ReaderSettings,
  { list = USERS, session = openSession(settings), signal, wasResumed = false }: Reading = {},
): Reader => {
  const { client, credentials } = session;
  let retries = 0;
  let wasRead = wasResumed;

  const persistently = <T>(attempt: () => Promise<T>): Promise<T> =>
    persist(
      {
        ...settings,
        client,
        credentials,
        signal,
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
        readPage(await client.ask(list.operation, pageQuery(list, nextToken), await credentials.current()), list),
      );
      wasRead = true;
      return page;
    },
    counts: () => ({ retries, ...client.counts() }),
  };
};
