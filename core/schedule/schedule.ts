/** The times at which audits run. */
export interface Schedule {
  /** An expression of five fields that `cronProblem` has nothing against. */
  readonly cron: string;
  /** An IANA name. A time that the spring's change of clocks leaves out is not run on that day. */
  readonly timezone: string;
}
