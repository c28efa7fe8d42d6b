import { DAY_MS, HOUR_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { readHead } from '../archive/head.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { scheduledRuns } from '../schedule/scheduled-runs.ts';
import { messageOf } from '../text/error-message.ts';
import { plainLine } from '../text/plain-text.ts';

export interface SilenceSettings {
  readonly schedule: Schedule;
  /** The longest that a run may be late. */
  readonly graceHours: number;
  /** The moment of the check, in milliseconds since the epoch. */
  readonly now: number;
  /**
   * Gives the moment since which a schedule asks for an environment's audits, in milliseconds since the epoch: before it, no
   * run was due of one that never had any. Undefined: not known.
   */
  readonly askedSince?: (environmentId: string) => Promise<number | undefined>;
}

/** An environment whose last due run is not complete. */
export interface Silence {
  readonly environmentId: string;
  /** The whole hours for which it has been overdue. */
  readonly hours: number;
  /** Reads after the environment's id. */
  readonly message: string;
}

const MOST_CHARACTERS = 200;

/** The state of an environment whose first run is not due yet: nobody has seen it, and nobody should have. */
export const NOT_DUE = 'not due yet';

/**
 * Looks whether an environment has the complete run that was due last; a chain that was closed owes none.
 * @returns undefined where it has
 */
export const findSilence = async (
  archive: Archive,
  environmentId: string,
  { schedule, graceHours, now, askedSince }: SilenceSettings,
): Promise<Silence | typeof NOT_DUE | undefined> => {
  const since = (instant: number, message: string): Silence => ({
    environmentId,
    hours: Math.floor((now - instant) / HOUR_MS),
    message,
  });
  // Nobody knows since when: it counts from midnight of yesterday, so that people are told once a day.
  const always = now - (now % DAY_MS) - DAY_MS;
  try {
    const { last, closing } = await readHead(archive, environmentId);
    if (closing !== undefined) return undefined;
    const grace = graceHours * HOUR_MS;
    if (last === undefined) {
      const asked = await askedSince?.(environmentId);
      if (asked === undefined) return since(always, 'no complete run yet');
      const [first] = scheduledRuns(schedule, asked, now - grace);
      if (first === undefined) return NOT_DUE;
      const missed = `${first.localTime} ${schedule.timezone}`;
      return since((first.instants[0] ?? now) + grace, `no complete run yet; the first was due at ${missed}`);
    }
    const { asOf, run, source } = last.manifest;
    // A saved roster shows the directory as of before the run that read it was due.
    const [due] = scheduledRuns(schedule, Date.parse(source?.readAt ?? asOf), now - grace);
    if (due === undefined) return undefined;
    const missed = `${due.localTime} ${schedule.timezone}`;
    return since((due.instants[0] ?? now) + grace, `no complete run since ${run}; one was due at ${missed}`);
  } catch (error) {
    return since(always, `its last run can't be read: ${plainLine(messageOf(error), MOST_CHARACTERS)}`);
  }
};
