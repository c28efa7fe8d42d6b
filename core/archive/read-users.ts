import type { Archive } from './archive.ts';
import { previousProblem } from './chain.ts';
import { ArchiveError } from './errors.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { readRunLines } from './read-run.ts';
import { type ArchivedUser, findRepeated, usersByRecords } from './repeated-records.ts';

/** Reads the users of a run, as its rules saw them; each once, by its last record. */
export async function* usersOf(archive: Archive, manifest: Manifest): AsyncGenerator<ArchivedUser> {
  const records = () => readRunLines(archive, manifest, 'snapshot');
  const repeated = manifest.counts.conflicting ? await findRepeated(records()) : new Set<string>();
  for await (const listed of usersByRecords(records(), repeated)) yield listed.at(-1) ?? listed[0];
}

/** Reads the records of a run's users; of each the last. */
export async function* recordsOf(archive: Archive, manifest: Manifest): AsyncGenerator {
  for await (const { record } of usersOf(archive, manifest)) yield record;
}

/** Finds a user of a run by its id or its `#N`. */
export const findUser = async (
  archive: Archive,
  manifest: Manifest | undefined,
  id: string,
): Promise<ArchivedUser | undefined> => {
  let found: ArchivedUser | undefined;
  if (manifest === undefined) return found;
  // To the end: only there is the snapshot known to be what its manifest says.
  for await (const listed of usersOf(archive, manifest)) if (listed.user.id === id) found = listed;
  return found;
};

/** Reads the manifest of the run before a run, and checks it against the run's own; throws ArchiveError. */
export const previousManifest = async (
  archive: Archive,
  { run, previous }: Manifest,
): Promise<Manifest | undefined> => {
  if (previous === undefined) return undefined;
  const stored = await readManifest(archive, previous.key);
  const problem = previousProblem(run, previous, stored?.sha256);
  if (problem !== undefined) throw new ArchiveError(`${previous.key} ${problem.message}`);
  return stored?.manifest;
};

/** The number of runs that are searched for a user: a month of nights. */
const MOST_RUNS_BACK = 31;

/** Finds the last run before this one that had the user, within a month of nights. */
export const lastRunWith = async (archive: Archive, manifest: Manifest, id: string): Promise<string | undefined> => {
  let previous = await previousManifest(archive, manifest);
  for (let step = 0; previous !== undefined && step < MOST_RUNS_BACK; step += 1) {
    if ((await findUser(archive, previous, id)) !== undefined) return previous.run;
    previous = await previousManifest(archive, previous);
  }
  return undefined;
};
