import type { Archive } from '../archive/archive.ts';
import { ifSound } from '../archive/errors.ts';
import { attemptKeys, runKeys } from '../archive/keys.ts';
import { isRecord, readJson } from '../archive/lines.ts';
import { jsonText, sha256Of } from '../archive/staging.ts';
import type { Report } from '../model/report.ts';
import { runInstant } from '../model/run-name.ts';
import type { Channel, Digest, Notification, Receipt } from './channel.ts';

/** The part of a complete run that a channel for programs tells: what changed, or everything that is open. */
export type Scope = 'changes' | 'all';

/**
 * Chooses what is told: changes say everything only to a channel that took the run before, and only where this one
 * goes on from that.
 */
export const scopeOf = async (
  { report: { environmentId, previousRun = '' }, archive, goesOnAnew }: Notification,
  channel: string,
): Promise<Scope> => {
  const before = runInstant(previousRun);
  if (before === undefined || goesOnAnew) return 'all';
  return (await archive.has(runKeys(environmentId, before).marker(channel))) ? 'changes' : 'all';
};

/** A notification's own words: the report, and the digest where there is one. */
export type Notified = Pick<Notification, 'report' | 'digest'>;

/** A marker as it is stored, once a channel took something. */
export type Marker = Readonly<Record<string, unknown>>;

/** The SHA-256 of what was told, as the manifest has those of the objects that say the same. */
const hashesOf = ({ report, digest }: Notified) => ({
  report: sha256Of(jsonText(report)),
  ...(digest !== undefined && { digest: sha256Of(jsonText(digest)) }),
});

/**
 * Makes the marker of what a channel took.
 * @param event the SHA-256 of what is told once, whatever the report says
 */
export const markerOf = (notified: Notified, receipt: Receipt, event?: string): Marker => {
  const { run, verdict, reason } = notified.report;
  const named = event === undefined ? hashesOf(notified) : { event };
  return { run, verdict, ...(reason !== undefined && { reason }), ...named, ...receipt };
};

/** Reads what stands in a marker's place: undefined where nothing does, null where it can't be read. */
export const readMarker = (archive: Archive, key: string): Promise<unknown> =>
  ifSound(
    async () => {
      const stored = await archive.read(key);
      return stored && (await readJson(stored));
    },
    () => null,
  );

/** Whether a marker is of the form that has no SHA-256: runs of before there was a chain have such. */
export const isOfOldForm = (marker: Marker): boolean => !['report', 'digest', 'event'].some((name) => name in marker);

/**
 * Whether a marker speaks for what was told on a channel: it names its SHA-256 and has the channel's receipt. One of a
 * version that named none speaks for what has no place in the chain and follows none, by the run, the end and, of a
 * digest, the subject.
 */
export const speaksFor = (
  marker: unknown,
  notified: Notified,
  { hasReceipt }: Pick<Channel, 'hasReceipt'>,
  event?: string,
): marker is Marker => {
  if (!isRecord(marker) || hasReceipt?.(marker) === false) return false;
  if (event !== undefined) return marker.event === event;
  const { report, digest } = notified;
  if (isOfOldForm(marker)) {
    const isOld = report.sequence === undefined && report.previousHead === undefined;
    const isSame = (['run', 'verdict', 'reason'] as const).every((name) => marker[name] === report[name]);
    return isOld && isSame && (marker.subject === undefined || marker.subject === digest?.subject);
  }
  const hashes = hashesOf(notified);
  return digest === undefined ? marker.report === hashes.report : marker.digest === hashes.digest;
};

/** Reads what an unfinished attempt at a run had to tell, by the key of its marker; undefined where there is no such. */
export const notifiedByAttempt = async (
  archive: Archive,
  { environmentId, asOf }: Pick<Report, 'environmentId' | 'asOf'>,
  markerKey: string,
): Promise<Notified | undefined> => {
  const [, attempt] = /\/\d{8}T\d{6}Z-([\w-]+)\.[\w.-]+$/.exec(markerKey) ?? [];
  if (attempt === undefined) return undefined;
  const { object } = attemptKeys(environmentId, new Date(asOf), attempt);
  const [report, digest] = await Promise.all(
    ['report.json', 'digest.json'].map((file) => readMarker(archive, object({ area: 'reports', file }))),
  );
  return isRecord(report) ? { report: report as unknown as Report, digest: digest as Digest | undefined } : undefined;
};
