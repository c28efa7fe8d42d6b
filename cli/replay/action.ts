import { join } from 'node:path';
import { ArchiveError } from '../../core/archive/errors.ts';
import { temporaryFolder } from '../../core/archive/left-behind.ts';
import type { ArchivedRun, Attempt } from '../../core/archive/runs.ts';
import { attemptsWithin, runsWithin, type Stretch } from '../../core/archive/stretch.ts';
import { plural } from '../../core/text/plain-text.ts';
import { type OpenedArchive, openedArchive } from '../arguments/archive-options.ts';
import { readConfigFiles, withoutSigning } from '../arguments/config-files.ts';
import { isRunName } from '../arguments/run-name.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { stoppable } from '../terminal/interrupt.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { compareRuns } from './comparison.ts';
import { type JudgedRun, openRunJudge, type RunJudge } from './judge.ts';
import { type ReplayFlags, readReplayFlags } from './options.ts';
import { type Replay, type ReplayedRun, type ReplaySummary, showReplay } from './view.ts';

const summaryOf = ({ report, alert }: JudgedRun): ReplaySummary => ({
  users: report.counts.users,
  findings: report.findings,
  alert: alert?.subject,
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
  const config = await judges.config(manifest, signal);
  const against = await judges.against?.(manifest, signal);
  const short = [config, against].find((judged) => judged !== undefined && judged.report.verdict !== 'COMPLETE');
  if (short !== undefined) {
    const { reason, message } = short.report;
    return { run, outcome: 'not-replayed', message: `${reason}: ${message}` };
  }
  if (against !== undefined) await judges.comparison.add(run, config, against);
  return { run, outcome: 'replayed', config: summaryOf(config), against: against && summaryOf(against) };
};

/** The complete runs of a stretch; throws ArchiveError where there is none, or an end of it that was named is missing. */
const requireRuns = async (
  { archive, environmentId }: OpenedArchive,
  ends: Stretch,
): Promise<readonly ArchivedRun[]> => {
  const runs = await runsWithin(archive, environmentId, ends);
  const missing = [ends.from, ends.to].find(
    (end) => end !== undefined && isRunName(end) && !runs.some(({ run }) => run === end),
  );
  if (missing !== undefined)
    throw new ArchiveError(`${archive.location} has no complete run ${missing} of ${environmentId}`);
  if (runs.length === 0)
    throw new ArchiveError(`${archive.location} has no complete run of ${environmentId} in that stretch`);
  return runs;
};

const unfinishedRun = ({ run, report, problem }: Attempt): ReplayedRun => {
  const { verdict = 'INCOMPLETE', reason = 'it broke off' } = report ?? {};
  return { run, outcome: 'not-complete', message: problem ?? `${verdict} then (${reason})` };
};

/** Replays runs one after the other, as many as there are before somebody interrupts it. */
const replayRuns = async (
  runs: readonly ArchivedRun[],
  openJudges: (folder: string) => ReplayJudges,
  signal: AbortSignal,
  { err }: Io,
): Promise<readonly ReplayedRun[]> => {
  const replayed: ReplayedRun[] = [];
  const folder = await temporaryFolder();
  try {
    const judges = openJudges(folder.path);
    for (const [index, run] of runs.entries()) {
      err.redraw(`night ${index + 1} of ${runs.length}: ${run.run}`);
      const result = await replayRun(run, judges, signal);
      if (signal.aborted) break;
      replayed.push(result);
    }
  } finally {
    err.redraw('');
    await folder.remove();
  }
  if (signal.aborted) {
    err.line(`interrupted after ${replayed.length} of ${plural(runs.length, 'night')}: nothing is told of the others`);
  }
  return replayed;
};

const DEFAULTS = 'the rules as they come';

/** `replay`: judges archived runs by today's rules. Throws UsageError, ConfigError and ArchiveError. */
export const replay = async (flags: ReplayFlags, io: Io): Promise<ExitCode> => {
  const now = Date.now();
  const { archive: asked, stretch } = readReplayFlags(flags, io.env);
  const readFiles = (file: string | undefined) => withoutSigning(readConfigFiles(file, now, flags.waivers));
  const config = readFiles(flags.config);
  const against = flags.against === undefined ? undefined : readFiles(flags.against);
  const opened = await openedArchive(asked, io.env);

  return stoppable(async (signal) => {
    const runs = await requireRuns(opened, stretch);
    const comparison = compareRuns();
    const openJudges = (folder: string): ReplayJudges => ({
      config: openRunJudge(opened.archive, config, join(folder, 'config')),
      against: against && openRunJudge(opened.archive, against, join(folder, 'against')),
      comparison,
    });
    const replayed = await replayRuns(runs, openJudges, signal, io);
    const attempts = await attemptsWithin(opened.archive, opened.environmentId, stretch, runs);
    // Of the attempts at a run the last one counts.
    const unfinished = new Map(attempts.map((attempt) => [attempt.run, unfinishedRun(attempt)]));
    const result: Replay = {
      environmentId: opened.environmentId,
      configs: { config: flags.config ?? DEFAULTS, against: flags.against },
      nights: [...replayed, ...unfinished.values()].toSorted((a, b) => (a.run < b.run ? -1 : 1)),
      comparison: against && comparison.result(),
    };
    if (flags.json) writeJson(io.out, result);
    else showReplay(result, io.out);
    const isWhole = !signal.aborted && replayed.every(({ outcome }) => outcome === 'replayed');
    return isWhole ? EXIT.ok : EXIT.notComplete;
  });
};
