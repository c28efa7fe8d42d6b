import { systemClock } from '../../model/clock.ts';
import type { ResumableSource } from '../source.ts';
import { readEndpoint } from './endpoint.ts';
import { openListing } from './listing.ts';
import { nodeFetch } from './node-fetch.ts';
import type { ReaderSettings } from './reader.ts';
import type { FinspaceSettings } from './settings.ts';

const REQUEST_TIMEOUT_MS = 10_000;

/** All that a reader needs but its deadline. Throws where the endpoint is no URL. */
export const readerSettings = (settings: FinspaceSettings): Omit<ReaderSettings, 'deadline'> => ({
  fetch: nodeFetch,
  clock: systemClock,
  random: Math.random,
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
  onEvent: () => undefined,
  ...settings,
  endpoint: readEndpoint(settings.endpoint, 'endpoint'),
});

/** The users of a FinSpace environment, through ListUsers. Throws where the endpoint is no URL. */
export const finspaceSource = (settings: FinspaceSettings): ResumableSource => {
  const defaults = readerSettings(settings);
  return (deadline, from) => openListing({ ...defaults, deadline }, from);
};
