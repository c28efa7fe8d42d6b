import { trailKind } from '../../core/sources/roster/trail.ts';
import { isNotBlank } from '../arguments/flags.ts';
import { run } from '../run/action.ts';
import type { RunFlags } from '../run/options.ts';
import { type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';

/** The flags of `reconstruct` as they were typed. */
export interface ReconstructFlags extends Omit<RunFlags, 'roster' | 'attestedBy' | 'statement' | 'directCredentials'> {
  readonly trail?: readonly string[];
}

/** `reconstruct`: audits what CloudTrail tells of users. Throws UsageError and ConfigError before anything is done. */
export const reconstruct = async ({ trail, ...flags }: ReconstructFlags, io: Io): Promise<ExitCode> => {
  if (trail === undefined || trail.some((file) => !isNotBlank(file)))
    throw new UsageError(['--trail must be one or more files of events of CloudTrail, got nothing']);
  return run({ ...flags, roster: trail }, io, { ...trailKind(flags.environment), flag: '--trail' });
};
