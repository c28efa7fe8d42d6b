import type { Archive } from './archive.ts';
import { type ArchivedRun, type Attempt, walkAttempts, walkRuns } from './runs.ts';

/** The runs from one name to another, both included; a day, such as `20261124`, stands for all of its runs. */
export interface Stretch {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const isUpTo = (run: string, to: string | undefined): boolean => to === undefined || run.slice(0, to.length) <= to;

/** Lists the complete runs of a stretch, in order, as `walkRuns` has them. */
export const runsWithin = async (
  archive: Archive,
  environmentId: string,
  { from, to }: Stretch,
): Promise<readonly ArchivedRun[]> => {
  const runs: ArchivedRun[] = [];
  for await (const run of walkRuns(archive, environmentId, from)) {
    if (!isUpTo(run.run, to)) break;
    runs.push(run);
  }
  return runs;
};

/** Lists the attempts at runs of a stretch that are none of these complete ones. */
export const attemptsWithin = async (
  archive: Archive,
  environmentId: string,
  { from, to }: Stretch,
  complete: readonly ArchivedRun[],
): Promise<readonly Attempt[]> => {
  const runs = new Set(complete.map(({ run }) => run));
  const attempts: Attempt[] = [];
  for await (const attempt of walkAttempts(archive, environmentId, from))
    if (!runs.has(attempt.run) && isUpTo(attempt.run, to)) attempts.push(attempt);
  return attempts;
};
