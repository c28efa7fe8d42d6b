import type { Archive } from '../../core/archive/archive.ts';
import type { RunLink } from '../../core/archive/chain.ts';
import { latestKey } from '../../core/archive/keys.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { archiveObjects } from './archived-run.ts';
import { ENVIRONMENT } from './builders.ts';
import { archiveOf, copyKey, entryKey, linkToEntry, type Objects, putAll } from './chain-entries.ts';

export interface DisturbedChain {
  /** Complete runs, each in its place. @default 3 */
  readonly runs?: number;
  /** By place. */
  readonly differs?: Readonly<Record<number, Partial<Manifest>>>;
  /** Stands in the archive before the runs do, whatever they say of it. */
  readonly planted?: Objects;
  /** Keys, or what they begin with. */
  readonly gone?: readonly string[];
  /** The place that the pointer names. @default - the last */
  readonly pointsTo?: number;
  /** Signs each entry. */
  readonly sign?: (entry: Manifest) => Manifest;
}

/** A chain of runs with three objects each, disturbed in the ways that are given. */
export const disturbedChain = async ({
  runs = 3,
  differs = {},
  planted = {},
  gone = [],
  pointsTo = runs,
  sign = (entry) => entry,
}: DisturbedChain): Promise<Archive> => {
  const archive = await archiveOf(planted);
  const links: RunLink[] = [];
  for (let number = 1; number <= runs; number += 1) {
    const previous = links.at(-1);
    const contents = { snapshot: '', findings: '', report: {} };
    const entry = sign(
      await archiveObjects(archive, number, contents, { ...(previous && { previous }), ...differs[number] }),
    );
    const link = linkToEntry(entryKey(number), entry);
    const pointer = { run: link.run, manifest: copyKey(number), sha256: link.sha256, sequence: number };
    await putAll(archive, {
      [entryKey(number)]: entry,
      [copyKey(number)]: entry,
      ...(number === pointsTo && { [latestKey(ENVIRONMENT)]: pointer }),
    });
    links.push(link);
  }
  const isGone = (key: string): boolean => gone.some((start) => key.startsWith(start));
  return {
    ...archive,
    read: async (key) => (isGone(key) ? undefined : archive.read(key)),
    has: async (key) => !isGone(key) && archive.has(key),
    async *list(prefix, after) {
      for await (const key of archive.list(prefix, after)) if (!isGone(key)) yield key;
    },
  };
};
