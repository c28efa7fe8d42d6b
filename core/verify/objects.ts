import type { Archive } from '../archive/archive.ts';
import { inBatches } from '../archive/batches.ts';
import { areaPrefix, keysUnder, objectPrefixes, RULESETS, runOfObject } from '../archive/keys.ts';
import { isRecord, readJson } from '../archive/lines.ts';
import type { ManifestObject } from '../archive/manifest.ts';
import { digestOfBody } from '../archive/staging.ts';
import { nameAndMessageOf } from '../text/error-message.ts';
import type { RunOfLink } from './links.ts';
import type { Note, Observations, Problem } from './problem.ts';

/** An object as the manifest of a run states it. */
export interface Claimed {
  readonly run: string;
  /** It was read before: now it has only to be there. */
  readonly isKnown?: true;
  readonly key: string;
  readonly sha256: string;
  readonly size: number;
}

const claimedBy = (links: readonly RunOfLink[]): readonly Claimed[] =>
  links.flatMap(({ run, claims }) =>
    [...Object.values(claims?.objects ?? {}), ...(claims?.unfinished ?? [])].map((object) => ({ run, ...object })),
  );

/** An object that has grown is read on for as many bytes: how large it is helps to find out why. */
const GROWN_BYTES = 64 * 1024 * 1024;

const GONE = 'is not there, though its manifest names it';

interface ObjectCheck {
  /** Undefined where it could not be read to its end. */
  readonly bytes?: number;
  readonly problem?: Problem;
}

const checkObject = async (archive: Archive, { run, key, sha256, size }: Claimed): Promise<ObjectCheck> => {
  try {
    const stored = await archive.read(key);
    if (stored === undefined) {
      return { problem: { kind: 'missing', run, key, message: GONE } };
    }
    const { sha256: found, size: bytes } = await digestOfBody(stored.body, size + GROWN_BYTES);
    if (found === sha256 && bytes === size) return { bytes };
    const message =
      bytes > size + GROWN_BYTES
        ? `has more than ${size + GROWN_BYTES} bytes, its manifest says ${size}`
        : `has ${bytes} bytes of SHA-256 ${found}, its manifest says ${size} of ${sha256}`;
    return { bytes, problem: { kind: 'edited', run, key, message } };
  } catch (error) {
    return { problem: { kind: 'unreadable', run, key, message: nameAndMessageOf(error) } };
  }
};

const isObject = (value: unknown): value is ManifestObject =>
  isRecord(value) &&
  [value.key, value.sha256].every((text) => typeof text === 'string') &&
  typeof value.size === 'number';

/** Reads what the manifest of an attempt vouches for, which a run's manifest vouches for; nothing where it is none. */
const vouchedFor = async (archive: Archive, { key, ...by }: Claimed): Promise<readonly Claimed[]> => {
  if (!key.endsWith('/manifest.json')) return [];
  try {
    const stored = await archive.read(key);
    const value = stored && (await readJson(stored));
    const objects = isRecord(value) && isRecord(value.objects) ? Object.values(value.objects) : [];
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    return objects
      .filter(isObject)
      .filter((object) => object.key.startsWith(folder))
      .map((object): Claimed => ({ ...by, key: object.key, sha256: object.sha256, size: object.size }));
  } catch {
    // That it can't be read is told where it is held against what names it.
    return [];
  }
};

/**
 * Lists what complete runs vouch for: their own objects, and what unfinished attempts had left before them.
 * @param known the runs whose objects were read before
 */
export const claimedObjects = async (
  archive: Archive,
  links: readonly RunOfLink[],
  known: ReadonlySet<string>,
): Promise<readonly Claimed[]> => {
  const claimed = claimedBy(links).map(
    (object): Claimed => (known.has(object.run) ? { ...object, isKnown: true } : object),
  );
  const vouched: Claimed[] = [];
  for await (const objects of inBatches(claimed, (object) => vouchedFor(archive, object))) vouched.push(...objects);
  return [...claimed, ...vouched];
};

/** Lists what unfinished attempts and listings in parts have left, and no complete run vouches for yet. */
export const findUncovered = async (
  archive: Archive,
  environmentId: string,
  claimed: readonly Claimed[],
): Promise<readonly string[]> => {
  const covered = new Set(claimed.map(({ key }) => key));
  const keys = [
    ...(await keysUnder(archive, areaPrefix('incomplete', environmentId))),
    ...(await keysUnder(archive, areaPrefix('listings', environmentId))),
  ];
  return keys.filter((key) => !covered.has(key));
};

/** Lists those objects that were read before and are gone since. */
const goneObjects = async (
  archive: Archive,
  environmentId: string,
  known: readonly Claimed[],
): Promise<readonly Problem[]> => {
  if (known.length === 0) return [];
  const there = new Set<string>();
  for (const prefix of [
    ...objectPrefixes(environmentId),
    areaPrefix('incomplete', environmentId),
    areaPrefix('listings', environmentId),
    RULESETS,
  ])
    for await (const key of archive.list(prefix)) there.add(key);
  return known.flatMap(({ run, key }): readonly Problem[] =>
    there.has(key) ? [] : [{ kind: 'missing', run, key, message: GONE }],
  );
};

/**
 * Reads every object that is vouched for to its end, and holds it against what vouches for it; of what was read before it
 * looks whether it is still there.
 * @param onObject is called for each that was read
 */
export const checkObjects = async (
  archive: Archive,
  environmentId: string,
  claimed: readonly Claimed[],
  onObject: (objects: number) => void,
): Promise<{ readonly objects: number; readonly bytes: number; readonly problems: readonly Problem[] }> => {
  const known = claimed.filter(({ isKnown }) => isKnown);
  const problems: Problem[] = [...(await goneObjects(archive, environmentId, known))];
  let objects = 0;
  let bytes = 0;
  const checks = inBatches(
    claimed.filter(({ isKnown }) => !isKnown),
    (object) => checkObject(archive, object),
  );
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
  links: readonly RunOfLink[],
  missingRuns: ReadonlySet<string>,
): Promise<Observations> => {
  const claimed = new Set(claimedBy(links).map(({ key }) => key));
  const isReadable = new Map(links.map(({ run, claims }) => [run, claims !== undefined]));
  const counts = new Map<string, { first: string; count: number }>();
  for (const prefix of objectPrefixes(environmentId)) {
    for await (const key of archive.list(prefix)) {
      const run = runOfObject(key);
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
