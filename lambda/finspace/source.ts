import type { ResumableSource } from '../ports.ts';
import { systemClock } from './clock.ts';
import { readEndpoint } from './endpoint.ts';
import { openListing } from './listing.ts';
import type { FinspaceSettings } from './settings.ts';

const REQUEST_TIMEOUT_MS = 10_000;

/** The users of a FinSpace environment, through ListUsers. Throws where the endpoint is no URL. */
export const finspaceSource = (settings: FinspaceSettings): ResumableSource => {
  const defaults = {
    fetch,
    clock: systemClock,
    random: Math.random,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    onEvent: () => undefined,
  };
  const endpoint = readEndpoint(settings.endpoint, 'endpoint');
  return (deadline, from) => openListing({ ...defaults, ...settings, endpoint, deadline }, from);
};
