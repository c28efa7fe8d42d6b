import type { Archive } from '../../core/archive/archive.ts';
import { ArchiveError } from '../../core/archive/errors.ts';
import type { StoredLine } from '../../core/archive/lines.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import type { ArchivedRun, Attempt } from '../../core/archive/runs.ts';
import { attemptsWithin, runsWithin, type Stretch } from '../../core/archive/stretch.ts';
import { openReplay, type ReplayedRun, type ReplayRun } from '../../core/audit/replay.ts';
import { configuredSettings } from '../../core/audit/settings.ts';
import type { Shortfall } from '../../core/audit/verdict.ts';
import { type ArchivedListing, openArchived } from '../../core/sources/index.ts';
import { plural } from '../../core/text/plain-text.ts';
import { type OpenedArchive, openedArchive } from '../arguments/archive-options.ts';
import { type ConfigFiles, readConfigFiles, withoutSigning } from '../arguments/config-files.ts';
import { isRunName } from '../arguments/run-name.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { stoppable } from '../terminal/interrupt.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { compareRuns } from './comparison.ts';
import { type ReplayFlags, readReplayFlags } from './options.ts';
import { type Replay, type ReplayedNight, type ReplaySummary, showReplay } from './view.ts';

/** Nights whose users are read while those of one before are judged. */
const READ_AHEAD = 4;

const summaryOf = ({ report, alert }: ReplayedRun): ReplaySummary => ({
  users: report.counts.users,
  findings: report.findings,
  alert: alert?.subject,
});

/** One judge, or two whose answers are compared. */
interface ReplayJudges {
  readonly config: ReplayRun;
  readonly against: ReplayRun | undefined;
  readonly comparison: ReturnType<typeof compareRuns>;
}

const isShort = (end: ReplayedRun | Shortfall): end is Shortfall => 'reason' in end;

const notReplayed = (run: string, { reason, message }: Shortfall): ReplayedNight => ({
  run,
  outcome: 'not-replayed',
  message: `${reason}: ${message}`,
});

/** A night whose users are being read. */
interface ReadNight {
  readonly manifest: Manifest;
  readonly listing: ArchivedListing;
}

const judgeNight = async (
  { manifest, listing }: ReadNight,
  judges: ReplayJudges,
  signal: AbortSignal,
): Promise<ReplayedNight> => {
  const { run } = manifest;
  const config = await judges.config(manifest, listing);
  const against = await judges.against?.(manifest, listing);
  signal.addEventListener('abort', listing.close, { once: true });
  if (signal.aborted) listing.close();
  for await (const page of listing.pages) {
    await config.take(page);
    await against?.take(page);
  }
  signal.removeEventListener('abort', listing.close);
  const judged = await config.conclude();
  const judgedAgainst = await against?.conclude();
  if (isShort(judged)) return notReplayed(run, judged);
  if (judgedAgainst !== undefined && isShort(judgedAgainst)) return notReplayed(run, judgedAgainst);
  if (judgedAgainst !== undefined) judges.comparison.add(run, judged, judgedAgainst);
  return { run, outcome: 'replayed', config: summaryOf(judged), against: judgedAgainst && summaryOf(judgedAgainst) };
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

const unfinishedRun = ({ run, report, problem }: Attempt): ReplayedNight => {
  const { verdict = 'INCOMPLETE', reason = 'it broke off' } = report ?? {};
  return { run, outcome: 'not-complete', message: problem ?? `${verdict} then (${reason})` };
};

/** Yields runs in order, with the users of the next ones being read meanwhile. */
async function* readNights(
  archive: Archive,
  runs: readonly ArchivedRun[],
): AsyncGenerator<readonly [ArchivedRun, ReadNight | undefined]> {
  // From night to night few users change.
  const known: StoredLine[] = [];
  const ahead: (readonly [ArchivedRun, ReadNight | undefined])[] = [];
  const read = (run: ArchivedRun | undefined): void => {
    if (run === undefined) return;
    const { manifest } = (run.problem === undefined && run.stored) || {};
    ahead.push([run, manifest && { manifest, listing: openArchived({ archive, manifest }, known) }]);
  };
  for (const run of runs.slice(0, READ_AHEAD)) read(run);
  try {
    for (const index of runs.keys()) {
      const [next] = ahead.splice(0, 1);
      read(runs[index + READ_AHEAD]);
      if (next !== undefined) yield next;
    }
  } finally {
    for (const [, night] of ahead) night?.listing.close();
  }
}

/** Replays runs one after the other, as many as there are before somebody interrupts it. */
const replayRuns = async (
  archive: Archive,
  runs: readonly ArchivedRun[],
  judges: ReplayJudges,
  signal: AbortSignal,
  { err }: Io,
): Promise<readonly ReplayedNight[]> => {
  const replayed: ReplayedNight[] = [];
  for await (const [{ run, problem = 'it has no manifest' }, night] of readNights(archive, runs)) {
    err.redraw(`night ${replayed.length + 1} of ${runs.length}: ${run}`);
    if (night === undefined) replayed.push({ run, outcome: 'not-replayed', message: problem });
    else {
      const result = await judgeNight(night, judges, signal);
      if (signal.aborted) break;
      replayed.push(result);
    }
  }
  err.redraw('');
  if (signal.aborted) {
    err.line(`interrupted after ${replayed.length} of ${plural(runs.length, 'night')}: nothing is told of the others`);
  }
  return replayed;
};

/** Opens a replay by config files. */
const replayBy = (archive: Archive, { config, waivers, rules }: ConfigFiles, environmentId: string): ReplayRun =>
  openReplay(archive, configuredSettings(config, waivers, environmentId, rules));

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
    const { archive, environmentId } = opened;
    const comparison = compareRuns();
    const judges: ReplayJudges = {
      config: replayBy(archive, config, environmentId),
      against: against && replayBy(archive, against, environmentId),
      comparison,
    };
    const replayed = await replayRuns(archive, runs, judges, signal, io);
    const attempts = await attemptsWithin(archive, environmentId, stretch, runs);
    // Of the attempts at a run the last one counts.
    const unfinished = new Map(attempts.map((attempt) => [attempt.run, unfinishedRun(attempt)]));
    const result: Replay = {
      environmentId,
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
