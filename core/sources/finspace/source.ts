import type { ResumableSource } from '../source.ts';
import { openListing } from './listing.ts';
import { readerSettings } from './reader.ts';
import type { FinspaceSettings } from './settings.ts';

/** Lists the users of a FinSpace environment, through ListUsers. Throws where the endpoint is no URL. */
export const finspaceSource = (settings: FinspaceSettings): ResumableSource => {
  const defaults = readerSettings(settings);
  return (deadline, from) => openListing({ ...defaults, deadline }, from);
};
