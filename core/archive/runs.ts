import type { Report } from '../model/report.ts';
import { type EndedRetention, endedRetention } from '../model/retention.ts';
import { runInstant } from '../model/run-name.ts';
import type { Archive } from './archive.ts';
import { inBatches } from './batches.ts';
import { type ChainProblem, chainCheck, pointedKey, pointerProblem } from './chain.ts';
import { isMilestone } from './entry.ts';
import { ArchiveError } from './errors.ts';
import { chainKeys, readLatest, readPlace } from './head.ts';
import {
  type AttemptOfKey,
  areaPrefix,
  keysUnder,
  manifestKeys,
  runKeys,
  runOfKey,
  runOfObject,
  sequenceOfKey,
  unfinishedOfKey,
} from './keys.ts';
import { readJson } from './lines.ts';
import { type Manifest, readManifest, type StoredManifest } from './manifest.ts';
import { readRunObject } from './read-run.ts';
import { reportFault } from './shapes.ts';

/** A complete run as the archive has it, or what is wrong with it. */
export interface ArchivedRun {
  readonly run: string;
  /** Undefined where it is missing or no manifest. */
  readonly stored?: StoredManifest;
  /** The complete run before it, where that is sound. */
  readonly previous?: Manifest;
  /** The reason for which what is stored is not to be believed. */
  readonly problem?: string;
  /** Only what comes after it tells of it. */
  readonly isMissing?: true;
}

/** A place of the chain as a walk meets it. */
interface WalkedPlace extends ArchivedRun {
  /** It is no run's; `run` names its instant. */
  readonly isNoRun?: true;
}

/** Reads a place of the chain. */
const readWalked = async (archive: Archive, environmentId: string, key: string): Promise<WalkedPlace> => {
  // Runs of before there were entries are named by their keys; of an entry that can't be read nobody knows the run.
  const run = runOfKey(key) ?? `entry ${sequenceOfKey(key)}`;
  try {
    const found = await readPlace(archive, environmentId, key);
    if (found === undefined) return { run, problem: `${key} is missing` };
    const { entry, sha256 } = found;
    if (typeof entry === 'string') return { run, problem: `${key} ${entry}` };
    if (isMilestone(entry)) return { run: entry.run, isNoRun: true };
    return { run: entry.run, stored: { manifest: entry, key, sha256 } };
  } catch (error) {
    if (error instanceof ArchiveError) return { run, problem: error.message };
    throw error;
  }
};

const withProblem = (entry: ArchivedRun, { key, message }: ChainProblem): ArchivedRun => ({
  ...entry,
  problem: entry.problem ?? `${key} ${message}`,
});

/** Yields the runs of these places, and what the chain misses between and after them. */
async function* checkedRuns(
  archive: Archive,
  environmentId: string,
  keys: readonly string[],
  start: number,
  read: (key: string) => Promise<WalkedPlace>,
): AsyncGenerator<ArchivedRun> {
  const { pointer } = await readLatest(archive, environmentId);
  const pointed = pointer && pointedKey(environmentId, pointer);
  const check = chainCheck(keys);
  // Held back until the next run is read, whose manifest may speak against it.
  let held: (ArchivedRun & { readonly key: string }) | undefined;
  const reads = inBatches(keys.slice(start), async (key) => ({ ...(await read(key)), key }));
  for await (const { key, isNoRun, ...next } of reads) {
    if (isNoRun) continue;
    const { run, stored } = next;
    const previous = stored?.manifest.previous;
    // Of an entry that can't be read the next one knows whose it is.
    if (held?.stored === undefined && held?.key === previous?.key)
      held = held && { ...held, run: previous?.run ?? held.run };
    const fault = stored && check({ ...stored, run, previous });
    // Somebody has looked into the history and let it go on from another run.
    const problem = stored?.manifest.acceptedHistory === undefined ? fault : undefined;
    const isOfHeld = problem !== undefined && problem.key === held?.stored?.key;
    const isMissing = problem?.kind === 'missing' && problem.run > (held?.run ?? '') && problem.run < run;

    if (held !== undefined) yield isOfHeld ? withProblem(held, problem) : held;
    if (isMissing) yield withProblem({ run: problem.run, isMissing: true }, problem);
    const now = { ...next, key };
    if (problem === undefined) held = { ...now, ...(held?.stored && { previous: held.stored.manifest }) };
    else held = isOfHeld || isMissing ? now : { ...withProblem(now, problem), key };
  }

  if (held?.stored === undefined && held?.key === pointed) held = held && { ...held, run: pointer?.run ?? held.run };
  const last = held?.key === pointed ? held?.stored : undefined;
  const problem = pointer && pointerProblem(environmentId, pointer, last?.sha256);
  if (held !== undefined) yield problem?.kind === 'edited' ? withProblem(held, problem) : held;
  // A pointer that is behind points to none of the two, and says nothing against it.
  if (problem?.kind === 'missing' && problem.run > (held?.run ?? ''))
    yield withProblem({ run: problem.run, isMissing: true }, problem);
}

/** Finds, by halves, the first of some places that is not of before what is sought: those that are come first. */
const firstFrom = async (places: number, isBefore: (index: number) => Promise<boolean>): Promise<number> => {
  let low = 0;
  let high = places;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/**
 * Yields the complete runs of an environment in order, from the run of this name on. Reads the places of the chain
 * only, and holds each against the link of the next and against `latest`: a run that was altered or taken away has an
 * entry that says so.
 */
export async function* walkRuns(archive: Archive, environmentId: string, from = ''): AsyncGenerator<ArchivedRun> {
  const keys = await chainKeys(archive, environmentId);
  /** Those that were read to find the start: an entry names its run, and its key does not. */
  const looked = new Map<string, WalkedPlace>();
  const placeAt = async (index: number): Promise<WalkedPlace> => {
    const key = keys[index] ?? '';
    const run = runOfKey(key);
    const place = run === undefined ? (looked.get(key) ?? (await readWalked(archive, environmentId, key))) : { run };
    if (run === undefined) looked.set(key, place);
    return place;
  };
  /** Whether a place is that of a run of before; of one that can't be read or is no run's nobody knows. */
  const isRunBefore = async (index: number): Promise<boolean | undefined> => {
    const { run, isNoRun } = await placeAt(index);
    return isNoRun || runInstant(run) === undefined ? undefined : run < from;
  };
  let start = from === '' ? 0 : await firstFrom(keys.length, async (index) => (await isRunBefore(index)) !== false);
  // Back to the run before, which the first one's link is held against.
  for (let isFound = false; start > 0 && !isFound; start -= 1) isFound = (await isRunBefore(start - 1)) === true;
  const read = async (key: string) => looked.get(key) ?? readWalked(archive, environmentId, key);
  for await (const { run, stored, previous, problem, isMissing } of checkedRuns(
    archive,
    environmentId,
    keys,
    start,
    read,
  ))
    if (run >= from)
      yield {
        run,
        ...(stored && { stored }),
        ...(previous && { previous }),
        ...(problem !== undefined && { problem }),
        ...(isMissing && { isMissing }),
      };
}

/**
 * Gives what tells whether a run need not be there any more, by what those that are left have noted, and why. They are read
 * when it is first asked: seldom is anything gone.
 */
export const retentionOf = (
  archive: Archive,
  environmentId: string,
  now: number,
): ((run: string) => Promise<EndedRetention | undefined>) => {
  const read = async () => {
    const left = [];
    for await (const { run, stored } of walkRuns(archive, environmentId))
      if (stored !== undefined) left.push({ run, retention: stored.manifest.retention });
    return endedRetention(left, undefined, now);
  };
  let known: ReturnType<typeof read> | undefined;
  return async (run) => {
    known ??= read();
    const ended = await known;
    return ended !== undefined && (runInstant(run)?.getTime() ?? now) <= ended.until ? ended : undefined;
  };
};

/** Finds a complete run by its name; undefined where the chain has none. Throws ArchiveError where it does not hold. */
export const findCompleteRun = async (
  archive: Archive,
  environmentId: string,
  name: string,
): Promise<StoredManifest | undefined> => {
  for await (const { run, stored, problem } of walkRuns(archive, environmentId, name)) {
    if (run !== name) continue;
    if (problem !== undefined) throw new ArchiveError(problem);
    return stored;
  }
  return undefined;
};

/** Reads the report of a run, and checks it against its manifest; throws ArchiveError. */
export const readReport = async (archive: Archive, manifest: Pick<Manifest, 'run' | 'objects'>): Promise<Report> =>
  (await readRunObject(archive, manifest, 'report')) as Report;

/** The remains of an attempt at a run that did not end complete. */
export interface Attempt {
  readonly run: string;
  /** Undefined: its objects are those of a run, and have no manifest. */
  readonly name?: string;
  /** Undefined where it broke off before it had one. */
  readonly report?: Report;
  /** Undefined where it read nothing. */
  readonly manifest?: Manifest;
  readonly problem?: string;
}

const readAttempt = async (archive: Archive, folder: string, names: readonly string[]): Promise<Attempt> => {
  const [run = '', ...rest] = nameIn(folder).split('-');
  const attempt = { run, name: rest.join('-') };
  try {
    if (names.includes('manifest.json')) {
      const stored = await readManifest(archive, `${folder}/manifest.json`);
      if (stored !== undefined)
        return { ...attempt, report: await readReport(archive, stored.manifest), manifest: stored.manifest };
    }
    // An attempt that read nothing leaves its report alone.
    const stored = names.includes('report.json') ? await archive.read(`${folder}/report.json`) : undefined;
    if (stored === undefined) return attempt;
    const report = await readJson(stored);
    const fault = reportFault(report);
    return fault === undefined
      ? { ...attempt, report: report as Report }
      : { ...attempt, problem: `${stored.key} is no report: ${fault}` };
  } catch (error) {
    if (error instanceof ArchiveError) return { ...attempt, problem: error.message };
    throw error;
  }
};

/** Lists the objects of each attempt, by its folder. */
const attemptFolders = async (
  archive: Archive,
  environmentId: string,
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const folders = new Map<string, string[]>();
  for (const key of await keysUnder(archive, areaPrefix('incomplete', environmentId))) {
    const slash = key.lastIndexOf('/');
    const folder = key.slice(0, slash);
    folders.set(folder, [...(folders.get(folder) ?? []), key.slice(slash + 1)]);
  }
  return folders;
};

const nameIn = (folder: string): string => folder.slice(folder.lastIndexOf('/') + 1);

/** The names of the complete runs, by their manifests' keys; reads none of them. */
const manifestRuns = async (archive: Archive, environmentId: string): Promise<ReadonlySet<string>> =>
  new Set((await manifestKeys(archive, environmentId)).flatMap((key) => runOfKey(key) ?? []));

/** Tells whether a run is complete, as far as anybody knows. */
type IsComplete = (run: string) => boolean | Promise<boolean>;

/** Lists the runs of which objects are stored, and no manifest. */
const brokenOffRuns = async (
  archive: Archive,
  environmentId: string,
  isComplete: IsComplete,
): Promise<readonly string[]> => {
  const stored = (await keysUnder(archive, areaPrefix('snapshots', environmentId))).flatMap(
    (key) => runOfObject(key) ?? [],
  );
  const runs: string[] = [];
  for (const run of new Set(stored)) if (!(await isComplete(run))) runs.push(run);
  return runs;
};

/** Lists the attempts that listed in parts and left nothing else, by their folders: they died before they were judged. */
const deadListings = async (
  archive: Archive,
  environmentId: string,
  isComplete: IsComplete,
  known: ReadonlySet<string>,
): Promise<readonly AttemptOfKey[]> => {
  const found = (await keysUnder(archive, areaPrefix('listings', environmentId))).flatMap(
    (key) => unfinishedOfKey(key) ?? [],
  );
  const folders = new Map(found.map((attempt) => [nameIn(attempt.folder), attempt]));
  const dead: AttemptOfKey[] = [];
  for (const [name, attempt] of folders) if (!known.has(name) && !(await isComplete(attempt.run))) dead.push(attempt);
  return dead;
};

/**
 * Yields the attempts at runs that did not end complete, from the run of this name on, in order; those too that broke off
 * while users were being listed in parts or a run was being stored, and left no manifest.
 * @param complete runs from that one on that are known to be complete; where they are given, manifests are looked for only
 * of others
 */
export async function* walkAttempts(
  archive: Archive,
  environmentId: string,
  from = '',
  complete?: ReadonlySet<string>,
): AsyncGenerator<Attempt> {
  const folders = await attemptFolders(archive, environmentId);
  for (const [folder, names] of folders) if (nameIn(folder) >= from) yield await readAttempt(archive, folder, names);
  const manifests = complete === undefined ? await manifestRuns(archive, environmentId) : undefined;
  const isComplete: IsComplete = (run) => {
    if (manifests !== undefined) return manifests.has(run);
    const asOf = runInstant(run);
    return (
      run < from || complete?.has(run) || (asOf !== undefined && archive.has(runKeys(environmentId, asOf).manifest))
    );
  };
  const known = new Set([...folders.keys()].map(nameIn));
  for (const { run, attempt } of await deadListings(archive, environmentId, isComplete, known))
    if (run >= from) yield { run, name: attempt };
  for (const run of await brokenOffRuns(archive, environmentId, isComplete)) if (run >= from) yield { run };
}

/** Finds the name of the run with which the last so many runs and attempts begin. Reads no object. */
export const startOfLast = async (archive: Archive, environmentId: string, count: number): Promise<string> => {
  const folders = await attemptFolders(archive, environmentId);
  const complete = await manifestRuns(archive, environmentId);
  const names = [
    ...complete,
    ...(await brokenOffRuns(archive, environmentId, (run) => complete.has(run))),
    ...[...folders.keys()].map((folder) => nameIn(folder).split('-')[0] ?? ''),
  ];
  return names.toSorted().at(-count) ?? '';
};
