import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArchiveError } from '../../core/archive/manifest.ts';
import { type ArchivedRun, walkAttempts, walkRuns } from '../../core/archive/runs.ts';
import { type OpenedArchive, openedArchive } from '../arguments/archive-options.ts';
import { readConfigFiles } from '../arguments/config-files.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { stoppable } from '../terminal/interrupt.ts';
import { type Io, statusLine } from '../terminal/terminal.ts';
import { compareRuns } from './comparison.ts';
import { type JudgedRun, openRunJudge, type RunJudge } from './judge.ts';
import type { Replay, ReplayedRun, ReplaySummary } from './model.ts';
import { type ReplayFlags, type RunBound, readReplayFlags } from './options.ts';
import { showReplay } from './view.ts';

const summaryOf = ({ report, alert }: JudgedRun): ReplaySummary => ({
  users: report.counts.users,
  findings: report.findings,
  ...(alert !== undefined && { alert: alert.subject }),
});

/** One judge, or two whose answers are compared. */
interface ReplayJudges {
  readonly config: RunJudge;
  readonly against: RunJudge | undefined;
  readonly comparison: ReturnType<typeof compareRuns>;
}

const replayRun = async (
  { run, stored, problem }: ArchivedRun,
  judges: ReplayJudges,
  signal: AbortSignal,
): Promise<ReplayedRun> => {
  if (stored === undefined || problem !== undefined)
    return { run, outcome: 'not-replayed', message: problem ?? 'it has no manifest' };
  const { manifest } = stored;
  const config = await judges.config.judge(manifest, signal);
  const against = await judges.against?.judge(manifest, signal);
  const short = [config, against].find(
    (judged) => judged !== undefined && judged.report.verdict !== 'COMPLETE',
  );
  if (short !== undefined) {
    const { reason, message } = short.report;
    return { run, outcome: 'not-replayed', message: `${reason}: ${message}` };
  }
  if (against !== undefined) await judges.comparison.add(run, config, against);
  return {
    run,
    outcome: 'replayed',
    config: summaryOf(config),
    ...(against !== undefined && { against: summaryOf(against) }),
  };
};

const isUpTo = (run: string, to: RunBound | undefined): boolean =>
  to === undefined || run.slice(0, to.prefix.length) <= to.prefix;

/** The runs of a stretch, in order; throws ArchiveError where an end of it that was named is not there. */
const runsOf = async (
  { archive, environmentId }: OpenedArchive,
  from: RunBound | undefined,
  to: RunBound | undefined,
): Promise<readonly ArchivedRun[]> => {
  const runs: ArchivedRun[] = [];
  for await (const run of walkRuns(archive, environmentId, from?.prefix)) {
    if (!isUpTo(run.run, to)) break;
    runs.push(run);
  }
  for (const bound of [from, to]) {
    if (bound?.isRun && !runs.some(({ run }) => run === bound.prefix))
      throw new ArchiveError(`${archive.location} has no complete run ${bound.prefix} of ${environmentId}`);
  }
  if (runs.length === 0)
    throw new ArchiveError(`${archive.location} has no complete run of ${environmentId} in that stretch`);
  return runs;
};

/** The attempts at runs that never were complete, one a run. */
const unfinishedRuns = async (
  { archive, environmentId }: OpenedArchive,
  from: RunBound | undefined,
  to: RunBound | undefined,
  complete: ReadonlySet<string>,
): Promise<readonly ReplayedRun[]> => {
  const unfinished = new Map<string, ReplayedRun>();
  for await (const { run, report, problem } of walkAttempts(archive, environmentId, from?.prefix)) {
    if (complete.has(run) || !isUpTo(run, to)) continue;
    const { verdict = 'INCOMPLETE', reason = 'it broke off' } = report ?? {};
    unfinished.set(run, { run, outcome: 'not-complete', message: problem ?? `${verdict} then (${reason})` });
  }
  return [...unfinished.values()];
};

/** Replays runs one after the other, as many as there are before somebody interrupts it. */
const replayRuns = async (
  runs: readonly ArchivedRun[],
  judges: ReplayJudges,
  signal: AbortSignal,
  { err }: Io,
): Promise<readonly ReplayedRun[]> => {
  const replayed: ReplayedRun[] = [];
  const status = statusLine(err);
  try {
    for (const [index, run] of runs.entries()) {
      status.show(`night ${index + 1} of ${runs.length}: ${run.run}`);
      const result = await replayRun(run, judges, signal);
      if (signal.aborted) break;
      replayed.push(result);
    }
  } finally {
    status.clear();
  }
  if (signal.aborted) {
    err.line(`interrupted after ${replayed.length} of ${runs.length} nights: nothing is told of the others`);
  }
  return replayed;
};

const withTemporaryFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'finspace-audit-replay-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const DEFAULTS = 'the rules as they come';

/** `replay`: judges archived runs by today's rules. Throws UsageError, ConfigError and ArchiveError. */
export const replay = async (flags: ReplayFlags, io: Io): Promise<ExitCode> => {
  const now = Date.now();
  const { archive: asked, from, to } = readReplayFlags(flags);
  const config = readConfigFiles(flags.config, now, flags.waivers);
  const against =
    flags.against === undefined ? undefined : readConfigFiles(flags.against, now, flags.waivers);
  const opened = await openedArchive(asked, io.env);

  return stoppable(async (signal) => {
    const runs = await runsOf(opened, from, to);
    const comparison = compareRuns();
    const replayed = await withTemporaryFolder((folder) => {
      const judge = (name: string, files: typeof config): RunJudge =>
        openRunJudge(opened.archive, files, join(folder, name));
      const judges: ReplayJudges = {
        config: judge('config', config),
        against: against && judge('against', against),
        comparison,
      };
      return replayRuns(runs, judges, signal, io);
    });

    const complete = new Set(runs.map(({ run }) => run));
    const unfinished = await unfinishedRuns(opened, from, to, complete);
    const result: Replay = {
      environmentId: opened.environmentId,
      configs: {
        config: flags.config ?? DEFAULTS,
        ...(flags.against !== undefined && { against: flags.against }),
      },
      nights: [...replayed, ...unfinished].toSorted((a, b) => (a.run < b.run ? -1 : 1)),
      ...(against !== undefined && { comparison: comparison.result() }),
    };
    if (flags.json) io.out.line(JSON.stringify(result, null, 2));
    else showReplay(result, io.out);
    const isWhole = !signal.aborted && replayed.every(({ outcome }) => outcome === 'replayed');
    return isWhole ? EXIT.ok : EXIT.notComplete;
  });
};
