import { setTimeout } from 'node:timers/promises';
import type { Archive } from '../archive/archive.ts';
import { readJson } from '../archive/lines.ts';
import { evidenceOf } from '../archive/staging.ts';
import type { Alert, SendAlert } from './channel.ts';

/** Stands for the archive's location in a stored digest: an archive may move, what was told of it is evidence. */
export const ARCHIVE_PLACE = '{archive}';

/** What became of a run's alert. */
export type Delivery =
  | { readonly outcome: 'sent' }
  /** Nothing changed, so there was nothing to tell. */
  | { readonly outcome: 'quiet' }
  | { readonly outcome: 'already-sent' }
  | { readonly outcome: 'failed'; readonly message: string };

const messageOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** Tells something and no more: for when there is no archive to remember it. */
export const tellUnmarked = async (tell: () => Promise<unknown>): Promise<Delivery> => {
  try {
    await tell();
    return { outcome: 'sent' };
  } catch (error) {
    return { outcome: 'failed', message: messageOf(error) };
  }
};

/** How often a marker that another attempt may be about to write is looked for. */
const LOOKS = 20;

const isMarked = async (archive: Archive, markerKey: string, waitMs: number): Promise<boolean> => {
  for (let look = 0; look < LOOKS; look += 1) {
    if (await archive.has(markerKey)) return true;
    if (waitMs === 0) return false;
    await setTimeout(waitMs / LOOKS);
  }
  return false;
};

/** Where it is remembered that something was told. */
export interface Mark {
  readonly archive: Archive;
  readonly markerKey: string;
  /** How long to wait for the marker of another attempt that may be telling it right now, in milliseconds. */
  readonly waitMs: number;
}

/**
 * Tells something unless its marker says that it was told. The marker is written after it was accepted: what fails in
 * between is told twice rather than never.
 * @param tell resolves with what the marker says
 */
export const tellOnce = async (
  { archive, markerKey, waitMs }: Mark,
  tell: () => Promise<Readonly<Record<string, unknown>>>,
): Promise<Delivery> => {
  try {
    if (await isMarked(archive, markerKey, waitMs)) return { outcome: 'already-sent' };
    const marker = evidenceOf(`${JSON.stringify(await tell(), null, 2)}\n`);
    await archive.create(markerKey, marker.content, 'application/json');
    return { outcome: 'sent' };
  } catch (error) {
    return { outcome: 'failed', message: messageOf(error) };
  }
};

/** An alert, and where it is remembered that it was sent. */
export interface Errand extends Mark {
  readonly send: SendAlert;
  readonly alert: Alert;
  /** What the marker says besides. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Sends an alert unless its marker says that it was sent. */
export const deliver = ({ send, alert, facts, ...mark }: Errand): Promise<Delivery> =>
  tellOnce(mark, async () => {
    const body = alert.body.replaceAll(ARCHIVE_PLACE, mark.archive.location);
    const receipt = await send({ ...alert, body });
    return { ...facts, subject: alert.subject, receipt };
  });

/** Whether an unfinished attempt at the same run has told the same reason already. */
export const wasToldBefore = async (archive: Archive, prefix: string, reason: string): Promise<boolean> => {
  for await (const key of archive.list(prefix)) {
    const stored = await archive.read(key);
    if (stored === undefined) continue;
    const marker: unknown = await readJson(stored.body);
    if (typeof marker === 'object' && marker !== null && 'reason' in marker && marker.reason === reason)
      return true;
  }
  return false;
};
