import { DAY_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { ArchiveError, type StoredManifest } from '../archive/manifest.ts';
import { type ArchivedRun, walkAttempts, walkRuns } from '../archive/runs.ts';

/** Days in UTC, `YYYY-MM-DD`, both included. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

/** An attempt at a run that never came to be complete. */
export interface UnfinishedRun {
  readonly run: string;
  readonly attempt?: string | undefined;
  /** Its verdict and reason, as far as it could say. */
  readonly end: string;
}

export interface UntrustedRun {
  readonly run: string;
  readonly problem: string;
}

/** The runs of a period. */
export interface PeriodRuns {
  /** The last complete run up to the period's end, which a review of the period speaks for. */
  readonly reviewed: StoredManifest;
  /** The runs within the period, in order; the reviewed one is the last where it is among them. */
  readonly runs: readonly ArchivedRun[];
  readonly unfinished: readonly UnfinishedRun[];
}

const dayOf = (run: string): string => `${run.slice(0, 4)}-${run.slice(4, 6)}-${run.slice(6, 8)}`;

const runsUpTo = async (
  archive: Archive,
  environmentId: string,
  from: string,
  to: string,
): Promise<readonly ArchivedRun[]> => {
  const runs: ArchivedRun[] = [];
  for await (const run of walkRuns(archive, environmentId, from.replaceAll('-', ''))) {
    if (dayOf(run.run) > to) break;
    runs.push(run);
  }
  return runs;
};

const unfinishedOf = async (
  archive: Archive,
  environmentId: string,
  { from, to }: Days,
  complete: ReadonlySet<string>,
): Promise<readonly UnfinishedRun[]> => {
  const unfinished: UnfinishedRun[] = [];
  for await (const { run, name, report, problem } of walkAttempts(
    archive,
    environmentId,
    from.replaceAll('-', ''),
  )) {
    if (complete.has(run) || dayOf(run) > to) continue;
    const { verdict = 'INCOMPLETE', reason = 'it broke off' } = report ?? {};
    unfinished.push({
      run,
      ...(name !== undefined && { attempt: name }),
      end: problem ?? `${verdict} (${reason})`,
    });
  }
  return unfinished.toSorted((a, b) => (a.run < b.run ? -1 : a.run > b.run ? 1 : 0));
};

/**
 * Lists the runs that an archive has of a period; of complete ones no more than their manifests is read.
 * @throws {ArchiveError} where there is no complete run up to the period's end, or the last is not to be trusted: an
 * earlier one never stands in for it
 */
export const readPeriodRuns = async (
  archive: Archive,
  environmentId: string,
  days: Days,
): Promise<PeriodRuns> => {
  const runs = await runsUpTo(archive, environmentId, days.from, days.to);
  const last = runs.at(-1) ?? (await runsUpTo(archive, environmentId, '', days.to)).at(-1);
  if (last === undefined)
    throw new ArchiveError(
      `${archive.location} has no complete run of environment ${environmentId} on or before ${days.to}`,
    );
  if (last.stored === undefined || last.problem !== undefined)
    throw new ArchiveError(last.problem ?? `run ${last.run} is missing`);
  const complete = new Set(runs.map(({ run }) => run));
  return {
    reviewed: last.stored,
    runs,
    unfinished: await unfinishedOf(archive, environmentId, days, complete),
  };
};

/** Lists the days of a period without any of these runs; days in a row are one entry. */
export const daysWithout = (runs: readonly string[], { from, to }: Days): readonly Days[] => {
  const seen = new Set(runs.map(dayOf));
  const gaps: { from: string; to: string }[] = [];
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
