/** The times at which audits run. */
export interface Schedule {
  /** An expression of five fields that `cronProblem` has nothing against. */
  readonly cron: string;
  /** An IANA name. A time that the spring's change of clocks leaves out is not run on that day. */
  readonly timezone: string;
  /** See the function of this name. */
  readonly lateAfterHours?: number;
}

/**
 * The hours after the instant it stands for past which a listing begins late. A durable one may be begun anew for as long
 * as it may take, 12 hours.
 */
export const lateAfterHours = (
  { lateAfterHours: hours }: Pick<Schedule, 'lateAfterHours'>,
  mode: 'single' | 'durable',
): number => hours ?? (mode === 'durable' ? 13 : 6);
