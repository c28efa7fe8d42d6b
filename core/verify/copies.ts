import type { Archive } from '../archive/archive.ts';
import { inBatches } from '../archive/batches.ts';
import { type ChainEntry, readEntry } from '../archive/entry.ts';
import { chainKey, runKeys, runOfKey, sequenceOfKey } from '../archive/keys.ts';
import { MOST_JSON_BYTES, readBytes } from '../archive/lines.ts';
import { sha256Of } from '../archive/staging.ts';
import { runInstant } from '../model/run-name.ts';
import { messageOf } from '../text/error-message.ts';
import type { Link, RunOfLink } from './links.ts';
import type { Note, Observations, Problem } from './problem.ts';

/** A manifest as tables read it: the copy of an entry of the chain. */
export interface Copy {
  readonly key: string;
  readonly run: string;
  readonly sha256: string;
  /** Undefined where it is no manifest of its run. */
  readonly entry?: ChainEntry;
}

/**
 * Reads what stands among the manifests.
 * @param onProblem is given what is wrong with each by itself
 */
export const readCopies = async (
  archive: Archive,
  environmentId: string,
  keys: readonly string[],
  onProblem: (problem: Problem) => void,
): Promise<readonly Copy[]> => {
  const readCopy = async (key: string): Promise<Copy | undefined> => {
    const run = runOfKey(key);
    const asOf = run === undefined ? undefined : runInstant(run);
    if (run === undefined || asOf === undefined || runKeys(environmentId, asOf).manifest !== key) {
      onProblem({
        kind: 'edited',
        run: run ?? null,
        key,
        message: 'stands among the manifests, where no run has its place',
      });
      return undefined;
    }
    try {
      const stored = await archive.read(key);
      if (stored === undefined) return undefined;
      const bytes = await readBytes(stored, MOST_JSON_BYTES);
      const entry = readEntry(bytes, { environmentId, run });
      return { key, run, sha256: sha256Of(bytes), ...(typeof entry !== 'string' && { entry }) };
    } catch (error) {
      onProblem({ kind: 'unreadable', run, key, message: messageOf(error) });
      return undefined;
    }
  };
  const copies: Copy[] = [];
  for await (const copy of inBatches(keys, readCopy)) if (copy !== undefined) copies.push(copy);
  return copies;
};

/** Names the runs of places, as the copies of their entries do. */
export const runsOfCopies = (environmentId: string, copies: readonly Copy[]): ReadonlyMap<string, string> =>
  new Map(
    copies.flatMap(({ run, entry }) =>
      entry?.sequence === undefined ? [] : [[chainKey(environmentId, entry.sequence), run]],
    ),
  );

/**
 * Holds the manifests that tables read against the chain's entries, whose copies they are.
 * @param copyKeys of all that stand there, those that could not be read included
 */
export const checkCopies = (
  environmentId: string,
  copies: readonly Copy[],
  copyKeys: readonly string[],
  links: readonly Link[],
  runs: readonly RunOfLink[],
): Observations => {
  const placed = new Map(runs.filter(({ key }) => sequenceOfKey(key) !== undefined).map((link) => [link.run, link]));
  const problems = copies.flatMap(({ key, run, sha256, entry }): readonly Problem[] => {
    const link = placed.get(run);
    // What is not sound itself tells nothing of its copy.
    if (link !== undefined && (link.claims === undefined || link.sha256 === sha256)) return [];
    if (link !== undefined)
      return [
        { kind: 'edited', run, key, message: `is another manifest than ${link.key} holds, whose copy it has to be` },
      ];
    if (entry?.sequence === undefined)
      return [{ kind: 'edited', run, key, message: 'is the manifest of no run of the chain' }];
    const message = `does not hold run ${run}, though ${key} is the copy of its entry there`;
    return [{ kind: 'missing', run, key: chainKey(environmentId, entry.sequence), message }];
  });

  const there = new Set(copyKeys);
  const notes: Note[] = [];
  const last = links.at(-1)?.key;
  for (const { run, key: place, asOf, claims } of placed.values()) {
    const { manifest: key } = runKeys(environmentId, asOf);
    if (claims === undefined || there.has(key)) continue;
    if (place === last) {
      const message = `is not there yet: a run that was cut off after ${place} leaves it so, and the next one mends it`;
      notes.push({ kind: 'uncopied', run, key, message });
    } else problems.push({ kind: 'missing', run, key, message: `is not there, though it is the copy of ${place}` });
  }
  return { problems, notes };
};
