import type { Archive } from '../../core/archive/archive.ts';
import type { RunLink } from '../../core/archive/chain.ts';
import type { ChainEntry, Milestone } from '../../core/archive/entry.ts';
import { chainKey, type ObjectFile, runKeys } from '../../core/archive/keys.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { entryText } from '../../core/archive/signature.ts';
import { jsonText, sha256Of } from '../../core/archive/staging.ts';
import { runName } from '../../core/model/run-name.ts';
import type { RunOfLink } from '../../core/verify/links.ts';
import { ENVIRONMENT } from './builders.ts';
import { aManifest } from './findings.ts';
import { memoryArchive } from './memory-archive.ts';

/** The instant of an entry: each place is of a day, from 1. */
export const entryInstant = (number: number): Date => new Date(Date.UTC(2026, 0, number, 2));

export const entryRun = (number: number): string => runName(entryInstant(number));

/** The place of an entry. */
export const entryKey = (number: number): string => chainKey(ENVIRONMENT, number);

/** The place where tables read a run, and where runs of before there were entries stand. */
export const copyKey = (number: number): string => runKeys(ENVIRONMENT, entryInstant(number)).manifest;

const NEEDED: Readonly<Record<string, ObjectFile>> = {
  snapshot: { area: 'snapshots', file: 'snapshot.jsonl.gz' },
  findings: { area: 'findings', file: 'findings.jsonl.gz' },
  report: { area: 'reports', file: 'report.json' },
};

/** A complete run of before there were places, which has what every one has. */
export const anEarlierRun = (number: number, differs: Partial<Manifest> = {}): Manifest => {
  const asOf = entryInstant(number);
  const { object } = runKeys(ENVIRONMENT, asOf);
  const objects = Object.entries(NEEDED).map(([name, file]) => [name, { key: object(file), sha256: '', size: 0 }]);
  return aManifest({ run: runName(asOf), asOf: asOf.toISOString(), objects: Object.fromEntries(objects), ...differs });
};

/** A complete run in its place. */
export const anEntry = (number: number, differs: Partial<Manifest> = {}): Manifest =>
  anEarlierRun(number, { sequence: number, ...differs });

export const aMilestone = (number: number, kind: Milestone['kind'], previous: RunLink): Milestone => ({
  schemaVersion: 1,
  kind,
  run: entryRun(number),
  environmentId: ENVIRONMENT,
  asOf: entryInstant(number).toISOString(),
  sequence: number,
  reason: 'a test',
  previous,
});

/** The link to an entry, as the next one names it. */
export const linkToEntry = (key: string, entry: ChainEntry): RunLink => ({
  run: entry.run,
  key,
  sha256: sha256Of(entryText(entry)),
});

/** The run of a link, as `verify` reads it. */
export const aRunOfLink = (number: number, differs: Partial<RunOfLink> = {}): RunOfLink => ({
  run: entryRun(number),
  key: entryKey(number),
  asOf: entryInstant(number),
  sha256: `sha${number}`,
  ...differs,
});

/** Objects by their keys: texts, entries of the chain, and pointers. */
export type Objects = Readonly<Record<string, string | object>>;

/** Puts objects where nothing is yet. */
export const putAll = async (archive: Archive, objects: Objects): Promise<void> => {
  for (const [key, object] of Object.entries(objects)) {
    const text = typeof object === 'string' ? object : jsonText(object);
    await archive.create(key, { bytes: Buffer.from(text) }, 'application/json');
  }
};

/** Makes an archive in memory that has these objects. */
export const archiveOf = async (objects: Objects): Promise<Archive> => {
  const archive = memoryArchive();
  await putAll(archive, objects);
  return archive;
};
