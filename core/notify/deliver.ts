import type { Archive } from '../archive/archive.ts';
import { readJson } from '../archive/lines.ts';
import { evidenceOf, jsonText } from '../archive/staging.ts';
import type { Clock } from '../model/clock.ts';
import { nameAndMessageOf } from '../text/error-message.ts';
import type { Channel, Deliveries, Delivery, Notification } from './channel.ts';

/** The number of times that a marker is looked for which another attempt may be about to write. */
const CHECKS = 20;

/** The memory of what channels took, so that nothing is sent twice. */
export interface Markers {
  readonly archive: Archive;
  keyOf(channel: string): string;
  /** Keys of other attempts' markers, any of which is as good where it gives the same reason. */
  others?(channel: string): AsyncIterable<string>;
  /** The wait for the marker of another attempt that may be sending right now; none where missing. */
  readonly wait?: Wait;
}

export interface Wait {
  readonly ms: number;
  readonly clock: Pick<Clock, 'sleep'>;
}

const isMarked = async ({ archive, keyOf, wait }: Markers, channel: string): Promise<boolean> => {
  for (let check = 0; check < CHECKS; check += 1) {
    if (await archive.has(keyOf(channel))) return true;
    if (wait === undefined || wait.ms === 0) return false;
    await wait.clock.sleep(wait.ms / CHECKS);
  }
  return false;
};

/** Whether another attempt at the run has sent the same reason already. */
const isReasonKnown = async (
  { archive, others }: Markers,
  channel: string,
  reason: string | undefined,
): Promise<boolean> => {
  if (others === undefined) return false;
  for await (const key of others(channel)) {
    const stored = await archive.read(key);
    if (stored === undefined) continue;
    const marker: unknown = await readJson(stored);
    if (typeof marker === 'object' && marker !== null && 'reason' in marker && marker.reason === reason) return true;
  }
  return false;
};

/**
 * Sends a notification on one channel, unless a marker says that it was sent.
 * @param markers undefined where there is no archive to remember it: it is sent all the same
 * @throws where the markers of other attempts can't be read
 */
export const deliver = async (
  { name, prepare }: Channel,
  notification: Notification,
  markers: Markers | undefined,
): Promise<Delivery> => {
  const send = prepare(notification);
  if (send === undefined) return { outcome: 'quiet' };
  const { run, verdict, reason } = notification.report;
  if (markers !== undefined && (await isReasonKnown(markers, name, reason))) return { outcome: 'already-sent' };
  try {
    if (markers !== undefined && (await isMarked(markers, name))) return { outcome: 'already-sent' };
    const receipt = await send();
    // Once the channel took it: what fails in between is sent twice rather than never.
    const marker = { run, verdict, ...(reason !== undefined && { reason }), ...receipt };
    await markers?.archive.create(markers.keyOf(name), evidenceOf(jsonText(marker)).content, 'application/json');
    return { outcome: 'sent' };
  } catch (error) {
    return { outcome: 'failed', message: nameAndMessageOf(error) };
  }
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
