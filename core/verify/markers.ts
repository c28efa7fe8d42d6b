import type { Archive } from '../archive/archive.ts';
import { inBatches } from '../archive/batches.ts';
import { areaPrefix, keysUnder, markerArea, runKeys, runOfKey } from '../archive/keys.ts';
import { isRecord } from '../archive/lines.ts';
import type { Manifest } from '../archive/manifest.ts';
import { runInstant } from '../model/run-name.ts';
import { isOfOldForm, readMarker } from '../notify/marker.ts';
import { RECEIPTS } from '../notify/receipts.ts';
import type { RunOfLink } from './links.ts';
import type { Note, Observations, Problem } from './problem.ts';

const CHANNEL_NAMES = Object.keys(RECEIPTS) as readonly (keyof typeof RECEIPTS)[];

/** The band whose mail a marker says was sent; undefined where it is that of another channel. */
const bandOfKey = (key: string): string | undefined => /\/\d{8}T\d{6}Z\.alert-(\w+-\w+)\.json$/.exec(key)?.[1];

/** Whether a marker names what its run had to tell, and has the receipt of its channel. */
const doesSpeakFor = (
  marker: unknown,
  channel: keyof typeof RECEIPTS,
  { run, objects, sequence }: Manifest,
  band?: string,
) => {
  if (!isRecord(marker) || marker.run !== run || marker.band !== band) return false;
  const hasReceipt = RECEIPTS[channel](marker);
  // Runs of before there was a chain have markers that name no SHA-256.
  if (isOfOldForm(marker)) return hasReceipt && sequence === undefined;
  const names = objects.digest === undefined ? 'report' : 'digest';
  return hasReceipt && marker[names] === objects[names]?.sha256;
};

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
  const markers = new Set<string>();
  for (const area of CHANNEL_NAMES.map(markerArea))
    for (const key of await keysUnder(archive, areaPrefix(area, environmentId))) markers.add(key);
  const runs = new Set(links.map(({ run }) => run));
  const problems: Problem[] = [...markers].flatMap((marker): readonly Problem[] => {
    const run = runOfKey(marker);
    const asOf = run === undefined ? undefined : runInstant(run);
    if (run === undefined || asOf === undefined || runs.has(run) || missing.has(run)) return [];
    const message = `is not there, though ${marker} says that the complete run was told of`;
    return [{ kind: 'missing', run, key: runKeys(environmentId, asOf).manifest, message }];
  });
  const present = links.flatMap(({ run, asOf, claims }) =>
    CHANNEL_NAMES.flatMap((channel) => {
      const key = runKeys(environmentId, asOf).marker(channel);
      return claims !== undefined && markers.has(key) ? [{ run, key, channel, claims }] : [];
    }),
  );
  const claimsOf = new Map(links.map(({ run, claims }) => [run, claims]));
  const ofBands = [...markers].flatMap((key) => {
    const [run = '', band] = [runOfKey(key), bandOfKey(key)];
    const claims = claimsOf.get(run);
    return band === undefined || claims === undefined ? [] : [{ run, key, channel: 'alert' as const, claims, band }];
  });
  const all: readonly ((typeof present)[number] & { readonly band?: string })[] = [...present, ...ofBands];
  const checks = inBatches(all, async ({ run, key, channel, claims, band }): Promise<readonly Problem[]> => {
    if (doesSpeakFor(await readMarker(archive, key), channel, claims, band)) return [];
    const message = 'does not speak for the run: it names another digest or report, or has no receipt';
    return [{ kind: 'edited', run, key, message }];
  });
  for await (const found of checks) problems.push(...found);
  const notes = links.flatMap(({ run, asOf, claims }): readonly Note[] => {
    const key = runKeys(environmentId, asOf).marker('alert');
    if (claims?.objects.digest === undefined || markers.has(key)) return [];
    const message = 'is not there: nothing shows that the digest of the run was sent';
    return [{ kind: 'owed', run, key, message }];
  });
  return { problems, notes };
};
