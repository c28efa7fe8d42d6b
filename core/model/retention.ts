import { DAY_MS } from '../../rules/engine/time.ts';

/** What becomes of what had to be kept: it stays, or S3 deletes it. */
export const AFTERWARDS = ['keep', 'delete'] as const;

/** For how long an archive has to keep what a run leaves, and what becomes of it then. */
export interface RetentionDuty {
  readonly years: number;
  readonly afterRetention: (typeof AFTERWARDS)[number];
}

/** Gives years in days, rounded up, so that no leap year shortens a duty to keep records. */
export const retentionDays = (years: number): number => Math.ceil(years * 365.25);

/** The instant up to which runs need not be kept any more, in milliseconds since the epoch. */
export const keptSince = (years: number, now: number): number => now - retentionDays(years) * DAY_MS;
