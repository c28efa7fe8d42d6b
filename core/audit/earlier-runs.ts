import type { Archive } from '../archive/archive.ts';
import { previousProblem } from '../archive/chain.ts';
import { type ChainEntry, isMilestone } from '../archive/entry.ts';
import { ArchiveError } from '../archive/errors.ts';
import { readPlace } from '../archive/head.ts';
import type { Manifest } from '../archive/manifest.ts';
import { type FactsContext, readFacts } from '../archive/read-facts.ts';
import { readRunLines } from '../archive/read-run.ts';

/** A complete run of before, whose records can be judged anew. */
export interface EarlierRun {
  readonly manifest: Manifest;
  /** Its snapshot, read anew each time; throws ArchiveError where it is not what the manifest says. */
  records(): AsyncIterable<unknown>;
  /** The facts beside its users that it judged by; throws the same. */
  facts(): Promise<FactsContext>;
}

/** Finds the complete run of an instant; undefined where the archive does not have it any more, or not as it was. */
export type FindEarlierRun = (asOf: string) => Promise<EarlierRun | undefined>;

/** Reads the entry before one of the chain; undefined where there is none, or it is not the one that was linked. */
const entryBefore = async (
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

/** Finds runs by the chain, back from the last complete one. */
export const earlierRuns =
  (archive: Archive, last: Manifest | undefined): FindEarlierRun =>
  async (asOf) => {
    let entry: ChainEntry | undefined = last;
    try {
      while (entry !== undefined && entry.asOf > asOf) entry = await entryBefore(archive, entry);
    } catch (error) {
      if (error instanceof ArchiveError) return undefined;
      throw error;
    }
    if (entry === undefined || isMilestone(entry) || entry.asOf !== asOf) return undefined;
    const manifest = entry;
    return {
      manifest,
      records: () => readRunLines(archive, manifest, 'snapshot'),
      facts: () => readFacts(archive, manifest),
    };
  };
