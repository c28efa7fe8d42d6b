import type { Archive } from '../archive/archive.ts';
import { areaPrefix, keysUnder, runKeys, runOfKey } from '../archive/keys.ts';
import { runInstant } from '../model/run-name.ts';
import type { RunOfLink } from './links.ts';
import type { Note, Observations, Problem } from './problem.ts';

/**
 * Holds the markers of sent digests against the runs: a run that people were told of must be there.
 * @param missing are known to be gone
 */
export const checkMarkers = async (
  archive: Archive,
  environmentId: string,
  links: readonly RunOfLink[],
  missing: ReadonlySet<string>,
): Promise<Observations> => {
  const markers = new Set(await keysUnder(archive, areaPrefix('alerts', environmentId)));
  const runs = new Set(links.map(({ run }) => run));
  const problems = [...markers].flatMap((marker): readonly Problem[] => {
    const run = runOfKey(marker);
    const asOf = run === undefined ? undefined : runInstant(run);
    if (run === undefined || asOf === undefined || runs.has(run) || missing.has(run)) return [];
    const message = `is not there, though people were told of the complete run (${marker})`;
    return [{ kind: 'missing', run, key: runKeys(environmentId, asOf).manifest, message }];
  });
  const notes = links.flatMap(({ run, asOf, claims }): readonly Note[] => {
    const key = runKeys(environmentId, asOf).marker('alert');
    if (claims?.objects.digest === undefined || markers.has(key)) return [];
    const message = 'is not there: nothing shows that the digest of the run was sent';
    return [{ kind: 'owed', run, key, message }];
  });
  return { problems, notes };
};
