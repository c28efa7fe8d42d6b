import type { Archive } from '../ports.ts';

const ROOTS = ['manifests', 'incomplete'] as const;

/** The environments of which an archive has runs or unfinished attempts at them, in ascending order. */
export const archivedEnvironments = async (archive: Archive): Promise<readonly string[]> => {
  const found = new Set<string>();
  for (const root of ROOTS) {
    const prefix = `${root}/environment=`;
    let after: string | undefined;
    // From environment to environment, not past every object of each: `0` is what follows `/`.
    for (let next = await nextIn(archive, prefix, after); next !== undefined; ) {
      found.add(next);
      after = `${prefix}${next}0`;
      next = await nextIn(archive, prefix, after);
    }
  }
  return [...found].toSorted();
};

const nextIn = async (
  archive: Archive,
  prefix: string,
  after: string | undefined,
): Promise<string | undefined> => {
  for await (const key of archive.list(prefix, after)) return key.slice(prefix.length).split('/')[0];
  return undefined;
};
