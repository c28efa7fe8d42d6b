import type { Report } from '../model/report.ts';
import type { Archive } from './archive.ts';
import { type ChainProblem, chainCheck, pointerProblem } from './chain.ts';
import { ArchiveError } from './errors.ts';
import { areaPrefix, keysUnder } from './keys.ts';
import { readJson } from './lines.ts';
import { type Manifest, readLatest, readManifest, type StoredManifest } from './manifest.ts';
import { readRunObject } from './read-run.ts';

/** A complete run as the archive has it, or what is wrong with it. */
export interface ArchivedRun {
  readonly run: string;
  /** Undefined where it is missing or no manifest. */
  readonly stored?: StoredManifest;
  /** The complete run before it, where that is sound. */
  readonly previous?: Manifest;
  /** The reason for which what is stored is not to be believed. */
  readonly problem?: string;
}

/** Names the run of a key that ends with it: `…/RUN.json`, `…/RUN.jsonl.gz` */
const runOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1).split('.')[0] ?? '';

const readRun = async (archive: Archive, environmentId: string, key: string): Promise<ArchivedRun> => {
  const run = runOf(key);
  try {
    const stored = await readManifest(archive, key);
    if (stored === undefined) return { run, problem: `${key} is missing` };
    const { manifest } = stored;
    if (manifest.run === run && manifest.environmentId === environmentId) return { run, stored };
    return { run, problem: `${key} was altered: it is the manifest of another run` };
  } catch (error) {
    if (error instanceof ArchiveError) return { run, problem: error.message };
    throw error;
  }
};

const withProblem = (entry: ArchivedRun, { key, message }: ChainProblem): ArchivedRun => ({
  ...entry,
  problem: entry.problem ?? `${key} ${message}`,
});

/** Yields the runs that have these keys, and what the chain misses between and after them. */
async function* checkedRuns(
  archive: Archive,
  environmentId: string,
  keys: readonly string[],
  start: number,
): AsyncGenerator<ArchivedRun> {
  const { pointer } = await readLatest(archive, environmentId);
  const check = chainCheck(keys);
  // Held back until the next run is read, whose manifest may speak against it.
  let held: ArchivedRun | undefined;
  for (const key of keys.slice(start)) {
    const next = await readRun(archive, environmentId, key);
    const { run, stored } = next;
    const problem = stored && check({ ...stored, run, previous: stored.manifest.previous });
    const isOfHeld = problem !== undefined && problem.key === held?.stored?.key;
    const isMissing = problem?.kind === 'missing' && problem.run > (held?.run ?? '') && problem.run < run;

    if (held !== undefined) yield isOfHeld ? withProblem(held, problem) : held;
    if (isMissing) yield withProblem({ run: problem.run }, problem);
    if (problem === undefined) held = { ...next, ...(held?.stored && { previous: held.stored.manifest }) };
    else held = isOfHeld || isMissing ? next : withProblem(next, problem);
  }

  const last = held?.stored?.key === pointer?.manifest ? held?.stored : undefined;
  const problem = pointer && pointerProblem(environmentId, pointer, last?.sha256);
  if (held !== undefined) yield problem?.kind === 'edited' ? withProblem(held, problem) : held;
  // A pointer that is behind points to none of the two, and says nothing against it.
  if (problem?.kind === 'missing' && problem.run > (held?.run ?? '')) yield withProblem({ run: problem.run }, problem);
}

/**
 * Yields the complete runs of an environment in order, from the run of this name on. Reads manifests only, and holds
 * each against the link of the next and against `latest`: a run that was altered or taken away has an entry that
 * says so.
 */
export async function* walkRuns(archive: Archive, environmentId: string, from = ''): AsyncGenerator<ArchivedRun> {
  const keys = await keysUnder(archive, areaPrefix('manifests', environmentId));
  const first = keys.findIndex((key) => runOf(key) >= from);
  // From the one before: the first one's link is held against it.
  const start = (first === -1 ? keys.length : first) - 1;
  for await (const run of checkedRuns(archive, environmentId, keys, Math.max(0, start))) if (run.run >= from) yield run;
}

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
  readonly problem?: string;
}

const readAttempt = async (archive: Archive, folder: string, names: readonly string[]): Promise<Attempt> => {
  const [run = '', ...rest] = nameIn(folder).split('-');
  const attempt = { run, name: rest.join('-') };
  try {
    if (names.includes('manifest.json')) {
      const stored = await readManifest(archive, `${folder}/manifest.json`);
      if (stored !== undefined) return { ...attempt, report: await readReport(archive, stored.manifest) };
    }
    // An attempt that read nothing leaves its report alone.
    const report = names.includes('report.json') ? await archive.read(`${folder}/report.json`) : undefined;
    return report === undefined ? attempt : { ...attempt, report: (await readJson(report.body)) as Report };
  } catch (error) {
    if (error instanceof ArchiveError) return { ...attempt, problem: error.message };
    if (error instanceof SyntaxError) return { ...attempt, problem: `${folder}/report.json is no JSON` };
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

const runsUnder = async (archive: Archive, prefix: string): Promise<readonly string[]> =>
  (await keysUnder(archive, prefix)).map(runOf);

/** Lists the runs of which objects are stored, and no manifest. */
const brokenOffRuns = async (archive: Archive, environmentId: string): Promise<readonly string[]> => {
  const complete = new Set(await runsUnder(archive, areaPrefix('manifests', environmentId)));
  return (await runsUnder(archive, areaPrefix('snapshots', environmentId))).filter((run) => !complete.has(run));
};

/**
 * Yields the attempts at runs that did not end complete, from the run of this name on, in order; those too that broke off
 * while a run was being stored, and left no manifest.
 */
export async function* walkAttempts(archive: Archive, environmentId: string, from = ''): AsyncGenerator<Attempt> {
  for (const [folder, names] of await attemptFolders(archive, environmentId)) {
    if (nameIn(folder) >= from) yield await readAttempt(archive, folder, names);
  }
  for (const run of await brokenOffRuns(archive, environmentId)) if (run >= from) yield { run };
}

/** Finds the name of the run with which the last so many runs and attempts begin. Reads no object. */
export const startOfLast = async (archive: Archive, environmentId: string, count: number): Promise<string> => {
  const folders = await attemptFolders(archive, environmentId);
  const names = [
    ...(await runsUnder(archive, areaPrefix('manifests', environmentId))),
    ...(await brokenOffRuns(archive, environmentId)),
    ...[...folders.keys()].map((folder) => nameIn(folder).split('-')[0] ?? ''),
  ];
  return names.toSorted().at(-count) ?? '';
};
