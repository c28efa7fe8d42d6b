import * as z from 'zod';
import { DAY_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { areaPrefix, attemptOfKey, attemptReport, runKeys } from '../archive/keys.ts';
import { readJson } from '../archive/lines.ts';
import type { Config } from '../config/config.ts';
import { runName } from '../model/run-name.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { disturbedTimes, type ScheduledRun, scheduledRuns } from '../schedule/scheduled-runs.ts';
import type { Note, Problem } from './problem.ts';

/** The runs that were due. */
export interface Due {
  readonly schedule: Schedule;
  /** Only those after this instant: the others were looked at before, and can't be made up for. */
  readonly since?: number | undefined;
  /** After the last run, one is missed if its time is at this instant or before, in milliseconds since the epoch. */
  readonly until: number;
}

/** A run may be completed so long after its time, by retries or by hand, before it is missed. */
const GRACE_MS = DAY_MS;

/** The runs that an environment must have by now; one that is audited no more, up to its last run. */
export const dueOf = (
  { environments, schedule }: Pick<Config, 'environments' | 'schedule'>,
  environmentId: string,
  now: number,
): Due => {
  const isAudited = environments.some(({ id }) => id === environmentId);
  return { schedule, until: isAudited ? now - GRACE_MS : Number.NEGATIVE_INFINITY };
};

/** A time from a closing of the chain to its reopening, in milliseconds since the epoch: no run was due in it. */
export interface Closed {
  readonly from: number;
  readonly to: number;
}

/** The runs that the schedule asked for, after the first one and up to the last one or `until`, if later. */
export interface ScheduleCheck {
  readonly scheduled: number;
  readonly missed: readonly Problem[];
  /** The times that clocks were put forward over, so that nothing was due. */
  readonly skipped: readonly Note[];
}

/** A run nearer than this to the time of a missed one may have been made in its place. */
const NEAR_MS = DAY_MS / 2;

/** The folders that unfinished attempts left, by run. */
export type Attempts = ReadonlyMap<string, ReadonlySet<string>>;

export const listAttempts = async (archive: Archive, environmentId: string): Promise<Attempts> => {
  const attempts = new Map<string, Set<string>>();
  for await (const key of archive.list(areaPrefix('incomplete', environmentId))) {
    const attempt = attemptOfKey(key);
    if (attempt === undefined) continue;
    const folders = attempts.get(attempt.run) ?? new Set();
    attempts.set(attempt.run, folders.add(attempt.folder));
  }
  return attempts;
};

// Printed as they stand, so they must look like words of the auditor's.
const word = z.string().regex(/^[A-Za-z-]{1,40}$/);
const reportShape = z.object({ verdict: word, reason: word.optional() });

const endOf = async (archive: Archive, folder: string): Promise<string> => {
  try {
    const stored = await archive.read(attemptReport(folder));
    const { verdict, reason } = reportShape.parse(stored && (await readJson(stored)));
    return reason === undefined ? verdict : `${verdict}: ${reason}`;
  } catch {
    return 'no report of it can be read';
  }
};

const attemptsText = async (archive: Archive, folders: readonly string[]): Promise<string> => {
  if (folders.length === 0) return 'no unfinished attempt is kept';
  const ends = new Set<string>();
  for (const folder of folders) ends.add(await endOf(archive, folder));
  const times = folders.length === 1 ? '' : ` ${folders.length} times`;
  return `attempted${times}, ${[...ends].join(', ')}`;
};

/**
 * Finds the scheduled runs that are not complete: those between two runs, which can't be made any more, and those
 * after the last that are overdue.
 * @param runs the instants of the complete ones, at least one
 */
export const checkSchedule = async (
  archive: Archive,
  environmentId: string,
  runs: readonly Date[],
  attempts: Attempts,
  { schedule, since = Number.NEGATIVE_INFINITY, until }: Due,
  closed: readonly Closed[],
): Promise<ScheduleCheck> => {
  const complete = new Set(runs.map((asOf) => asOf.getTime()));
  const first = Math.max(Math.min(...complete), since);
  const last = Math.max(...complete);
  const missed: Problem[] = [];
  let scheduled = 0;

  const gap = async ({ localTime, instants }: ScheduledRun): Promise<Problem> => {
    const times = instants.map((instant) => new Date(instant));
    const names = times.map(runName);
    const [time = new Date(first)] = times;
    const folders = names.flatMap((run) => [...(attempts.get(run) ?? [])]);
    // By hand, or by a schedule that was another then: whoever reads of the gap wants to know.
    const near = runs.find((asOf) => instants.some((instant) => Math.abs(asOf.getTime() - instant) < NEAR_MS));
    const parts = [
      `no complete run for ${localTime} ${schedule.timezone}`,
      ...(near === undefined ? [] : [`run ${runName(near)}, at another time, is complete`]),
      await attemptsText(archive, folders),
    ];
    return { kind: 'gap', run: runName(time), key: runKeys(environmentId, time).manifest, message: parts.join('; ') };
  };

  const isClosed = ({ instants }: ScheduledRun): boolean =>
    closed.some(({ from, to }) => instants.every((instant) => instant > from && instant < to));
  for (const run of scheduledRuns(schedule, first, Math.max(last, until))) {
    if (isClosed(run)) continue;
    scheduled += 1;
    if (!run.instants.some((instant) => complete.has(instant))) missed.push(await gap(run));
  }
  const skipped = [...disturbedTimes(schedule, first, Math.max(last, until))]
    .filter(({ kind }) => kind === 'skipped')
    .map(({ localTime }): Note => {
      const message = `no run was due at ${localTime} ${schedule.timezone}: its clocks were put forward over that time`;
      return { kind: 'skipped-time', message };
    });
  return { scheduled, missed, skipped };
};
