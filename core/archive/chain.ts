import { chainKey, latestKey, runOfKey, sequenceOfKey } from './keys.ts';

/** Names a run by its manifest, as the next manifest and the pointer to the last run do. */
export interface RunLink {
  readonly run: string;
  readonly key: string;
  readonly sha256: string;
}

/** A fault in the chain of manifests. */
export interface ChainProblem {
  readonly kind: 'missing' | 'edited' | 'skipped' | 'forked' | 'reordered';
  readonly run: string;
  /** The key of the run's place. */
  readonly key: string;
  /** Lower case, no full stop; reads after the key. */
  readonly message: string;
}

/** Points to the last complete run. */
export interface LatestPointer {
  readonly run: string;
  readonly manifest: string;
  readonly sha256: string;
  /** Its place in the chain; runs of before there were places have none. */
  readonly sequence?: number;
}

/** Holds a link, which a witness has, against the SHA-256 of what stands at its key; undefined: nothing does. */
const linkProblem = (
  link: RunLink,
  found: string | undefined,
  witness: string,
  claim: string,
): ChainProblem | undefined => {
  const { key, sha256 } = link;
  const run = runOfKey(key) ?? link.run;
  if (found === undefined) return { kind: 'missing', run, key, message: `is not there, though ${witness} ${claim}` };
  if (found === sha256) return undefined;
  const message = `was altered: its SHA-256 is ${found}, ${witness} says ${sha256}`;
  return { kind: 'edited', run, key, message };
};

/** Holds a run's link to the one before it against the SHA-256 of what stands there; undefined: nothing does. */
export const previousProblem = (run: string, previous: RunLink, found: string | undefined) =>
  linkProblem(previous, found, `the manifest of run ${run}`, 'names it as the one before');

/** The key of the place that the pointer to the last run names. */
export const pointedKey = (environmentId: string, { manifest, sequence }: LatestPointer): string =>
  sequence === undefined ? manifest : chainKey(environmentId, sequence);

/** Holds the pointer to the last run against the SHA-256 of what stands there; undefined: nothing does. */
export const pointerProblem = (environmentId: string, pointer: LatestPointer, found: string | undefined) => {
  const { run, sha256 } = pointer;
  const link = { run, key: pointedKey(environmentId, pointer), sha256 };
  return linkProblem(link, found, latestKey(environmentId), 'points to it');
};

/** A run's manifest, and the link to the run before it that it holds. */
export interface ChainedRun extends RunLink {
  readonly previous?: RunLink | undefined;
}

/**
 * Makes a check of an environment's chain, to be called with one place after the other, from whichever on. What can't
 * be read is left out.
 * @param keys of all places that are there, in order
 */
export const chainCheck = (keys: readonly string[]): ((chained: ChainedRun) => ChainProblem | undefined) => {
  const positions = new Map(keys.map((key, position) => [key, position]));
  const hashes = new Map<string, string>();
  /** The first run to name a manifest, by the manifest's key. */
  const followers = new Map<string, string>();
  const runs = new Map<string, string>();
  const nameOf = (key: string): string => {
    const run = runOfKey(key) ?? runs.get(key);
    return run === undefined ? `entry ${sequenceOfKey(key)}` : `run ${run}`;
  };

  return ({ run, key, sha256, previous }) => {
    hashes.set(key, sha256);
    runs.set(key, run);
    const own = { run, key };
    const position = positions.get(key) ?? 0;
    const before = keys[position - 1];
    if (previous === undefined) {
      if (before === undefined) return undefined;
      return { ...own, kind: 'skipped', message: `names no run before it, though ${nameOf(before)} is there` };
    }
    const other = followers.get(previous.key);
    if (other === undefined) followers.set(previous.key, run);

    const target = positions.get(previous.key);
    if (target === undefined) return previousProblem(run, previous, undefined);
    const named = `names ${nameOf(previous.key)} as the one before it`;
    if (before === undefined || target >= position)
      return { ...own, kind: 'reordered', message: `${named}, which is not before it` };
    if (previous.key !== before) {
      if (other === undefined)
        return { ...own, kind: 'skipped', message: `${named} and passes over ${nameOf(before)}` };
      const reason = 'one of the two was slipped in, or both were made at once';
      return { ...own, kind: 'forked', message: `${named}, as run ${other} does: ${reason}` };
    }
    const found = hashes.get(before);
    return found === undefined ? undefined : previousProblem(run, previous, found);
  };
};
