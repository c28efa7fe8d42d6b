import type { Archive } from '../archive/archive.ts';
import { ArchiveError } from '../archive/errors.ts';
import type { Manifest } from '../archive/manifest.ts';
import { groupLines, roleLines } from '../archive/read-facts.ts';
import { readRunLines } from '../archive/read-run.ts';
import { momentsOf } from '../model/listing.ts';
import { messageOf } from '../text/error-message.ts';
import type { Enrichments } from './enrich/enrichment.ts';
import type { ListingEnd, UserSource } from './source.ts';

/** As many records as a page of the service has. */
const PAGE_RECORDS = 100;

/** A run of an archive that is to be judged anew. */
export interface ArchivedNight {
  readonly archive: Archive;
  readonly manifest: Manifest;
  /** Ends the listing before its time. */
  readonly signal: AbortSignal;
}

/**
 * Lists the users of a run from its snapshot, in the order in which they came that night. A snapshot that is not what
 * the run's manifest says ends the listing as `source-unavailable`.
 */
export const archivedSource =
  ({ archive, manifest, signal }: ArchivedNight): UserSource =>
  () => {
    let end: ListingEnd = { complete: false, reason: 'deadline', message: 'it was interrupted' };

    async function* pages(): AsyncGenerator<readonly unknown[]> {
      try {
        if (manifest.objects.snapshot === undefined)
          throw new ArchiveError(`the manifest of run ${manifest.run} names no snapshot`);
        let page: unknown[] = [];
        for await (const record of readRunLines(archive, manifest, 'snapshot')) {
          page.push(record);
          if (page.length < PAGE_RECORDS) continue;
          yield page;
          page = [];
          if (signal.aborted) return;
        }
        yield page;
        if (!signal.aborted) end = { complete: true };
      } catch (error) {
        end = { complete: false, reason: 'source-unavailable', message: messageOf(error) };
      }
    }

    const { key, sha256 } = manifest.objects.snapshot ?? {};
    return {
      source: { kind: 'archive', ...(key !== undefined && { file: key }), ...(sha256 !== undefined && { sha256 }) },
      pages: pages(),
      startedAt: Date.parse(manifest.listing?.startedAt ?? manifest.asOf),
      readAt: () => momentsOf(manifest).readAt,
      end: () => end,
      counts: () => manifest.counts,
    };
  };

/** Gives the facts beside the listing as the run read them; that they can't be had where it did not. */
export const archivedFacts = ({ archive, manifest }: Pick<ArchivedNight, 'archive' | 'manifest'>): Enrichments => {
  const { run, objects } = manifest;
  return {
    roles: async function* roles({ arns }) {
      let unread = `run ${run} did not read roles`;
      try {
        yield* roleLines(archive, manifest);
        if (objects.principals !== undefined) return;
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
