import type { Report } from '../model/report.ts';
import type { Archive } from './archive.ts';
import { ArchiveError } from './errors.ts';
import { areaPrefix, keysUnder } from './keys.ts';
import { readJson } from './lines.ts';
import { type Manifest, readLatest, readManifest, type StoredManifest } from './manifest.ts';
import { readRunObject } from './read-run.ts';

const ROOTS = ['manifests', 'incomplete'] as const;

/** The environments of which an archive has runs or unfinished attempts at them, in ascending order. */
export const archivedEnvironments = async (archive: Archive): Promise<readonly string[]> => {
  const found = new Set<string>();
  for (const root of ROOTS) {
    const prefix = `${root}/environment=`;
    // From environment to environment, not past every object of each: `0` is what follows `/`.
    let next = await nextIn(archive, prefix);
    while (next !== undefined) {
      found.add(next);
      next = await nextIn(archive, prefix, `${prefix}${next}0`);
    }
  }
  return [...found].toSorted();
};

const nextIn = async (archive: Archive, prefix: string, after?: string): Promise<string | undefined> => {
  for await (const key of archive.list(prefix, after)) return key.slice(prefix.length).split('/')[0];
  return undefined;
};

/** A complete run as the archive has it, or what is wrong with it. */
export interface ArchivedRun {
  readonly run: string;
  /** Undefined where it is missing or no manifest. */
  readonly stored?: StoredManifest;
  /** The complete run before it, where that can be read. */
  readonly before?: Manifest;
  /** Why what is stored is not to be believed. */
  readonly problem?: string;
}

/** `…/RUN.json`, `…/RUN.jsonl.gz` */
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

/** What a run's link to the one before it says against either. */
const linkProblems = (
  before: ArchivedRun | undefined,
  { run, stored }: ArchivedRun,
): { readonly missing?: string; readonly ofBefore?: string; readonly own?: string } => {
  if (stored === undefined) return {};
  const { previous } = stored.manifest;
  if (before === undefined) return previous === undefined ? {} : { missing: previous.run };
  if (previous === undefined || previous.run < before.run) {
    return {
      own: `the manifest of run ${run} follows ${previous?.run ?? 'no run'}, though run ${before.run} lies between`,
    };
  }
  if (previous.run > before.run) return { missing: previous.run };
  if (before.stored === undefined || previous.sha256 === before.stored.sha256) return {};
  return {
    ofBefore: `${before.stored.key} was altered: its SHA-256 is not the one in the manifest of run ${run}`,
  };
};

/**
 * The complete runs of an environment in order, from the run of this name on. Reads manifests only, and holds each
 * against the link of the next and against `latest`: a run that was altered or taken away is told in its place.
 */
export async function* walkRuns(
  archive: Archive,
  environmentId: string,
  from = '',
): AsyncGenerator<ArchivedRun> {
  const keys = await keysUnder(archive, areaPrefix('manifests', environmentId));
  const { pointer } = await readLatest(archive, environmentId);
  const first = keys.findIndex((key) => runOf(key) >= from);
  const start = first === -1 ? keys.length - 1 : Math.max(0, first - 1);

  let held: ArchivedRun | undefined;
  for (const key of keys.slice(Math.max(0, start))) {
    const next = await readRun(archive, environmentId, key);
    // What comes before the first that is read is not known to be missing.
    const links = held === undefined && start > 0 ? {} : linkProblems(held, next);
    if (held !== undefined && held.run >= from)
      yield links.ofBefore === undefined ? held : { ...held, problem: held.problem ?? links.ofBefore };
    if (links.missing !== undefined && links.missing >= from)
      yield {
        run: links.missing,
        problem: `run ${links.missing} is missing: the manifest of run ${next.run} follows it`,
      };
    const isLinked = links.missing === undefined && links.ofBefore === undefined;
    const before = isLinked ? held?.stored?.manifest : undefined;
    held = {
      ...next,
      ...(before !== undefined && { before }),
      ...(links.own !== undefined && { problem: links.own }),
    };
  }

  if (held !== undefined && held.run >= from) {
    const isAltered =
      held.run === pointer?.run && held.stored !== undefined && held.stored.sha256 !== pointer.sha256;
    yield isAltered && held.problem === undefined
      ? {
          ...held,
          problem: `the manifest of run ${held.run} was altered: its SHA-256 is not the one in latest`,
        }
      : held;
  }
  if (pointer !== undefined && pointer.run > (held?.run ?? '') && pointer.run >= from)
    yield { run: pointer.run, problem: `run ${pointer.run} is missing: latest points to it` };
}

/** The report of a run, checked against its manifest; throws ArchiveError. */
export const readReport = async (
  archive: Archive,
  manifest: Pick<Manifest, 'run' | 'objects'>,
): Promise<Report> => (await readRunObject(archive, manifest, 'report')) as Report;

/** What is left of an attempt at a run that did not end complete. */
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

/** The objects of each attempt, by its folder. */
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

/** Runs of which objects are stored, and no manifest. */
const brokenOffRuns = async (archive: Archive, environmentId: string): Promise<readonly string[]> => {
  const complete = new Set(await runsUnder(archive, areaPrefix('manifests', environmentId)));
  const snapshots = await runsUnder(archive, areaPrefix('snapshots', environmentId));
  return snapshots.filter((run) => !complete.has(run));
};

/**
 * The attempts at runs that did not end complete, from the run of this name on, in order; those too that broke off
 * while a run was being stored, and left no manifest.
 */
export async function* walkAttempts(
  archive: Archive,
  environmentId: string,
  from = '',
): AsyncGenerator<Attempt> {
  for (const [folder, names] of await attemptFolders(archive, environmentId)) {
    if (nameIn(folder) >= from) yield await readAttempt(archive, folder, names);
  }
  for (const run of await brokenOffRuns(archive, environmentId)) if (run >= from) yield { run };
}

/** The name of the run with which the last so many runs and attempts begin. Reads no object. */
export const startOfLast = async (
  archive: Archive,
  environmentId: string,
  count: number,
): Promise<string> => {
  const folders = await attemptFolders(archive, environmentId);
  const names = [
    ...(await runsUnder(archive, areaPrefix('manifests', environmentId))),
    ...(await brokenOffRuns(archive, environmentId)),
    ...[...folders.keys()].map((folder) => nameIn(folder).split('-')[0] ?? ''),
  ];
  return names.toSorted().at(-count) ?? '';
};
