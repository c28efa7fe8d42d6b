import { DAY_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import {
  type Area,
  areaPrefix,
  attemptKeys,
  attemptOfKey,
  dayPrefix,
  keysUnder,
  runKeys,
} from '../archive/keys.ts';
import { ArchiveError, readManifest } from '../archive/manifest.ts';
import { readRunObject } from '../archive/read-run.ts';
import { runInstant } from '../model/run-name.ts';
import type { Alert } from './channel.ts';
import type { Errand } from './deliver.ts';

/** How far back alerts that nobody got are looked for: after a month they tell nothing that the next ones don't. */
const OWED_MS = 30 * DAY_MS;

/** An alert that was composed and never accepted. */
export type UndeliveredAlert = Pick<Errand, 'alert' | 'markerKey' | 'facts'>;

interface Owing {
  readonly run: string;
  readonly manifestKey: string;
  readonly markerKey: string;
}

/**
 * The alerts of earlier runs that were never accepted, the oldest first. An attempt that did not end is undelivered for only
 * where no other attempt at its run was told of, and where the run was not completed after all.
 * @param asOf of the run that asks
 * @throws {ArchiveError} where one is missing or was altered
 */
export const undeliveredAlerts = async (
  archive: Archive,
  environmentId: string,
  asOf: Date,
): Promise<readonly UndeliveredAlert[]> => {
  const since = new Date(asOf.getTime() - OWED_MS);
  const keysOf = (area: Area): Promise<readonly string[]> =>
    keysUnder(archive, areaPrefix(area, environmentId), dayPrefix(area, environmentId, since));
  const runs = new Set(await keysOf('manifests'));
  const markers = await keysOf('alerts');
  const digestsIn = async (area: Area): Promise<readonly string[]> =>
    (await keysOf(area)).filter((key) => key.endsWith('/digest.json'));

  const complete = (await digestsIn('reports')).flatMap((key): readonly Owing[] => {
    const run = key.split('/').at(-2) ?? '';
    const instant = runInstant(run);
    if (instant === undefined || instant >= asOf) return [];
    const { manifest, alert } = runKeys(environmentId, instant);
    return runs.has(manifest) && !markers.includes(alert)
      ? [{ run, manifestKey: manifest, markerKey: alert }]
      : [];
  });
  const lastAttempts = new Map(
    (await digestsIn('incomplete')).flatMap((key) => attemptOfKey(key) ?? []).map((one) => [one.run, one]),
  );
  const unfinished = [...lastAttempts.values()].flatMap(({ run, attempt }): readonly Owing[] => {
    const instant = runInstant(run);
    if (instant === undefined || instant >= asOf) return [];
    const { manifest, alert } = runKeys(environmentId, instant);
    const beginning = alert.slice(0, -'.json'.length);
    if (runs.has(manifest) || markers.some((marker) => marker.startsWith(beginning))) return [];
    const keys = attemptKeys(environmentId, instant, attempt);
    return [{ run, manifestKey: keys.manifest, markerKey: keys.alert }];
  });

  const owing = [...complete, ...unfinished].toSorted((a, b) => (a.run < b.run ? -1 : 1));
  return Promise.all(owing.map((one) => readUndelivered(archive, one)));
};

const readUndelivered = async (
  archive: Archive,
  { manifestKey, markerKey }: Owing,
): Promise<UndeliveredAlert> => {
  const stored = await readManifest(archive, manifestKey);
  if (stored === undefined) throw new ArchiveError(`${manifestKey} is missing, though its digest is there`);
  const { run, verdict, reason } = stored.manifest;
  return {
    alert: (await readRunObject(archive, stored.manifest, 'digest')) as Alert,
    markerKey,
    facts: { run, verdict, ...(reason !== undefined && { reason }) },
  };
};
