import type { Archive } from './archive.ts';
import { previousProblem } from './chain.ts';
import { type ChainEntry, isMilestone } from './entry.ts';
import { readPlace } from './head.ts';
import type { Manifest } from './manifest.ts';

/** Reads the entry before one of the chain; undefined where there is none, or it is not the one that was linked. */
export const entryBefore = async (
  archive: Archive,
  { run, environmentId, previous }: ChainEntry,
): Promise<ChainEntry | undefined> => {
  if (previous === undefined) return undefined;
  const found = await readPlace(archive, environmentId, previous.key);
  if (found === undefined || previousProblem(run, previous, found.sha256) !== undefined) return undefined;
  return typeof found.entry === 'string' ? undefined : found.entry;
};

/** As far as anybody looks back for a run that is not known by its instant. */
const MOST_LOOKED_AT = 100;

/** Finds the latest of the last complete runs that is what somebody looks for; undefined where none of them is. */
export const findRunBack = async (
  archive: Archive,
  last: Manifest | undefined,
  isSought: (manifest: Manifest) => boolean,
): Promise<Manifest | undefined> => {
  let entry: ChainEntry | undefined = last;
  for (let looked = 0; entry !== undefined && looked < MOST_LOOKED_AT; looked += 1) {
    if (!isMilestone(entry) && isSought(entry)) return entry;
    entry = await entryBefore(archive, entry);
  }
  return undefined;
};
