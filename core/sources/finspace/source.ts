import type { ResumableSource } from '../source.ts';
import { openListing } from './listing.ts';
import { readerSettings } from './reader.ts';
import type { FinspaceSettings } from './settings.ts';

/** Lists the users of a FinSpace environment, through ListUsers. Throws where the endpoint is no URL. */
export const finspaceSource = (settings: FinspaceSettings): ResumableSource => {
  const defaults = readerSettings(settings);
  const source = { kind: 'finspace', endpoint: settings.endpoint } as const;
  return (deadline, from) => ({ source, ...openListing({ ...defaults, deadline }, from) });
};
