import { runName } from '../model/run-name.ts';
import type { Archive } from './archive.ts';
import { ArchiveError } from './errors.ts';
import { areaPrefix, keysUnder, unfinishedOfKey } from './keys.ts';
import type { Manifest, ManifestObject } from './manifest.ts';
import { walkRuns } from './runs.ts';
import { digestOfBody } from './staging.ts';

/** An attempt that did not end complete, or a listing in parts, is named once: by the first complete run after it. */
const isSince = (key: string, previous: Manifest | undefined): boolean => {
  if (previous === undefined) return true;
  const { run = '', attempt = '' } = unfinishedOfKey(key) ?? {};
  // An attempt's name begins with when it began: one at an earlier run may have been made later.
  const since = runName(new Date(previous.asOf));
  return run > previous.run || (/^\d{8}T\d{6}Z-/.test(attempt) && attempt > since);
};

/** Longer than a listing in parts can go on, whose execution is believed to be dead and is not. */
const LATE_MS = 2 * 24 * 3_600_000;

/** Finds the parts of listings at runs before the previous one that came too late for its manifest, and for those since. */
const latePartsOf = async (
  archive: Archive,
  environmentId: string,
  keys: readonly string[],
  previous: Manifest | undefined,
): Promise<ReadonlySet<string>> => {
  if (previous === undefined) return new Set();
  const from = runName(new Date(Date.parse(previous.asOf) - LATE_MS));
  const isAtEarlier = (run = ''): boolean => run >= from && run <= previous.run;
  const late = new Set(keys.filter((key) => isAtEarlier(unfinishedOfKey(key)?.run)));
  if (late.size === 0) return late;
  for await (const { stored } of walkRuns(archive, environmentId, from))
    for (const { key } of stored?.manifest.unfinished ?? []) late.delete(key);
  return late;
};

/** Leaves out what the manifest of its own attempt vouches for. */
const withoutVouched = (keys: readonly string[]): readonly string[] => {
  const vouching = new Set(keys.filter((key) => key.endsWith('/manifest.json')));
  return keys.filter(
    (key) => vouching.has(key) || !vouching.has(`${key.slice(0, key.lastIndexOf('/'))}/manifest.json`),
  );
};

/**
 * Names what attempts that did not end complete and listings in parts have left since a run, by its SHA-256, so that
 * the manifest of the next complete run speaks for it.
 */
export const unfinishedSince = async (
  archive: Archive,
  environmentId: string,
  previous: Manifest | undefined,
): Promise<readonly ManifestObject[]> => {
  const named = new Set(previous?.unfinished?.map(({ key }) => key));
  const isUnnamed = (key: string): boolean => !named.has(key);
  const parts = (await keysUnder(archive, areaPrefix('listings', environmentId))).filter(isUnnamed);
  const late = await latePartsOf(archive, environmentId, parts, previous);
  const left = withoutVouched(await keysUnder(archive, areaPrefix('incomplete', environmentId))).filter(isUnnamed);
  const keys = [...left, ...parts].filter((key) => late.has(key) || isSince(key, previous));
  const objects: ManifestObject[] = [];
  for (const key of keys) {
    try {
      const stored = await archive.read(key);
      if (stored !== undefined) objects.push({ key, ...(await digestOfBody(stored.body)) });
    } catch (error) {
      // What can't be read is vouched for by nobody, and verify says so.
      if (!(error instanceof ArchiveError)) throw error;
    }
  }
  return objects;
};
