import { DAY_MS } from '../../rules/engine/time.ts';
import { plural } from '../text/plain-text.ts';

/** The ends of what had to be kept: it stays, or S3 deletes it. */
export const AFTERWARDS = ['keep', 'delete'] as const;

/** A duty of an archive to keep what a run leaves: for how long, and what becomes of it then. */
export interface RetentionDuty {
  readonly years: number;
  readonly afterRetention: (typeof AFTERWARDS)[number];
}

/** Gives years in days, rounded up, so that no leap year shortens a duty to keep records. */
export const retentionDays = (years: number): number => Math.ceil(years * 365.25);

/** The instant up to which runs need not be kept any more, in milliseconds since the epoch. */
export const keptSince = (years: number, now: number): number => now - retentionDays(years) * DAY_MS;

/** A run that is left, and the duty to keep records that it noted. */
export interface NotedDuty {
  readonly run: string;
  readonly retention?: RetentionDuty | undefined;
}

/** The end of a duty to keep records, after which they were to be deleted. */
export interface EndedRetention {
  /** Nothing of this instant or before need be there any more, in milliseconds since the epoch. */
  readonly until: number;
  /** Names by whose word it ended, in a clause. */
  readonly says: string;
}

/**
 * Finds the duty by which what is old may be gone; undefined: all of it has to be there.
 * @param noted in order: what is gone was kept by the duty of its own time, to which the oldest run that is left is the nearest
 * @param given as the config has it, where there is one
 */
export const endedRetention = (
  noted: readonly NotedDuty[],
  given: RetentionDuty | undefined,
  now: number,
): EndedRetention | undefined => {
  const duties = [
    ...noted.flatMap(({ run, retention }) =>
      retention === undefined ? [] : [{ ...retention, by: `run ${run} noted` }],
    ),
    ...(given === undefined ? [] : [{ ...given, by: 'the config says' }]),
  ];
  const [duty] = duties;
  const deleting = duties.find(({ afterRetention }) => afterRetention === 'delete');
  if (duty === undefined || deleting === undefined) return undefined;
  const { years, by } = duty;
  const until = keptSince(years, now);
  const day = new Date(until).toISOString().slice(0, 10);
  const deleted = deleting === duty ? 'deleted' : `${deleting.by} that they are deleted`;
  return {
    until,
    says: `${by} that runs are kept for ${plural(years, 'year')} and ${deleted} then, which was over by ${day}`,
  };
};
