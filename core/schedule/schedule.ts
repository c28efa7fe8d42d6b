/** When audits run. */
export interface Schedule {
  /** Five fields that `cronProblem` has nothing against. */
  readonly cron: string;
  /** An IANA name. A time that the spring's change of clocks leaves out is not run on that day. */
  readonly timezone: string;
}
