import type { Archive } from '../archive/archive.ts';
import { ArchiveError } from '../archive/errors.ts';
import { parsedLines, type StoredLine, unfolded } from '../archive/lines.ts';
import type { Manifest } from '../archive/manifest.ts';
import { readAhead } from '../archive/read-ahead.ts';
import { groupLines, roleLines } from '../archive/read-facts.ts';
import { readRunBytes } from '../archive/read-run.ts';
import { momentsOf } from '../model/listing.ts';
import { messageOf } from '../text/error-message.ts';
import type { Enrichments } from './enrich/enrichment.ts';
import type { Listing } from './source.ts';

/** A run of an archive that is to be judged anew. */
export interface ArchivedNight {
  readonly archive: Archive;
  readonly manifest: Manifest;
}

/** The users of a run as it kept them: whoever judges them anew need not write them to know their lines. */
export interface ArchivedListing extends Omit<Listing, 'pages'> {
  readonly startedAt: number;
  readonly readAt: () => number;
  /** The lines of the snapshot, some at a time. As a listing's pages, it never throws. */
  readonly pages: AsyncIterable<readonly StoredLine[]>;
  /** Ends it before its time. */
  close(): void;
}

/** Bytes of a snapshot that wait to be judged: those of some 12,000 users. */
const WAITING_BYTES = 4 * 1024 * 1024;

/**
 * Lists the users of a run from its snapshot, in the order in which they came that night, and begins to read it at once. A
 * snapshot that is not what the run's manifest says ends the listing as `source-unavailable`.
 * @param known the lines of the night before, which those of this one take the place of
 */
export const archivedListing = ({ archive, manifest }: ArchivedNight, known?: StoredLine[]): ArchivedListing => {
  const { snapshot } = manifest.objects;
  const chunks = readAhead(unfolded(readRunBytes(archive, manifest, 'snapshot')), WAITING_BYTES);
  let end: ReturnType<Listing['end']> = { complete: false, reason: 'deadline', message: 'it was interrupted' };

  async function* pages(): AsyncGenerator<readonly StoredLine[]> {
    try {
      yield* parsedLines(chunks, undefined, known);
      end = { complete: true };
    } catch (error) {
      const isOurs = error instanceof ArchiveError;
      const message = isOurs ? error.message : `${snapshot?.key} can't be read: ${messageOf(error)}`;
      end = { complete: false, reason: 'source-unavailable', message };
    }
  }

  return {
    source: { kind: 'archive', ...(snapshot && { file: snapshot.key, sha256: snapshot.sha256 }) },
    pages: pages(),
    startedAt: Date.parse(manifest.listing?.startedAt ?? manifest.asOf),
    readAt: () => momentsOf(manifest).readAt,
    end: () => end,
    counts: () => manifest.counts,
    close: () => chunks.destroy(),
  };
};

/** Reads a run's object for nothing but what it throws: of one that was altered no line is to be told. */
const readToEnd = async (bytes: AsyncGenerator<Uint8Array>): Promise<void> => {
  let next = await bytes.next();
  while (next.done !== true) next = await bytes.next();
};

/** Gives the facts beside the listing as the run read them; that they can't be had where it did not. */
export const archivedFacts = ({ archive, manifest }: ArchivedNight): Enrichments => {
  const { run, objects } = manifest;
  return {
    roles: async function* roles({ arns }) {
      let unread = `run ${run} did not read roles`;
      try {
        if (objects.principals !== undefined) {
          await readToEnd(readRunBytes(archive, manifest, 'principals'));
          yield* roleLines(archive, manifest);
          return;
        }
      } catch (error) {
        unread = messageOf(error);
      }
      for (const arn of arns()) yield { arn, unread };
    },
    groups: async function* groups() {
      try {
        yield* groupLines(archive, manifest);
        if (objects.groups === undefined) yield { unread: `run ${run} did not read permission groups` };
      } catch (error) {
        yield { unread: messageOf(error) };
      }
    },
  };
};
