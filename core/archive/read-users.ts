import { folded } from '../text/person.ts';
import type { Archive } from './archive.ts';
import { runBefore } from './head.ts';
import type { Manifest } from './manifest.ts';
import { readRunLines } from './read-run.ts';
import { type ArchivedUser, findRepeated, type UserRecords, usersByRecords } from './repeated-records.ts';

/** Reads the users of a snapshot, as rules saw them; each once, with all of its records. */
async function* usersAmong(records: () => AsyncIterable<unknown>, conflicting = 0): AsyncGenerator<UserRecords> {
  yield* usersByRecords(records(), conflicting > 0 ? await findRepeated(records()) : new Set<string>());
}

/** Reads the users of a run, as its rules saw them; each once, with all of its records. */
export const usersWithRecords = (archive: Archive, manifest: Manifest): AsyncGenerator<UserRecords> =>
  usersAmong(() => readRunLines(archive, manifest, 'snapshot'), manifest.counts.conflicting);

/** The record that counts where users are compared or counted. */
export const lastOf = (records: UserRecords): ArchivedUser => records.at(-1) ?? records[0];

/** Reads the users of a snapshot; each once, by its last record. */
export async function* lastRecordsAmong(
  records: () => AsyncIterable<unknown>,
  conflicting: number | undefined,
): AsyncGenerator<ArchivedUser> {
  for await (const all of usersAmong(records, conflicting)) yield lastOf(all);
}

/** Reads the users of a run; each once, by its last record. */
export const usersOf = (archive: Archive, manifest: Manifest): AsyncGenerator<ArchivedUser> =>
  lastRecordsAmong(() => readRunLines(archive, manifest, 'snapshot'), manifest.counts.conflicting);

/** Reads the records of a run's users; of each the last. */
export async function* recordsOf(archive: Archive, manifest: Manifest): AsyncGenerator {
  for await (const { record } of usersOf(archive, manifest)) yield record;
}

/** Finds the records of a user of a run by its id or its `#N`. */
export const findRecords = async (
  archive: Archive,
  manifest: Manifest | undefined,
  id: string,
): Promise<UserRecords | undefined> => {
  let found: UserRecords | undefined;
  if (manifest === undefined) return found;
  // To the end: only there is the snapshot known to be what its manifest says.
  for await (const records of usersWithRecords(archive, manifest)) if (records[0].user.id === id) found = records;
  return found;
};

/** Finds a user of a run by its id or its `#N`, as its last record has it. */
export const findUser = async (
  archive: Archive,
  manifest: Manifest | undefined,
  id: string,
): Promise<ArchivedUser | undefined> => {
  const records = await findRecords(archive, manifest, id);
  return records && lastOf(records);
};

/** Finds the ids of the users of a run who have an e-mail address, as people write it. */
export const idsByAddress = async (
  archive: Archive,
  manifest: Manifest | undefined,
  address: string,
): Promise<readonly string[]> => {
  const wanted = folded(address);
  const ids = new Set<string>();
  if (manifest === undefined) return [];
  for await (const records of usersWithRecords(archive, manifest))
    for (const { user } of records)
      if (typeof user.emailAddress === 'string' && folded(user.emailAddress) === wanted) ids.add(user.id);
  return [...ids];
};

/** Reads the manifest of the last run before one; throws ArchiveError where the chain between them does not hold. */
export const previousManifest = async (archive: Archive, manifest: Manifest): Promise<Manifest | undefined> =>
  (await runBefore(archive, manifest))?.manifest;

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
