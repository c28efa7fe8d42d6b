import { runInstant } from '../model/run-name.ts';
import type { RunLink } from './chain.ts';
import { objectsOf, rulesetKey } from './keys.ts';
import { isRecord, parsedJson } from './lines.ts';
import type { Manifest } from './manifest.ts';
import type { ManifestSignature } from './manifest-signature.ts';
import { entryFault } from './shapes.ts';

/** An entry of the chain that is no run: the chain ends with it, or goes on after it had ended. */
export interface Milestone {
  readonly schemaVersion: 1;
  readonly kind: 'closing' | 'reopened';
  /** Named as runs are, by the instant at which it was made. */
  readonly run: string;
  readonly environmentId: string;
  /** That instant: ISO 8601, UTC. */
  readonly asOf: string;
  readonly sequence: number;
  readonly reason: string;
  readonly previous: RunLink;
  /** Of a closing: the complete runs until then. */
  readonly runs?: number;
  /** Of a closing: the head before it. */
  readonly head?: string;
  readonly firstAsOf?: string;
  readonly lastAsOf?: string;
  /** Of a closing: the day until which the archive has to be kept. */
  readonly retentionUntil?: string;
  readonly signature?: ManifestSignature;
}

/** The content of a place of the chain. */
export type ChainEntry = Manifest | Milestone;

export const isMilestone = (entry: ChainEntry): entry is Milestone => 'kind' in entry;

/** The place that an entry has to be of: its key says so. */
export interface Place {
  readonly environmentId: string;
  /** Missing where its key is that of a manifest, which names the run. */
  readonly sequence?: number | undefined;
  readonly run?: string | undefined;
}

/** The objects that every complete run has. */
const NEEDED = ['snapshot', 'findings', 'report'] as const;

/**
 * Reads an entry of the chain; a text says why it is not the one of this place. It may have been written by anybody:
 * nothing is taken for what it should be.
 */
export const readEntry = (bytes: Buffer, { environmentId, sequence, run }: Place): ChainEntry | string => {
  const value = parsedJson(bytes.toString('utf8'));
  if (value === undefined) return 'is no JSON';
  if (!isRecord(value)) return 'is no manifest of a complete run: it is no object';
  const { schemaVersion } = value;
  if (schemaVersion !== undefined && schemaVersion !== 1)
    return 'is of another schemaVersion than 1, which this version reads';
  const fault = entryFault(value);
  if (fault !== undefined) return `is no manifest of a complete run: ${fault}`;

  const entry = value as unknown as ChainEntry;
  const asOf = runInstant(entry.run);
  const isOfRun = asOf !== undefined && entry.asOf === asOf.toISOString() && (run ?? entry.run) === entry.run;
  if (!isOfRun || entry.environmentId !== environmentId || (sequence !== undefined && entry.sequence !== sequence)) {
    const place = sequence === undefined ? `the place of run ${run}` : `place ${sequence}`;
    const own = entry.sequence === undefined || sequence === undefined ? '' : `, place ${entry.sequence}`;
    return `stands in ${place} of environment ${environmentId} and speaks for run ${entry.run} of environment ${entry.environmentId}, as of ${entry.asOf}${own}`;
  }
  if (isMilestone(entry)) return entry;
  const lacking = NEEDED.filter((name) => entry.objects[name] === undefined);
  if (lacking.length > 0) return `names no ${lacking.join(' and no ')}, which every complete run has`;
  const isOwn = objectsOf(environmentId, asOf);
  const strange = Object.values(entry.objects).find(
    ({ key, sha256 }) => !isOwn(key) && !(key === rulesetKey(sha256) && sha256 === entry.hashes.ruleset),
  );
  return strange === undefined ? entry : `names ${strange.key}, which is no object of this run`;
};
