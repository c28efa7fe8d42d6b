import { DAY_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { hasPlace, headText } from '../archive/head.ts';
import {
  type Area,
  areaPrefix,
  attemptKeys,
  attemptOfKey,
  dayPrefix,
  keysUnder,
  markerArea,
  runKeys,
  runMarkedBy,
  runOfKey,
  runOfObject,
} from '../archive/keys.ts';
import { readManifest, type StoredManifest } from '../archive/manifest.ts';
import { readRunLines, readRunObject } from '../archive/read-run.ts';
import type { Report } from '../model/report.ts';
import { runInstant, runName } from '../model/run-name.ts';
import type { Alert, Channel, Notification } from './channel.ts';
import { deliver } from './deliver.ts';

/** The age at which an undelivered digest is given up: after a month it says nothing that the next ones don't. */
const LOOKBACK_MS = 30 * DAY_MS;

/** Something that a channel should have taken and did not. */
export interface Undelivered {
  readonly channel: Channel;
  readonly notification: Notification;
  readonly markerKey: string;
}

/** The notification of a run whose manifest is in the archive. */
export const storedNotification = async (
  archive: Archive,
  { manifest, sha256 }: Pick<StoredManifest, 'manifest' | 'sha256'>,
): Promise<Notification> => ({
  ...(manifest.sequence !== undefined && { head: headText(manifest.sequence, sha256) }),
  report: (await readRunObject(archive, manifest, 'report')) as Report,
  reportKey: manifest.objects.report?.key,
  digest: (await readRunObject(archive, manifest, 'digest')) as Alert | undefined,
  archiveLocation: archive.location,
  findings: () => (manifest.verdict === 'COMPLETE' ? readRunLines(archive, manifest, 'findings') : noFindings()),
});

/** The findings of a run that is not complete, as a notification passes them on. */
export async function* noFindings(): AsyncGenerator<never> {}

/**
 * Finds the digests of earlier runs that a channel never took, the oldest first. That of an attempt that did not end
 * is missing only where no other attempt at its run was sent, and where the run was not completed after all.
 * @param asOf of the run that asks
 * @throws {ArchiveError} where one is missing or was altered
 */
export const findUndelivered = async (
  archive: Archive,
  environmentId: string,
  asOf: Date,
  channels: readonly Channel[],
): Promise<readonly Undelivered[]> => {
  const resent = channels.filter(({ isResent }) => isResent);
  if (resent.length === 0) return [];
  const since = new Date(asOf.getTime() - LOOKBACK_MS);
  const keysOf = (area: Area): Promise<readonly string[]> =>
    keysUnder(archive, areaPrefix(area, environmentId), dayPrefix(area, environmentId, since));

  const digestsIn = async (area: Area): Promise<readonly string[]> =>
    (await keysOf(area)).filter((key) => key.endsWith('/digest.json'));

  const complete = new Set((await keysOf('manifests')).flatMap((key) => runOfKey(key) ?? []));
  // A quiet run has none.
  const telling = new Set((await digestsIn('reports')).flatMap((key) => runOfObject(key) ?? []));
  const lastAttempts = new Map(
    (await digestsIn('incomplete')).flatMap((key) => attemptOfKey(key) ?? []).map((one) => [one.run, one]),
  );
  const candidates = [
    ...[...complete].filter((run) => telling.has(run)).map((run): Candidate => ({ run })),
    ...[...lastAttempts.values()].filter(({ run }) => !complete.has(run)),
  ]
    .filter(({ run }) => run < runName(asOf))
    .toSorted((a, b) => (a.run < b.run ? -1 : 1));

  const undelivered: Undelivered[] = [];
  for (const channel of resent) {
    const markers = await keysOf(markerArea(channel.name));
    const marked = new Set(markers.map((key) => runMarkedBy(channel.name, key)));
    for (const { run, attempt } of candidates) {
      const instant = runInstant(run);
      if (instant === undefined) continue;
      const keys =
        attempt === undefined ? runKeys(environmentId, instant) : attemptKeys(environmentId, instant, attempt);
      const markerKey = keys.marker(channel.name);
      if (attempt === undefined ? markers.includes(markerKey) : marked.has(run)) continue;
      const stored = await readManifest(archive, keys.manifest);
      if (stored?.manifest.objects.digest === undefined) continue;
      // What has no place in the chain is no run, whatever it says.
      if (attempt === undefined && !(await hasPlace(archive, environmentId, stored))) continue;
      undelivered.push({ channel, markerKey, notification: await storedNotification(archive, stored) });
    }
  }
  return undelivered;
};

/** A run, or an attempt at one, that a channel may not have taken. */
interface Candidate {
  readonly run: string;
  readonly attempt?: string;
}

/** Sends what earlier runs could not; where a channel fails again, the next run tries. */
export const resend = async (archive: Archive, undelivered: readonly Undelivered[]): Promise<void> => {
  const failed = new Set<string>();
  for (const { channel, notification, markerKey } of undelivered) {
    if (failed.has(channel.name)) continue;
    const { outcome } = await deliver(channel, notification, { archive, keyOf: () => markerKey });
    if (outcome === 'failed') failed.add(channel.name);
  }
};
