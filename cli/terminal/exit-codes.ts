/** The exit codes of the process; scripts and schedulers branch on them. */
export const EXIT = {
  ok: 0,
  /** Findings at or above `--fail-on`. */
  findings: 1,
  /** The audit is not complete, or nobody could be notified. */
  notComplete: 2,
  /** `verify` found what an undisturbed archive does not show, or `doctor` what an audit would fail at. */
  problems: 2,
  usage: 3,
  /** All went well, but what there was to say could not be written. */
  output: 4,
  /** A fault of the program's own, as EX_SOFTWARE of sysexits.h; never 1, which means findings. */
  fault: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Thrown where the command line is wrong; each problem names the flag, the value got and the values allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}
