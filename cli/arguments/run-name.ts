import { basename } from 'node:path';
import type { Archive } from '../../core/archive/archive.ts';
import { ArchiveError } from '../../core/archive/errors.ts';
import { lastCompleteRun } from '../../core/archive/head.ts';
import { areaPrefix } from '../../core/archive/keys.ts';
import type { Manifest, StoredManifest } from '../../core/archive/manifest.ts';
import { retentionOf, walkAttempts } from '../../core/archive/runs.ts';
import { runsWithin } from '../../core/archive/stretch.ts';
import { isDay, runInstant } from '../../core/model/run-name.ts';
import { UsageError } from '../terminal/exit-codes.ts';
import type { OpenedArchive } from './archive-options.ts';
import type { FlagReader } from './flags.ts';

const RUN_ALLOWED = 'a run as 20261124T020000Z, a day as 2026-11-24, or latest';

export const isRunName = (text: string): boolean => runInstant(text) !== undefined;

export const isRunOrDay = (text: string): boolean => isRunName(text) || isDay(text);

/** Reads the run that a flag asks for; the latest where it is not there. */
export const readRunFlag = (read: Pick<FlagReader, 'text'>, text = 'latest'): string => {
  read.text('--run', text, RUN_ALLOWED, (value) => value === 'latest' || isRunOrDay(value));
  return text;
};

/** The last complete run before a time, and the first after it, by their keys alone. */
const nearestRuns = async (archive: Archive, environmentId: string, prefix: string): Promise<readonly string[]> => {
  let before: string | undefined;
  for await (const key of archive.list(areaPrefix('manifests', environmentId))) {
    const run = basename(key, '.json');
    if (run > prefix) return before === undefined ? [run] : [before, run];
    before = run;
  }
  return before === undefined ? [] : [before];
};

/**
 * Finds the complete run that somebody means: by its name, the only one of a day, or the latest.
 * @throws UsageError where it is none of them or a day has several, ArchiveError where it is not there or altered
 */
export const findRun = async ({ archive, environmentId }: OpenedArchive, text: string): Promise<StoredManifest> => {
  if (!isRunOrDay(text) && text !== 'latest')
    throw new UsageError([`RUN must be ${RUN_ALLOWED}, got ${JSON.stringify(text)}`]);
  const last = text === 'latest' ? await lastCompleteRun(archive, environmentId) : undefined;
  if (last !== undefined) return last;

  const prefix = text.replaceAll('-', '');
  const found = await runsWithin(archive, environmentId, { from: prefix, to: prefix });
  const [only, another] = found;
  if (only === undefined || only.isMissing) {
    const ended = await retentionOf(
      archive,
      environmentId,
      Date.now(),
    )(isRunName(prefix) ? prefix : `${prefix}T235959Z`);
    if (ended !== undefined)
      throw new ArchiveError(
        `${text}: if ${archive.location} had a run of environment ${environmentId} then, it is not there any more: ${ended.says}; nobody can check now that it was there`,
      );
  }
  if (only === undefined) {
    const nearest = await nearestRuns(archive, environmentId, prefix);
    const hint = nearest.length === 0 ? '' : `; the nearest: ${nearest.join(', ')}`;
    throw new ArchiveError(
      `${text}: ${archive.location} has no complete run of environment ${environmentId} then${hint}`,
    );
  }
  if (another !== undefined) {
    const runs = found.map(({ run }) => run).join(', ');
    throw new UsageError([`RUN must be one run, got ${text}, which has ${runs}`]);
  }
  if (only.stored === undefined || only.problem !== undefined)
    throw new ArchiveError(only.problem ?? `run ${only.run} is missing`);
  return only.stored;
};

/** The last attempt, among those that did not end complete, at a run of this beginning that saw anybody. */
const partOf = async ({ archive, environmentId }: OpenedArchive, start: string): Promise<Manifest | undefined> => {
  let last: Manifest | undefined;
  for await (const { run, manifest } of walkAttempts(archive, environmentId, start))
    if (run.startsWith(start) && manifest?.objects.snapshot !== undefined) last = manifest;
  return last;
};

const isMissing = async ({ archive, environmentId }: OpenedArchive, start: string): Promise<boolean> =>
  (await runsWithin(archive, environmentId, { from: start, to: start })).length === 0;

/** Finds the run that is asked for; one that is not complete where no complete one is of that name or day. */
export const findAnyRun = async (opened: OpenedArchive, asked: string): Promise<Manifest> => {
  const start = asked === 'latest' ? '' : asked.replaceAll('-', '');
  const part = start !== '' && (await isMissing(opened, start)) ? await partOf(opened, start) : undefined;
  return part ?? (await findRun(opened, asked)).manifest;
};
