import type { Archive } from './archive.ts';
import { type ChainEntry, isMilestone, type Milestone } from './entry.ts';
import { ArchiveError } from './errors.ts';
import { type ChainHead, chainKeys, headText, readHead, readPlace } from './head.ts';
import { chainKey } from './keys.ts';
import { entryText, type Signer, signEntry } from './signature.ts';
import { stagedContent } from './staging.ts';
import { storeOnce } from './store.ts';

/** The decision that a chain has ended, or goes on after that. */
export interface ChainDecision {
  readonly kind: Milestone['kind'];
  readonly reason: string;
  /** Whole seconds. */
  readonly at: Date;
  /** The name that a run of this instant would have. */
  readonly name: string;
  /** Of a closing: the years for which what is there has to be kept. */
  readonly retentionYears: number;
  /** Undefined where signing is off. */
  readonly sign?: Signer | undefined;
}

/** A chain that has ended, or goes on. */
export interface Decided {
  readonly entry: Milestone;
  /** As `N:SHA256`. */
  readonly head: string;
}

/** The most tries to get the next place: each that fails means that a run took it. */
const MOST_TRIES = 5;

/** Counts the runs of a chain, and finds the instants of the first and last. */
const summaryOf = async (archive: Archive, environmentId: string, last: ChainEntry) => {
  const keys = await chainKeys(archive, environmentId);
  let runs = 0;
  let firstAsOf = last.asOf;
  for (const key of keys) {
    const { entry } = (await readPlace(archive, environmentId, key)) ?? {};
    if (typeof entry !== 'object' || isMilestone(entry)) continue;
    if (runs === 0) firstAsOf = entry.asOf;
    runs += 1;
  }
  return { runs, firstAsOf, lastAsOf: last.asOf };
};

const dayAfter = (asOf: string, years: number): string => {
  const day = new Date(asOf);
  day.setUTCFullYear(day.getUTCFullYear() + Math.ceil(years));
  return day.toISOString().slice(0, 10);
};

const entryOf = async (
  archive: Archive,
  environmentId: string,
  { sequence, place, last, closing }: ChainHead,
  { kind, reason, at, name, retentionYears, sign }: ChainDecision,
): Promise<Milestone> => {
  if (place === undefined || last === undefined)
    throw new ArchiveError(
      `environment ${environmentId} has no complete run: there is no chain to be ${kind === 'closing' ? 'closed' : 'reopened'}`,
    );
  if ((closing !== undefined) === (kind === 'closing'))
    throw new ArchiveError(
      closing === undefined
        ? `the chain of environment ${environmentId} is not closed`
        : `the chain of environment ${environmentId} was closed on ${closing.asOf.slice(0, 10)} already`,
    );
  if (last.manifest.signature !== undefined && sign === undefined)
    throw new ArchiveError(
      `the runs of environment ${environmentId} are signed, and this entry would not be: give --config, whose signing signs it`,
    );
  const entry: Milestone = {
    schemaVersion: 1,
    kind,
    run: name,
    environmentId,
    asOf: at.toISOString(),
    sequence: sequence + 1,
    reason,
    previous: place,
  };
  if (kind === 'reopened') return entry;
  return {
    ...entry,
    ...(await summaryOf(archive, environmentId, last.manifest)),
    head: headText(sequence, place.sha256),
    retentionUntil: dayAfter(last.manifest.asOf, retentionYears),
  };
};

/**
 * Ends the chain of an environment, or goes on with one that was ended: an entry of the chain says so, for good.
 * @throws {ArchiveError} where the chain does not hold, or is so already
 */
export const decide = async (archive: Archive, environmentId: string, decision: ChainDecision): Promise<Decided> => {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const head = await readHead(archive, environmentId);
    const unsigned = await entryOf(archive, environmentId, head, decision);
    const entry = decision.sign === undefined ? unsigned : await signEntry(unsigned, decision.sign);
    const { isOurs, object } = await storeOnce(
      archive,
      chainKey(environmentId, entry.sequence),
      stagedContent(entryText(entry)),
    );
    if (isOurs) return { entry, head: headText(entry.sequence, object.sha256) };
  }
  throw new ArchiveError(`environment ${environmentId}: audits keep taking the next place of the chain`);
};
