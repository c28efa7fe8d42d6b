import { nameAndMessageOf } from '../text/error-message.ts';
import type { Archive } from './archive.ts';
import { type LatestPointer, pointedKey, pointerProblem, previousProblem, type RunLink } from './chain.ts';
import { type ChainEntry, isMilestone, type Milestone, readEntry } from './entry.ts';
import { ArchiveError, ifSound } from './errors.ts';
import { areaPrefix, chainKey, keysUnder, latestKey, manifestKeys, runKeys, runOfKey, sequenceOfKey } from './keys.ts';
import { MOST_JSON_BYTES, readBytes, readJson } from './lines.ts';
import type { StoredManifest } from './manifest.ts';
import { isPointer } from './shapes.ts';
import { jsonText, sha256Of, stagedContent } from './staging.ts';

/** The end of an environment's chain, or a place that it goes on from. */
export interface ChainHead {
  /** The number of the last place; 0 where there is none. */
  readonly sequence: number;
  /** The entry that the next one has to name; undefined where there is none. */
  readonly place?: RunLink;
  /** The entry that this one names; undefined where it is the first. */
  readonly before?: RunLink;
  /** The last run; undefined where there is none. */
  readonly last?: StoredManifest;
  /** There where the chain has been closed and not reopened. */
  readonly closing?: Milestone;
}

/**
 * Writes what people hold against an archive: a place of the chain and the SHA-256 of what stands there, as
 * `N:SHA256`.
 */
export const headText = (sequence: number, sha256: string): string => `${sequence}:${sha256}`;

/** The head of the chain that a run is, as results and notifications have it; nothing where it has no place in one. */
export const headMember = ({
  manifest: { sequence },
  sha256,
}: Pick<StoredManifest, 'manifest' | 'sha256'>): { readonly head?: string } =>
  sequence === undefined ? {} : { head: headText(sequence, sha256) };

const entryKeys = async (archive: Archive, environmentId: string, after?: string): Promise<readonly string[]> =>
  (await keysUnder(archive, areaPrefix('chain', environmentId), after)).filter(
    (key) => sequenceOfKey(key) !== undefined,
  );

/** The key that an entry names as the one before it; undefined where it names none or can't be read. */
const keyBefore = async (archive: Archive, environmentId: string, key: string): Promise<string | undefined> => {
  const { entry } = (await readPlaceIfFit(archive, environmentId, key)) ?? {};
  return typeof entry === 'object' ? entry.previous?.key : undefined;
};

/**
 * Lists the places of an environment's chain in order: the manifests of runs of before there were places, then the
 * entries. Reads the first of them only.
 */
export const chainKeys = async (archive: Archive, environmentId: string): Promise<readonly string[]> => {
  const entries = await entryKeys(archive, environmentId);
  const [first] = entries;
  if (first === undefined) return manifestKeys(archive, environmentId);
  const earlier = (sequenceOfKey(first) ?? 1) - 1;
  const before = earlier === 0 ? undefined : await keyBefore(archive, environmentId, first);
  // Where that is an entry, it is gone.
  if (earlier === 0 || (before !== undefined && sequenceOfKey(before) !== undefined)) return entries;
  // The others are copies of entries. By the key, since the oldest ones may have been deleted after their time.
  const isEarlier = (key: string, index: number): boolean => (before === undefined ? index < earlier : key <= before);
  return [...(await manifestKeys(archive, environmentId)).filter(isEarlier), ...entries];
};

/** Numbers the places of a chain: manifests of before there were entries by the first entry that follows them. */
export const placeNumbers = (keys: readonly string[]): readonly number[] => {
  const first = keys.findIndex((key) => sequenceOfKey(key) !== undefined);
  const before = first === -1 ? 0 : (sequenceOfKey(keys[first] ?? '') ?? 1) - 1 - first;
  return keys.map((key, index) => sequenceOfKey(key) ?? before + index + 1);
};

/** A place of the chain as it was found. */
export interface FoundPlace {
  readonly key: string;
  readonly sha256: string;
  /** A text says why it is none of this place. */
  readonly entry: ChainEntry | string;
}

/** Reads what stands at a place of the chain; undefined where nothing does. */
export const readPlace = async (
  archive: Archive,
  environmentId: string,
  key: string,
): Promise<FoundPlace | undefined> => {
  const stored = await archive.read(key);
  if (stored === undefined) return undefined;
  const bytes = await readBytes(stored, MOST_JSON_BYTES);
  const place = { environmentId, sequence: sequenceOfKey(key), run: runOfKey(key) };
  return { key, sha256: sha256Of(bytes), entry: readEntry(bytes, place) };
};

/** Reads a place; undefined where what stands there can't be read. */
const readPlaceIfFit: typeof readPlace = (...place) =>
  ifSound(
    () => readPlace(...place),
    () => undefined,
  );

/** The pointer to the last complete run, and the version of it that a swap must meet. */
interface Latest {
  /** Undefined where there is none, and where what is there is no pointer: it is an aid. */
  readonly pointer: LatestPointer | undefined;
  readonly version: string | undefined;
}

export const readLatest = async (archive: Archive, environmentId: string): Promise<Latest> => {
  let version: string | undefined;
  try {
    const stored = await archive.read(latestKey(environmentId));
    version = stored?.version;
    const value = stored && (await readJson(stored));
    return { pointer: isPointer(value) ? value : undefined, version };
  } catch (error) {
    if (error instanceof ArchiveError) return { pointer: undefined, version };
    throw error;
  }
};

/** A place that was found and holds. */
type Believed<Entry extends ChainEntry = ChainEntry> = FoundPlace & { readonly entry: Entry };

/** Throws ArchiveError where nothing was found at this key, or something else than an entry of the place. */
const believed = (key: string, found: FoundPlace | undefined): Believed => {
  if (found === undefined) throw new ArchiveError(`${key} is not there`);
  const { entry } = found;
  if (typeof entry === 'string') throw new ArchiveError(`${key} ${entry}`);
  return { ...found, entry };
};

/**
 * Reads the last run before an entry, past where the chain was closed and reopened; undefined where there is none.
 * @throws {ArchiveError} where one that is named on the way is not there, or is another
 */
export const runBefore = async (
  archive: Archive,
  { run, environmentId, previous }: ChainEntry,
): Promise<StoredManifest | undefined> => {
  if (previous === undefined) return undefined;
  const { key } = previous;
  const found = await readPlace(archive, environmentId, key);
  const problem = previousProblem(run, previous, found?.sha256);
  if (problem !== undefined) throw new ArchiveError(`${key} ${problem.message}`);
  return lastRun(archive, believed(key, found));
};

/** Goes back from a place to the last run; undefined where there is none. Throws ArchiveError. */
const lastRun = async (archive: Archive, { entry, key, sha256 }: Believed): Promise<StoredManifest | undefined> =>
  isMilestone(entry) ? runBefore(archive, entry) : { manifest: entry, key, sha256 };

const headAt = async (archive: Archive, sequence: number, place: Believed): Promise<ChainHead> => {
  const { entry, key, sha256 } = place;
  const last = await lastRun(archive, place);
  return {
    sequence,
    place: { run: entry.run, key, sha256 },
    ...(entry.previous !== undefined && { before: entry.previous }),
    ...(last !== undefined && { last }),
    ...(isMilestone(entry) && entry.kind === 'closing' && { closing: entry }),
  };
};

/** The key that an entry has to name: that of the entry before or, of the first of all entries, that of a manifest. */
const keyToName = async (archive: Archive, entryBefore: string, { key }: RunLink): Promise<string> => {
  const isManifest = sequenceOfKey(key) === undefined && runOfKey(key) !== undefined;
  return isManifest && !(await archive.has(entryBefore)) ? key : entryBefore;
};

/**
 * Holds a place against the one before it.
 * @param before its key, where both are manifests of runs of before there were entries
 * @throws {ArchiveError} where the two do not fit
 */
const checkBefore = async (
  archive: Archive,
  environmentId: string,
  sequence: number,
  { entry, key }: Believed,
  before: string | undefined,
): Promise<void> => {
  const { previous, run } = entry;
  // Where somebody has looked into it, it need not fit.
  if ('acceptedHistory' in entry) return;
  if (previous === undefined) {
    if (sequence > 1) throw new ArchiveError(`${key} names no run before it, though ${sequence - 1} are there`);
    return;
  }
  const expected =
    sequenceOfKey(key) === undefined
      ? before
      : await keyToName(archive, chainKey(environmentId, sequence - 1), previous);
  if (previous.key !== expected)
    throw new ArchiveError(
      `${key} names ${previous.key} as the one before run ${run}, and ${expected ?? 'nothing'} is`,
    );
  const found = await readPlace(archive, environmentId, previous.key);
  const problem = previousProblem(run, previous, found?.sha256);
  if (problem !== undefined) throw new ArchiveError(`${previous.key} ${problem.message}`);
};

/**
 * Finds the end of an environment's chain: the last entry, or the last manifest where there are no entries yet. It has
 * to be of this environment and place, to name what is before it, and to be what the pointer to it says.
 * @throws {ArchiveError} where it does not hold
 */
export const readHead = async (archive: Archive, environmentId: string): Promise<ChainHead> => {
  const { pointer } = await readLatest(archive, environmentId);
  const pointed = pointer && pointedKey(environmentId, pointer);
  const later = await entryKeys(archive, environmentId, pointer?.sequence === undefined ? undefined : pointed);
  const keys = later.length === 0 && pointer?.sequence === undefined ? await chainKeys(archive, environmentId) : later;
  const key = keys.at(-1) ?? pointed;
  if (key === undefined) return { sequence: 0 };
  if (pointed !== undefined && sequenceOfKey(key) === undefined && !keys.includes(pointed))
    throw new ArchiveError(`${latestKey(environmentId)} points to ${pointed}, which is no run of the environment`);

  const found = await readPlace(archive, environmentId, key);
  const problem = pointer && key === pointed ? pointerProblem(environmentId, pointer, found?.sha256) : undefined;
  if (problem !== undefined) throw new ArchiveError(`${key} ${problem.message}`);
  const place = believed(key, found);
  const sequence = sequenceOfKey(key) ?? keys.length;
  await checkBefore(archive, environmentId, sequence, place, keys.at(-2));
  return headAt(archive, sequence, place);
};

/** Finds the last complete run of an environment; throws ArchiveError where the end of its chain does not hold. */
export const lastCompleteRun = async (archive: Archive, environmentId: string): Promise<StoredManifest | undefined> =>
  (await readHead(archive, environmentId)).last;

/**
 * Finds the run that somebody lets the chain go on from, by the SHA-256 of its manifest: the next entry comes after
 * whatever is there. Its own members have to hold, its place does not.
 * @throws {ArchiveError} where nothing of this SHA-256 is there, or it is no run of the environment
 */
export const acceptedHead = async (archive: Archive, environmentId: string, sha256: string): Promise<ChainHead> => {
  const keys = await chainKeys(archive, environmentId);
  const end = keys.at(-1);
  const sequence = (end === undefined ? undefined : sequenceOfKey(end)) ?? keys.length;
  let fault = `no entry of the chain has the SHA-256 ${sha256}`;
  for (const key of keys.toReversed()) {
    const found = await readPlaceIfFit(archive, environmentId, key);
    if (found?.sha256 !== sha256) continue;
    if (typeof found.entry !== 'string') return headAt(archive, sequence, believed(key, found));
    // It may stand in another's place, besides its own.
    fault = `${key} ${found.entry}`;
  }
  throw new ArchiveError(fault);
};

/**
 * Copies a run's entry of the chain to where tables read manifests, where that is not done, and points `latest` to it:
 * what a run that dies in between leaves undone, the next one does. The run is one without it: gives warnings.
 */
export const completeCopies = async (
  archive: Archive,
  environmentId: string,
  run: StoredManifest,
): Promise<readonly string[]> => {
  const copy = runKeys(environmentId, new Date(run.manifest.asOf)).manifest;
  const warnings: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      warnings.push(`${what}: ${nameAndMessageOf(error)}`);
    }
  };
  await attempt(`${copy} was not written, where tables read the run`, async () => {
    if (run.key === copy || (await archive.has(copy))) return;
    const stored = await archive.read(run.key);
    if (stored === undefined) throw new ArchiveError(`${run.key} went away while it was to be copied`);
    await archive.create(copy, { bytes: await readBytes(stored) }, 'application/json');
  });
  await attempt(`${latestKey(environmentId)} does not point to the run`, () =>
    advanceLatest(archive, environmentId, run),
  );
  return warnings;
};

/** Whether a pointer is at a run or past it; one to a place where nothing is points nowhere. */
const isAhead = async (
  archive: Archive,
  environmentId: string,
  found: LatestPointer | undefined,
  { run, sequence = 0 }: LatestPointer,
): Promise<boolean> => {
  if (found === undefined) return false;
  if (found.sequence === undefined) return sequence === 0 && found.run >= run;
  return found.sequence >= sequence && (await archive.has(chainKey(environmentId, found.sequence)));
};

/** Tells whether the copy of a manifest, as tables read it, is that of a run of the chain. */
export const hasPlace = async (
  archive: Archive,
  environmentId: string,
  { manifest: { sequence }, key, sha256 }: StoredManifest,
): Promise<boolean> => {
  if (sequence === undefined) return (await chainKeys(archive, environmentId)).includes(key);
  return (await readPlace(archive, environmentId, chainKey(environmentId, sequence)))?.sha256 === sha256;
};

/** Points `latest` to a run, never back to one before; throws ArchiveError where others keep moving it. */
const advanceLatest = async (archive: Archive, environmentId: string, to: StoredManifest): Promise<void> => {
  const { run, asOf, sequence } = to.manifest;
  const pointer: LatestPointer = {
    run,
    manifest: runKeys(environmentId, new Date(asOf)).manifest,
    sha256: to.sha256,
    ...(sequence !== undefined && { sequence }),
  };
  const { content } = stagedContent(jsonText(pointer));
  // Each conflict means that another attempt has moved it; a handful is more than ever run at once.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const latest = await readLatest(archive, environmentId);
    if (await isAhead(archive, environmentId, latest.pointer, pointer)) return;
    const outcome = await archive.replace(latestKey(environmentId), content, 'application/json', latest.version);
    if (outcome === 'replaced') return;
  }
  throw new ArchiveError(`${latestKey(environmentId)} could not be moved to ${run}: others keep moving it`);
};
