import type { Archive } from '../../core/archive/archive.ts';
import { inBatches } from '../../core/archive/batches.ts';
import { ArchiveError, ifSound } from '../../core/archive/errors.ts';
import { headText, readHead } from '../../core/archive/head.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { readFindings } from '../../core/archive/read-findings.ts';
import {
  type ArchivedRun,
  type Attempt,
  readReport,
  retentionOf,
  startOfLast,
  walkAttempts,
  walkRuns,
} from '../../core/archive/runs.ts';
import { type FindingCounts, isStanding, notFullyJudged, type Report } from '../../core/model/report.ts';
import { isDay } from '../../core/model/run-name.ts';
import { plainLine } from '../../core/text/plain-text.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import { severityRank } from '../../rules/engine/severity.ts';
import { type ArchiveFlags, openedArchive, readArchiveFlags } from '../arguments/archive-options.ts';
import { flagReader } from '../arguments/flags.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { type ListedHistory, type LongestOpen, type RunEntry, showHistory } from './view.ts';

/** The flags of `history` as they were typed. */
export interface HistoryFlags extends ArchiveFlags {
  readonly since?: string;
  readonly last?: string;
}

const untrustedEntry = (run: string, message: string): RunEntry => ({ run, verdict: 'UNTRUSTED', message });

/** Tells whether a run need not be there any more. */
type IsOver = ReturnType<typeof retentionOf>;

/** An entry of what is gone since it had not to be kept any more; undefined where it had. */
const expiredEntry = async (isOver: IsOver, run: string): Promise<RunEntry | undefined> => {
  const ended = await isOver(run);
  if (ended === undefined) return undefined;
  const message = `not there any more: ${ended.says}; nobody can check now that it was there, whole, signed and in its place`;
  return { run, verdict: 'EXPIRED', message };
};

const driftOf = ({ byState }: FindingCounts, { counts }: Manifest, previous: Manifest | undefined) => ({
  users: previous && counts.users - previous.counts.users,
  new: byState.new + byState.reopened,
  resolved: byState.resolved,
});

/** The reservations that a reader of a complete run has to know before its numbers. */
const reservedOf = (
  report: Pick<Report, 'late' | 'source' | 'acceptedHistory' | 'rules'>,
): Pick<RunEntry, 'late' | 'attested' | 'acceptedHistory' | 'notFullyJudged'> => {
  const { late, source, acceptedHistory } = report;
  const unjudged = notFullyJudged(report);
  return {
    ...(late && { late }),
    ...(source?.attestedBy && { attested: true }),
    ...(acceptedHistory && { acceptedHistory: true }),
    ...(unjudged.length > 0 && { notFullyJudged: unjudged }),
  };
};

const runEntry = async (
  archive: Archive,
  isOver: IsOver,
  { run, stored, previous, problem, isMissing }: ArchivedRun,
): Promise<RunEntry> => {
  const expired = isMissing && (await expiredEntry(isOver, run));
  if (expired) return expired;
  if (stored === undefined || problem !== undefined) return untrustedEntry(run, problem ?? 'it has no manifest');
  const { manifest } = stored;
  try {
    const report = await readReport(archive, manifest);
    const { verdict, counts, findings, previousRun } = report;
    const drift = previousRun === undefined ? undefined : driftOf(findings, manifest, previous);
    return {
      run,
      verdict,
      ...reservedOf(report),
      users: counts.users,
      findings,
      drift,
      changes: findings.byState.event,
    };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    // Its objects are not deleted all in one moment.
    const isGone = !(await archive.has(manifest.objects.report?.key ?? ''));
    return (isGone && (await expiredEntry(isOver, run))) || untrustedEntry(run, error.message);
  }
};

const BROKE_OFF = 'the attempt broke off before it could say why';
const NO_MANIFEST =
  'objects of this run are there and its manifest is not: it broke off while it was stored, is being stored, or somebody removed the manifest';

const attemptEntry = ({ run, name: attempt, report, problem }: Attempt): RunEntry => {
  if (problem !== undefined) return { ...untrustedEntry(run, problem), attempt };
  if (report?.verdict === 'COMPLETE')
    return { ...untrustedEntry(run, 'an attempt that was kept as unfinished says that it is COMPLETE'), attempt };
  if (report === undefined)
    return { run, attempt, verdict: 'INCOMPLETE', message: attempt === undefined ? NO_MANIFEST : BROKE_OFF };
  const { verdict, reason, message, counts, findings } = report;
  return { run, attempt, verdict, reason, message: message && plainLine(message), users: counts.users, findings };
};

const MOST_SHOWN = 10;

/** Orders findings by when they were first seen, of one instant the worst first. */
const byAge = (a: Finding, b: Finding): number =>
  a.firstSeen.localeCompare(b.firstSeen) ||
  severityRank(b.severity) - severityRank(a.severity) ||
  (a.id < b.id ? -1 : 1);

const readLongestOpen = async (archive: Archive, manifest: Manifest): Promise<LongestOpen> => {
  let count = 0;
  let longest: readonly Finding[] = [];
  for await (const finding of readFindings(archive, manifest)) {
    if (!isStanding(finding)) continue;
    count += 1;
    const last = longest.at(-1);
    if (longest.length < MOST_SHOWN || (last !== undefined && byAge(finding, last) < 0))
      longest = [...longest, finding].toSorted(byAge).slice(0, MOST_SHOWN);
  }
  const findings = longest.map(({ ruleId, severity, subject, firstSeen, runs, state }) => ({
    ruleId,
    severity,
    subject,
    firstSeen,
    runs,
    state,
  }));
  return { run: manifest.run, count, findings };
};

/** Reads the runs and attempts of an archive; one that can't be trusted is an entry that says so. */
const historyOf = async (
  archive: Archive,
  environmentId: string,
  since: string,
  last: number | undefined,
): Promise<ListedHistory> => {
  const lastStart = last === undefined ? '' : await startOfLast(archive, environmentId, last);
  const from = lastStart > since ? lastStart : since;
  const isOver = retentionOf(archive, environmentId, Date.now());
  const complete = new Set<string>();
  const runEntries: RunEntry[] = [];
  let lastRun: ArchivedRun | undefined;
  const runs = inBatches(walkRuns(archive, environmentId, from), async (run) => ({
    run,
    entry: await runEntry(archive, isOver, run),
  }));
  for await (const { run, entry } of runs) {
    if (run.stored !== undefined) complete.add(run.run);
    runEntries.push(entry);
    lastRun = run;
  }
  const attempts = inBatches(walkAttempts(archive, environmentId, from, complete), async (attempt) => {
    const expired = attempt.name === undefined ? await expiredEntry(isOver, attempt.run) : undefined;
    return expired ?? attemptEntry(attempt);
  });
  const attemptEntries: RunEntry[] = [];
  for await (const entry of attempts) attemptEntries.push(entry);
  // The sort is stable: the attempts at a run come before the run.
  const inOrder = [...attemptEntries, ...runEntries].toSorted((a, b) => (a.run === b.run ? 0 : a.run < b.run ? -1 : 1));
  const entries = inOrder.slice(last === undefined ? 0 : -last);

  const manifest = lastRun?.problem === undefined ? lastRun?.stored?.manifest : undefined;
  if (manifest === undefined) return { environmentId, entries };
  try {
    const unjudged = runEntries.at(-1)?.notFullyJudged;
    const longestOpen = await readLongestOpen(archive, manifest);
    return { environmentId, entries, longestOpen: { ...longestOpen, ...(unjudged && { notFullyJudged: unjudged }) } };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { environmentId, entries: [...entries, untrustedEntry(manifest.run, error.message)] };
  }
};

/** The end of the chain; nothing where it does not hold, which the last entry then says. */
const endOf = async (archive: Archive, environmentId: string): Promise<Pick<ListedHistory, 'head' | 'closing'>> => {
  const head = await ifSound(
    () => readHead(archive, environmentId),
    () => undefined,
  );
  const { sequence = 0, place, closing } = head ?? {};
  return {
    ...(place !== undefined && { head: headText(sequence, place.sha256) }),
    ...(closing !== undefined && { closing: { asOf: closing.asOf, reason: closing.reason } }),
  };
};

/** `history`: shows a line a run. Throws UsageError. */
export const history = async (flags: HistoryFlags, io: Io): Promise<ExitCode> => {
  const read = flagReader();
  const options = readArchiveFlags(read, flags, io.env);
  const since = read.text('--since', flags.since, 'a day as 2026-11-24', isDay);
  const last = read.whole('--last', flags.last, 1, Number.MAX_SAFE_INTEGER);
  read.done();

  const { archive, environmentId } = await openedArchive(options, io.env);
  const past = await historyOf(archive, environmentId, since?.replaceAll('-', '') ?? '', last);
  const result = { ...past, ...(await endOf(archive, environmentId)) };
  if (flags.json) writeJson(io.out, result);
  else showHistory(result, archive.location, io.out);
  return result.entries.some(({ verdict }) => verdict === 'UNTRUSTED') ? EXIT.notComplete : EXIT.ok;
};
