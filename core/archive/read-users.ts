import { readUser, type User } from '../../rules/engine/user.ts';
import type { Archive } from './archive.ts';
import { previousProblem } from './chain.ts';
import { ArchiveError } from './errors.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { readRunLines } from './read-run.ts';

/** A record of a snapshot, and the user that rules see in it. */
export interface ArchivedUser {
  readonly user: User;
  readonly record: unknown;
}

/** Reads the users of a run, as its rules saw them. */
export async function* usersOf(archive: Archive, manifest: Manifest): AsyncGenerator<ArchivedUser> {
  let position = 0;
  for await (const record of readRunLines(archive, manifest, 'snapshot')) {
    yield { record, user: readUser(record, position) };
    position += 1;
  }
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
