import { DAY_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { ArchiveError } from '../archive/errors.ts';
import type { StoredManifest } from '../archive/manifest.ts';
import type { ArchivedRun, Attempt } from '../archive/runs.ts';
import { attemptsWithin, runsWithin } from '../archive/stretch.ts';
import type { PackManifest } from './pack-manifest.ts';

/** Days in UTC, `YYYY-MM-DD`, both included. */
export type Days = PackManifest['period'];

type UnfinishedRun = PackManifest['gaps']['unfinished'][number];

/** The runs of a period. */
export interface PeriodRuns {
  /** The last complete run up to the period's end, which a review of the period speaks for. */
  readonly reviewed: StoredManifest;
  /** The runs within the period, in order; the reviewed one is the last where it is among them. */
  readonly runs: readonly ArchivedRun[];
  /** Attempts at a run that never came to be complete, each with its verdict and reason as far as it could say. */
  readonly unfinished: UnfinishedRun[];
}

const dayOf = (run: string): string => `${run.slice(0, 4)}-${run.slice(4, 6)}-${run.slice(6, 8)}`;

const unfinishedRun = ({ run, name, report, problem }: Attempt): UnfinishedRun => {
  const { verdict = 'INCOMPLETE', reason = 'it broke off' } = report ?? {};
  return { run, ...(name !== undefined && { attempt: name }), end: problem ?? `${verdict} (${reason})` };
};

/**
 * Lists the runs that an archive has of a period; of complete ones no more than their manifests is read.
 * @throws {ArchiveError} where there is no complete run up to the period's end, or the last is not to be trusted: an
 * earlier one never stands in for it
 */
export const readPeriodRuns = async (archive: Archive, environmentId: string, days: Days): Promise<PeriodRuns> => {
  const to = days.to.replaceAll('-', '');
  const stretch = { from: days.from.replaceAll('-', ''), to };
  const runs = await runsWithin(archive, environmentId, stretch);
  const last = runs.at(-1) ?? (await runsWithin(archive, environmentId, { to })).at(-1);
  if (last === undefined)
    throw new ArchiveError(
      `${archive.location} has no complete run of environment ${environmentId} on or before ${days.to}`,
    );
  if (last.stored === undefined || last.problem !== undefined)
    throw new ArchiveError(last.problem ?? `run ${last.run} is missing`);
  const attempts = await attemptsWithin(archive, environmentId, stretch, runs);
  return {
    reviewed: last.stored,
    runs,
    unfinished: attempts.map(unfinishedRun).toSorted((a, b) => (a.run < b.run ? -1 : a.run > b.run ? 1 : 0)),
  };
};

/** Lists the days of a period without any of these runs; days in a row are one entry. */
export const daysWithout = (runs: readonly { readonly run: string }[], { from, to }: Days): Days[] => {
  const seen = new Set(runs.map(({ run }) => dayOf(run)));
  const gaps: Days[] = [];
  let isOpen = false;
  for (let time = Date.parse(from); time <= Date.parse(to); time += DAY_MS) {
    const day = new Date(time).toISOString().slice(0, 10);
    const last = gaps.at(-1);
    if (seen.has(day)) isOpen = false;
    else if (isOpen && last !== undefined) last.to = day;
    else {
      gaps.push({ from: day, to: day });
      isOpen = true;
    }
  }
  return gaps;
};
