import { createHash } from 'node:crypto';
import type { Archive } from '../../archive/archive.ts';
import { readLines } from '../../archive/lines.ts';
import { ArchiveError, type ManifestObject } from '../../archive/manifest.ts';
import { verified } from '../../archive/read-run.ts';
import type { Evidence, Spool } from '../../archive/staging.ts';
import type { ListingCounts } from '../../model/listing.ts';
import { serialiseRecord } from '../../model/record.ts';
import { messageOf } from '../../text/error-message.ts';
import type { ListingCursor, ListingEnd } from '../source.ts';

/** How a part of a listing ended: the last of its lines. */
export interface PartEnd {
  readonly end: ListingEnd;
  readonly counts: ListingCounts;
  readonly place: ListingCursor;
}

/** A line a page, an array of users as the service gave them; then an object, the end. */
export const writePage = (spool: Spool, users: readonly unknown[]): Promise<void> | undefined =>
  spool.write(`[${users.map(serialiseRecord).join(',')}]`);

export const writeEnd = async (spool: Spool, end: PartEnd): Promise<Evidence> => {
  await spool.write(JSON.stringify(end));
  return spool.finish();
};

const WITNESS = 'the checkpoint of its listing';

/** Gives the pages, and returns the end; throws ArchiveError for what is no whole part. */
async function* readPart(key: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown[], PartEnd> {
  let end: PartEnd | undefined;
  try {
    for await (const line of readLines(body)) {
      if (Array.isArray(line)) yield line;
      else end = line as PartEnd;
    }
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError(`${key} can't be read: ${messageOf(error)}`, { cause: error });
  }
  if (end === undefined) throw new ArchiveError(`${key} has no end: it is no whole part of a listing`);
  return end;
}

const endOf = async (part: AsyncGenerator<unknown, PartEnd>): Promise<PartEnd> => {
  for (;;) {
    const next = await part.next();
    if (next.done === true) return next.value;
  }
};

const openPart = async (archive: Archive, object: ManifestObject) => {
  const stored = await archive.read(object.key);
  if (stored === undefined) throw new ArchiveError(`${object.key} is missing, though ${WITNESS} names it`);
  return readPart(object.key, verified(stored.body, object, WITNESS));
};

/** The pages of a stored part, checked as they are read; throws ArchiveError. */
export async function* readPartPages(archive: Archive, object: ManifestObject): AsyncGenerator<unknown[]> {
  yield* await openPart(archive, object);
}

/** How a stored part ended; throws ArchiveError. */
export const readPartEnd = async (archive: Archive, object: ManifestObject): Promise<PartEnd> =>
  endOf(await openPart(archive, object));

/** A part that is in the archive. */
export interface StoredPart {
  readonly object: ManifestObject;
  readonly ending: PartEnd;
}

/** The part that an earlier try stored, where it got that far. */
export const findPart = async (archive: Archive, key: string): Promise<StoredPart | undefined> => {
  const stored = await archive.read(key);
  if (stored === undefined) return undefined;
  const hash = createHash('sha256');
  let size = 0;
  async function* measured(body: AsyncIterable<Uint8Array>) {
    for await (const chunk of body) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  const ending = await endOf(readPart(key, measured(stored.body)));
  return { object: { key, sha256: hash.digest('hex'), size }, ending };
};
