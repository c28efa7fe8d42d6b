import type { Archive } from '../archive/archive.ts';
import { ArchiveError, type Manifest } from '../archive/manifest.ts';
import { readRunLines } from '../archive/read-run.ts';
import { messageOf } from '../text/error-message.ts';
import type { ListingEnd, UserSource } from './source.ts';

/** As many records as the service's own pages have. */
const PAGE = 100;

/**
 * Lists the users of a run from its snapshot, in the order in which they came that night. A snapshot that is not what
 * the run's manifest says ends the listing as one that was cut.
 * @param signal ends the listing as well
 */
export const archivedSource =
  (archive: Archive, manifest: Manifest, signal: AbortSignal): UserSource =>
  () => {
    let end: ListingEnd = { complete: false, reason: 'deadline', message: 'it was interrupted' };

    async function* read(): AsyncGenerator<readonly unknown[]> {
      if (manifest.objects.snapshot === undefined)
        throw new ArchiveError(`the manifest of run ${manifest.run} names no snapshot`);
      let page: unknown[] = [];
      for await (const record of readRunLines(archive, manifest, 'snapshot')) {
        page.push(record);
        if (page.length < PAGE) continue;
        yield page;
        page = [];
        if (signal.aborted) return;
      }
      yield page;
      if (!signal.aborted) end = { complete: true };
    }

    async function* pages(): AsyncGenerator<readonly unknown[]> {
      try {
        yield* read();
      } catch (error) {
        end = { complete: false, reason: 'source-unavailable', message: messageOf(error) };
      }
    }

    return { pages: pages(), end: () => end, counts: () => manifest.counts };
  };
