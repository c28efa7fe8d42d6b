import { randomUUID } from 'node:crypto';
import type { Archive } from '../archive/archive.ts';
import { areaPrefix, firstKey, markerArea } from '../archive/keys.ts';
import { jsonText, stagedContent } from '../archive/staging.ts';
import type { Clock } from '../model/clock.ts';
import { nameAndMessageOf } from '../text/error-message.ts';
import type { Channel, Deliveries, Delivery, Notification } from './channel.ts';
import { markerOf, notifiedByAttempt, readMarker, speaksFor } from './marker.ts';

/** The number of times that a marker is looked for which another attempt may be about to write. */
const CHECKS = 20;

/** The memory of what channels took, so that nothing is sent twice. */
export interface Markers {
  readonly archive: Archive;
  keyOf(channel: string): string;
  /** Keys of other attempts' markers, any of which is as good where it gives the same reason. */
  others?(channel: string): AsyncIterable<string>;
  /** The SHA-256 of what is told once, whatever the report says. */
  readonly event?: string;
  /** The wait for the marker of another attempt that may be sending right now; none where missing. */
  readonly wait?: Wait;
}

export interface Wait {
  readonly ms: number;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Splits the key of a marker before its ending, so that another one can stand beside it. */
const stemOf = (key: string): readonly [stem: string, ending: string] => {
  const dot = key.indexOf('.', key.lastIndexOf('/'));
  return [key.slice(0, dot), key.slice(dot)];
};

/** The markers' answer about a notification: that it was sent, or which one does not speak for it. */
type Marked = { readonly isSent: boolean; readonly distrusted?: string };

const readMarks = async (
  { archive, keyOf, event }: Markers,
  channel: Channel,
  notification: Notification,
): Promise<Marked> => {
  const key = keyOf(channel.name);
  const isOurs = async (one: string): Promise<boolean> =>
    speaksFor(await readMarker(archive, one), notification, channel, event);
  if (!(await archive.has(key))) return { isSent: false };
  if (await isOurs(key)) return { isSent: true };
  const [stem, ending] = stemOf(key);
  for await (const beside of archive.list(`${stem}-`))
    if (beside.endsWith(ending) && (await isOurs(beside))) return { isSent: true };
  return { isSent: false, distrusted: key };
};

/** Finds out whether a notification was sent, and waits where another attempt may be about to say so. */
const findMarks = async (markers: Markers, channel: Channel, notification: Notification): Promise<Marked> => {
  const { wait } = markers;
  for (let check = 1; ; check += 1) {
    const marked = await readMarks(markers, channel, notification);
    if (marked.isSent || wait === undefined || wait.ms === 0 || check > CHECKS) return marked;
    await wait.clock.sleep(wait.ms / CHECKS);
  }
};

/** Whether another attempt at the run has sent the same reason already. */
const isReasonKnown = async (
  { archive, others }: Markers,
  channel: Channel,
  { report }: Notification,
): Promise<boolean> => {
  if (others === undefined) return false;
  for await (const key of others(channel.name)) {
    const marker = await readMarker(archive, key);
    if (Object(marker).reason !== report.reason) continue;
    const notified = await notifiedByAttempt(archive, report, key);
    if (notified !== undefined && speaksFor(marker, notified, channel)) return true;
  }
  return false;
};

/** Notes which run was the first for a channel: whatever it does not take from there on is sent by later ones. */
const noteBeginning = async (
  { archive, keyOf }: Markers,
  { name }: Channel,
  { report }: Notification,
): Promise<void> => {
  if ((await firstKey(archive, areaPrefix(markerArea(name), report.environmentId))) !== undefined) return;
  const [stem] = stemOf(keyOf(name));
  await archive.create(`${stem}.begun.json`, stagedContent('{}\n').content, 'application/json');
};

/**
 * Sends a notification on one channel, unless a marker says that it was sent.
 * @param markers undefined where there is no archive to remember it: it is sent all the same
 * @throws where the markers of other attempts can't be read
 */
export const deliver = async (
  channel: Channel,
  notification: Notification,
  markers: Markers | undefined,
): Promise<Delivery> => {
  const send = channel.prepare(notification);
  if (send === undefined) return { outcome: 'quiet' };
  if (markers !== undefined && (await isReasonKnown(markers, channel, notification)))
    return { outcome: 'already-sent' };
  try {
    const marked = markers && (await findMarks(markers, channel, notification));
    if (marked?.isSent) return { outcome: 'already-sent' };
    if (markers !== undefined && !channel.needsDigest) await noteBeginning(markers, channel, notification);
    const receipt = await send();
    // Once the channel took it: what fails in between is sent twice rather than never.
    await markers?.archive.create(
      markerKey(markers.keyOf(channel.name), marked?.distrusted),
      stagedContent(jsonText(markerOf(notification, receipt, markers.event))).content,
      'application/json',
    );
    return { outcome: 'sent', ...(marked?.distrusted !== undefined && { distrusted: marked.distrusted }) };
  } catch (error) {
    return { outcome: 'failed', message: nameAndMessageOf(error) };
  }
};

/** The key of a marker that is to be written: where one stands that speaks for nothing, it stays as it is. */
const markerKey = (key: string, distrusted: string | undefined): string => {
  const [stem, ending] = stemOf(key);
  return distrusted === undefined ? key : `${stem}-${randomUUID().slice(0, 8)}${ending}`;
};

/** Sends a notification on every channel, one after the other; what one can't send keeps no other from it. */
export const deliverToAll = async (
  channels: readonly Channel[],
  notification: Notification,
  markers: Markers | undefined,
): Promise<Deliveries> => {
  const deliveries: Record<string, Delivery> = {};
  for (const channel of channels) deliveries[channel.name] = await deliver(channel, notification, markers);
  return deliveries;
};
