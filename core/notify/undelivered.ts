import { DAY_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { inBatches } from '../archive/batches.ts';
import { ArchiveError } from '../archive/errors.ts';
import { hasPlace, headMember } from '../archive/head.ts';
import {
  type Area,
  areaPrefix,
  attemptKeys,
  attemptOfKey,
  dayPrefix,
  firstKey,
  keysUnder,
  markerArea,
  runKeys,
  runMarkedBy,
  runOfKey,
  runOfObject,
} from '../archive/keys.ts';
import { isRecord } from '../archive/lines.ts';
import { type Manifest, readManifest, type StoredManifest } from '../archive/manifest.ts';
import { readRunLines, readRunObject } from '../archive/read-run.ts';
import { findCompleteRun } from '../archive/runs.ts';
import type { Report } from '../model/report.ts';
import { runInstant, runName } from '../model/run-name.ts';
import type { Channel, Digest, Notification } from './channel.ts';
import { deliver } from './deliver.ts';
import { isOfOldForm, notifiedByAttempt, readMarker, speaksFor } from './marker.ts';

/** The age at which an undelivered digest is given up: after a month it says nothing that the next ones don't. */
const LOOKBACK_MS = 30 * DAY_MS;

/** Something that a channel should have taken and did not. */
export interface Undelivered {
  readonly channel: Channel;
  readonly notification: Notification;
  readonly markerKey: string;
}

/** Says of a run what may be another than the channels were told. */
export const goesOn = ({ acceptedHistory }: Pick<Manifest, 'acceptedHistory'>): Pick<Notification, 'goesOnAnew'> =>
  acceptedHistory === undefined ? {} : { goesOnAnew: true };

/** The notification of a run whose manifest is in the archive. */
export const storedNotification = async (
  archive: Archive,
  { manifest, sha256 }: Pick<StoredManifest, 'manifest' | 'sha256'>,
): Promise<Notification> => ({
  ...headMember({ manifest, sha256 }),
  report: (await readRunObject(archive, manifest, 'report')) as Report,
  reportKey: manifest.objects.report?.key,
  digest: (await readRunObject(archive, manifest, 'digest')) as Digest | undefined,
  archive,
  ...goesOn(manifest),
  findings: () => (manifest.verdict === 'COMPLETE' ? readRunLines(archive, manifest, 'findings') : noFindings()),
});

/** The findings of a run that is not complete, as a notification passes them on. */
export async function* noFindings(): AsyncGenerator<never> {}

/**
 * Finds what channels never took of earlier runs, the oldest first. That of an attempt that did not end is missing only
 * where no other attempt at its run was sent, and where the run was not completed after all.
 * @param asOf of the run that asks
 * @returns with the problems of those that are missing or were altered: nobody can be told of them any more
 */
export const findUndelivered = async (
  archive: Archive,
  environmentId: string,
  asOf: Date,
  channels: readonly Channel[],
): Promise<{ readonly undelivered: readonly Undelivered[]; readonly problems: readonly string[] }> => {
  if (channels.length === 0) return { undelivered: [], problems: [] };
  const since = new Date(asOf.getTime() - LOOKBACK_MS);
  const keysOf = (area: Area): Promise<readonly string[]> =>
    keysUnder(archive, areaPrefix(area, environmentId), dayPrefix(area, environmentId, since));

  const isDigest = (key: string): boolean => key.endsWith('/digest.json');

  const complete = new Set((await keysOf('manifests')).flatMap((key) => runOfKey(key) ?? []));
  // A quiet run has none.
  const withDigest = new Set((await keysOf('reports')).filter(isDigest).flatMap((key) => runOfObject(key) ?? []));
  const lastAttempts = new Map(
    (await keysOf('incomplete'))
      .filter(isDigest)
      .flatMap((key) => attemptOfKey(key) ?? [])
      .map((one) => [one.run, one]),
  );
  const candidates = [
    ...[...complete].map((run): Candidate => ({ run })),
    ...[...lastAttempts.values()].filter(({ run }) => !complete.has(run)),
  ]
    .filter(({ run }) => run < runName(asOf))
    .toSorted((a, b) => (a.run < b.run ? -1 : 1));

  const undelivered: Undelivered[] = [];
  const problems: string[] = [];
  for (const channel of channels) {
    const markers = await keysOf(markerArea(channel.name));
    // Its first ever: of a channel that takes nothing for long none may be left among the markers read here.
    const first = channel.needsDigest
      ? undefined
      : await firstKey(archive, areaPrefix(markerArea(channel.name), environmentId));
    const began = runOfObject(first ?? '');
    const isNotified = ({ run, attempt }: Candidate): boolean =>
      channel.needsDigest ? attempt !== undefined || withDigest.has(run) : began !== undefined && run >= began;
    const notified = candidates.filter(isNotified);
    const marksOf = Map.groupBy(markers, (key) => runMarkedBy(channel.name, key));
    const find = async ({ run, attempt }: Candidate): Promise<readonly Undelivered[]> => {
      const instant = runInstant(run);
      if (instant === undefined) return [];
      const keys =
        attempt === undefined ? runKeys(environmentId, instant) : attemptKeys(environmentId, instant, attempt);
      const stored = await readIfSound(archive, environmentId, run, keys.manifest);
      if (stored === undefined) return [];
      if (await isMarked(archive, channel, stored, marksOf.get(run) ?? [])) return [];
      // What has no place in the chain is no run, whatever it says.
      if (attempt === undefined && !(await hasPlace(archive, environmentId, stored))) return [];
      try {
        const notification = await storedNotification(archive, stored);
        if (channel.prepare(notification) === undefined) return [];
        return [{ channel, markerKey: keys.marker(channel.name), notification }];
      } catch (error) {
        if (!(error instanceof ArchiveError)) throw error;
        problems.push(`nobody was told of run ${run}, nor can be: ${error.message}`);
        return [];
      }
    };
    for await (const found of inBatches(notified, find)) undelivered.push(...found);
  }
  return { undelivered, problems };
};

/**
 * Reads the manifest of a run or an attempt; of a run whose copy is no manifest, its entry. What does not hold itself has
 * nothing to tell: whoever reads the history is told of it.
 */
const readIfSound = async (
  archive: Archive,
  environmentId: string,
  run: string,
  key: string,
): Promise<StoredManifest | undefined> => {
  for (const read of [() => readManifest(archive, key), () => findCompleteRun(archive, environmentId, run)]) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
    }
  }
  return undefined;
};

/** Whether one of the markers of a run speaks for what it told, or for what the attempt at it told which left the marker. */
const isMarked = async (
  archive: Archive,
  channel: Channel,
  stored: StoredManifest,
  marks: readonly string[],
): Promise<boolean> => {
  const { digest, report } = stored.manifest.objects;
  for (const key of marks) {
    const marker = await readMarker(archive, key);
    if (!isRecord(marker)) continue;
    const isNamed = digest === undefined ? marker.report === report?.sha256 : marker.digest === digest.sha256;
    if (isNamed && channel.hasReceipt?.(marker) !== false) return true;
    const notified =
      stored.manifest.verdict === 'COMPLETE'
        ? isOfOldForm(marker) && (await storedNotification(archive, stored))
        : await notifiedByAttempt(archive, stored.manifest, key);
    if (notified && speaksFor(marker, notified, channel)) return true;
  }
  return false;
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
