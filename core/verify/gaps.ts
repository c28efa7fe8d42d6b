import * as z from 'zod';
import { DAY_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { areaPrefix, attemptOfKey, attemptReport } from '../archive/keys.ts';
import { readJson } from '../archive/lines.ts';
import { runName } from '../model/run-name.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { type ScheduledRun, scheduledRuns } from '../schedule/scheduled-runs.ts';
import type { Problem } from './problem.ts';

/** The runs that were due. */
export interface Due {
  readonly schedule: Schedule;
  /** A night after the last run is missed if its time is at this instant or before, in milliseconds since the epoch. */
  readonly until: number;
}

/** What was found of the schedule's nights. */
export interface NightsChecked {
  /** After the first run, up to the last one or to `until`, whichever is later. */
  readonly nights: number;
  readonly missed: readonly Problem[];
}

/** A run nearer than this to a night that has none may have been made in its place. */
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

// Printed as they stand: words of the auditor's, or they are not told.
const word = z.string().regex(/^[A-Za-z-]{1,40}$/);
const reportShape = z.object({ verdict: word, reason: word.optional() });

const endOf = async (archive: Archive, folder: string): Promise<string> => {
  try {
    const stored = await archive.read(attemptReport(folder));
    const { verdict, reason } = reportShape.parse(stored && (await readJson(stored.body)));
    return reason === undefined ? verdict : `${verdict}: ${reason}`;
  } catch {
    return 'no report of it can be read';
  }
};

const attemptWords = async (archive: Archive, folders: readonly string[]): Promise<string> => {
  if (folders.length === 0) return 'no unfinished attempt is kept';
  const ends = new Set<string>();
  for (const folder of folders) ends.add(await endOf(archive, folder));
  const times = folders.length === 1 ? '' : ` ${folders.length} times`;
  return `attempted${times}, ${[...ends].join(', ')}`;
};

/**
 * The nights that have no complete run: those between two runs, which none can be made for any more, and those after
 * the last that are overdue.
 * @param runs the instants of the complete ones, at least one
 */
export const checkNights = async (
  archive: Archive,
  runs: readonly Date[],
  attempts: Attempts,
  { schedule, until }: Due,
): Promise<NightsChecked> => {
  const there = new Set(runs.map((asOf) => asOf.getTime()));
  const first = Math.min(...there);
  const last = Math.max(...there);
  const missed: Problem[] = [];
  let nights = 0;

  const problemOf = async ({ localTime, instants }: ScheduledRun): Promise<Problem> => {
    const names = instants.map((instant) => runName(new Date(instant)));
    const folders = names.flatMap((run) => [...(attempts.get(run) ?? [])]);
    // By hand, or by a schedule that was another then: whoever reads of the gap wants to know.
    const other = runs.find((asOf) =>
      instants.some((instant) => Math.abs(asOf.getTime() - instant) < NEAR_MS),
    );
    const words = [
      `no complete run for ${localTime} ${schedule.timezone}`,
      ...(other === undefined ? [] : [`run ${runName(other)}, at another time, is complete`]),
      await attemptWords(archive, folders),
    ];
    return {
      kind: 'gap',
      run: names[0] ?? '',
      message: words.join('; '),
    };
  };

  for (const night of scheduledRuns(schedule, first, Math.max(last, until))) {
    nights += 1;
    if (!night.instants.some((instant) => there.has(instant))) missed.push(await problemOf(night));
  }
  return { nights, missed };
};
