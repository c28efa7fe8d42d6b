import { createHash } from 'node:crypto';
import { serialiseRecord } from '../../../rules/engine/record.ts';
import type { Archive } from '../../archive/archive.ts';
import { ArchiveError } from '../../archive/errors.ts';
import { readLines } from '../../archive/lines.ts';
import type { ManifestObject } from '../../archive/manifest.ts';
import { verified } from '../../archive/read-run.ts';
import type { Spool, StagedContent } from '../../archive/staging.ts';
import type { ListingCounts, ListingSource, ListingTimes } from '../../model/listing.ts';
import { messageOf } from '../../text/error-message.ts';
import type { ListingCursor, ListingEnd } from '../source.ts';

/** The end of a part of a listing, and what its pages cost. */
export interface PartEnd {
  readonly end: ListingEnd;
  readonly counts: ListingCounts;
  readonly listing: ListingTimes;
  readonly source: ListingSource;
  readonly cursor: ListingCursor;
}

/** Writes a page as one line, an array of users as the service gave them. */
export const writePage = (spool: Spool, users: readonly unknown[]): Promise<void> | undefined =>
  spool.write(`[${users.map(serialiseRecord).join(',')}]`);

/** Writes the last line, an object. Its members are named as in the parts that archives hold already. */
export const writeEnd = async (spool: Spool, { cursor, ...end }: PartEnd): Promise<StagedContent> => {
  await spool.write(JSON.stringify({ ...end, place: cursor }));
  return spool.finish();
};

const readEnd = (line: unknown): PartEnd => {
  const { place, ...end } = line as Omit<PartEnd, 'cursor'> & { readonly place: ListingCursor };
  return { ...end, cursor: place };
};

const WITNESS = 'the checkpoint of its listing';

/** Gives the pages, and returns the end; throws ArchiveError for what is no whole part. */
async function* readPart(key: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown[], PartEnd> {
  let end: PartEnd | undefined;
  try {
    for await (const line of readLines(body)) {
      if (Array.isArray(line)) yield line;
      else end = readEnd(line);
    }
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError(`${key} can't be read: ${messageOf(error)}`, { cause: error });
  }
  if (end === undefined) throw new ArchiveError(`${key} has no end: it is no whole part of a listing`);
  return end;
}

/** Reads over the pages to the end. */
const skipToEnd = async (part: AsyncGenerator<unknown, PartEnd>): Promise<PartEnd> => {
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

/** Reads the pages of a stored part, which is checked on the way; throws ArchiveError. */
export async function* readPartPages(archive: Archive, object: ManifestObject): AsyncGenerator<unknown[]> {
  yield* await openPart(archive, object);
}

/** Reads the end of a stored part, which is checked on the way; throws ArchiveError. */
export const readPartEnd = async (archive: Archive, object: ManifestObject): Promise<PartEnd> =>
  skipToEnd(await openPart(archive, object));

/** A part that is in the archive. */
export interface StoredPart {
  readonly object: ManifestObject;
  readonly ending: PartEnd;
}

/** Finds the part that an earlier try stored, where it got that far. */
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
  const ending = await skipToEnd(readPart(key, measured(stored.body)));
  return { object: { key, sha256: hash.digest('hex'), size }, ending };
};
