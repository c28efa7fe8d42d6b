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
import { compareNights } from './comparison.ts';
import { type Judge, type Judged, openJudge } from './judge.ts';
import type { NightVerdict, Replay, ReplayedNight } from './model.ts';
import { type Bound, type ReplayFlags, readReplayFlags } from './options.ts';
import { showReplay } from './view.ts';

const verdictOf = ({ report, alert }: Judged): NightVerdict => ({
  users: report.counts.users,
  findings: report.findings,
  ...(alert !== undefined && { alert: alert.subject }),
});

interface Judges {
  readonly config: Judge;
  readonly against?: Judge;
}

const replayNight = async (
  { run, stored, problem }: ArchivedRun,
  judges: Judges,
  comparison: ReturnType<typeof compareNights>,
  signal: AbortSignal,
): Promise<ReplayedNight> => {
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
  if (against !== undefined) await comparison.add(run, config, against);
  return {
    run,
    outcome: 'replayed',
    config: verdictOf(config),
    ...(against !== undefined && { against: verdictOf(against) }),
  };
};

const isUpTo = (run: string, to: Bound | undefined): boolean =>
  to === undefined || run.slice(0, to.prefix.length) <= to.prefix;

/** The runs of a stretch, in order; throws ArchiveError where an end of it that was named is not there. */
const runsOf = async (
  { archive, environmentId }: OpenedArchive,
  from: Bound | undefined,
  to: Bound | undefined,
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

/** The nights on which no run was complete. */
const unfinishedNights = async (
  { archive, environmentId }: OpenedArchive,
  from: Bound | undefined,
  to: Bound | undefined,
  complete: ReadonlySet<string>,
): Promise<readonly ReplayedNight[]> => {
  const nights = new Map<string, ReplayedNight>();
  for await (const { run, report, problem } of walkAttempts(archive, environmentId, from?.prefix)) {
    if (complete.has(run) || !isUpTo(run, to)) continue;
    const { verdict = 'INCOMPLETE', reason = 'it broke off' } = report ?? {};
    nights.set(run, { run, outcome: 'not-complete', message: problem ?? `${verdict} then (${reason})` });
  }
  return [...nights.values()];
};

const DEFAULTS = 'the rules as they come';

/** `replay`: judges archived nights by today's rules. Throws UsageError, ConfigError and ArchiveError. */
export const replay = async (flags: ReplayFlags, io: Io): Promise<ExitCode> => {
  const now = Date.now();
  const options = readReplayFlags(flags);
  const files = readConfigFiles(flags.config, now, flags.waivers);
  const othersFiles =
    flags.against === undefined ? undefined : readConfigFiles(flags.against, now, flags.waivers);
  const room = await openedArchive(options.archive, io.env);

  return stoppable(async (signal) => {
    const runs = await runsOf(room, options.from, options.to);
    const nights: ReplayedNight[] = [];
    const comparison = compareNights();
    const status = statusLine(io.err);
    const folder = await mkdtemp(join(tmpdir(), 'finspace-audit-replay-'));
    try {
      const judges: Judges = {
        config: openJudge(room.archive, files, join(folder, 'config')),
        ...(othersFiles !== undefined && {
          against: openJudge(room.archive, othersFiles, join(folder, 'against')),
        }),
      };
      for (const [index, run] of runs.entries()) {
        status.show(`night ${index + 1} of ${runs.length}: ${run.run}`);
        const night = await replayNight(run, judges, comparison, signal);
        if (signal.aborted) break;
        nights.push(night);
      }
    } finally {
      status.clear();
      await rm(folder, { recursive: true, force: true });
    }
    if (signal.aborted) {
      io.err.line(
        `interrupted after ${nights.length} of ${runs.length} nights: nothing is told of the others`,
      );
    }

    const unfinished = await unfinishedNights(
      room,
      options.from,
      options.to,
      new Set(runs.map(({ run }) => run)),
    );
    const told: Replay = {
      environmentId: room.environmentId,
      configs: {
        config: flags.config ?? DEFAULTS,
        ...(flags.against !== undefined && { against: flags.against }),
      },
      nights: [...nights, ...unfinished].toSorted((a, b) => (a.run < b.run ? -1 : 1)),
      ...(flags.against !== undefined && { comparison: comparison.result() }),
    };
    if (flags.json) io.out.line(JSON.stringify(told, null, 2));
    else showReplay(told, io.out);
    const isWhole = !signal.aborted && nights.every(({ outcome }) => outcome === 'replayed');
    return isWhole ? EXIT.ok : EXIT.notComplete;
  });
};
