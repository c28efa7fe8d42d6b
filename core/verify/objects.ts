import type { Archive } from '../archive/archive.ts';
import { objectPrefixes, runOfKey } from '../archive/keys.ts';
import { digestOfBody } from '../archive/staging.ts';
import { nameAndMessageOf } from '../text/error-message.ts';
import { inBatches } from './batches.ts';
import type { Link } from './links.ts';
import type { Note, Observations, Problem } from './problem.ts';

/** An object as the manifest of its run states it. */
interface Claimed {
  readonly run: string;
  readonly key: string;
  readonly sha256: string;
  readonly size: number;
}

const claimedBy = (links: readonly Link[]): readonly Claimed[] =>
  links.flatMap(({ run, claims }) => Object.values(claims?.objects ?? {}).map((object) => ({ run, ...object })));

interface ObjectCheck {
  /** Undefined where it could not be read to its end. */
  readonly bytes?: number;
  readonly problem?: Problem;
}

const checkObject = async (archive: Archive, { run, key, sha256, size }: Claimed): Promise<ObjectCheck> => {
  try {
    const stored = await archive.read(key);
    if (stored === undefined) {
      const message = 'is not there, though its manifest names it';
      return { problem: { kind: 'missing', run, key, message } };
    }
    const { sha256: found, size: bytes } = await digestOfBody(stored.body);
    if (found === sha256 && bytes === size) return { bytes };
    const message = `has ${bytes} bytes of SHA-256 ${found}, its manifest says ${size} of ${sha256}`;
    return { bytes, problem: { kind: 'edited', run, key, message } };
  } catch (error) {
    return { problem: { kind: 'unreadable', run, key, message: nameAndMessageOf(error) } };
  }
};

/**
 * Reads every object that the manifests name to its end, and holds it against them.
 * @param onObject is called for each that was read
 */
export const checkObjects = async (
  archive: Archive,
  links: readonly Link[],
  onObject: (objects: number) => void,
): Promise<{ readonly objects: number; readonly bytes: number; readonly problems: readonly Problem[] }> => {
  const problems: Problem[] = [];
  let objects = 0;
  let bytes = 0;
  const checks = inBatches(claimedBy(links), (object) => checkObject(archive, object));
  for await (const { bytes: size, problem } of checks) {
    if (problem !== undefined) problems.push(problem);
    if (size === undefined) continue;
    objects += 1;
    bytes += size;
    onObject(objects);
  }
  return { objects, bytes, problems };
};

/**
 * Finds objects that no manifest names: what a run left that was cut off before its manifest, or what was put there.
 * @param missingRuns were complete, as something else shows
 */
export const findUnclaimed = async (
  archive: Archive,
  environmentId: string,
  links: readonly Link[],
  missingRuns: ReadonlySet<string>,
): Promise<Observations> => {
  const claimed = new Set(claimedBy(links).map(({ key }) => key));
  const isReadable = new Map(links.map(({ run, claims }) => [run, claims !== undefined]));
  const counts = new Map<string, { first: string; count: number }>();
  for (const prefix of objectPrefixes(environmentId)) {
    for await (const key of archive.list(prefix)) {
      const run = runOfKey(key);
      // What is of no run, such as a page about all of them, is no evidence of any.
      if (run === undefined || claimed.has(key)) continue;
      const { first = key, count = 0 } = counts.get(run) ?? {};
      counts.set(run, { first, count: count + 1 });
    }
  }

  const problems: Problem[] = [];
  const notes: Note[] = [];
  for (const [run, { first: key, count }] of counts) {
    const others = count === 1 ? '' : `, as are ${count - 1} more of the run`;
    if (isReadable.get(run) === false) {
      const message = `is not checked${others}: the manifest of run ${run} does not speak for it`;
      notes.push({ kind: 'unchecked', run, key, message });
    } else if (isReadable.has(run)) {
      const message = `is not named by its run's manifest${others}: an earlier attempt at the run may have left it`;
      notes.push({ kind: 'leftover', run, key, message });
    } else if (missingRuns.has(run)) {
      const message = `is there without a manifest${others}, though the run was complete`;
      problems.push({ kind: 'orphaned', run, key, message });
    } else {
      const message = `is there without a manifest${others}: an attempt that was cut off leaves such, and no run counts on it`;
      notes.push({ kind: 'orphaned', run, key, message });
    }
  }
  return { problems, notes };
};
