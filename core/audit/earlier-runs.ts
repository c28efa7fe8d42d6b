import type { Archive } from '../archive/archive.ts';
import { entryBefore } from '../archive/earlier-entries.ts';
import { type ChainEntry, isMilestone } from '../archive/entry.ts';
import { ArchiveError } from '../archive/errors.ts';
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
