import { type Severity, worstSeverity } from '../../rules/engine/severity.ts';
import { HOUR_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { isMilestone } from '../archive/entry.ts';
import { archivedEnvironments } from '../archive/environments.ts';
import { type FoundPlace, headText, readHead, readPlace } from '../archive/head.ts';
import { type AttemptOfKey, areaPrefix, attemptOfKey, attemptReport, dayPrefix } from '../archive/keys.ts';
import { isRecord, parsedJson, readBytes } from '../archive/lines.ts';
import type { Manifest, StoredManifest } from '../archive/manifest.ts';
import { readRunObject } from '../archive/read-run.ts';
import { readReport } from '../archive/runs.ts';
import { reportFault } from '../archive/shapes.ts';
import type { Report } from '../model/report.ts';
import { runInstant } from '../model/run-name.ts';
import { WORST_FIRST } from '../model/trend.ts';
import type { Alert } from '../notify/channel.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { scheduledRuns } from '../schedule/scheduled-runs.ts';
import { messageOf } from '../text/error-message.ts';
import { plainLine } from '../text/plain-text.ts';

/** A run's own news: nothing, or a digest. */
export interface RunNews {
  readonly run: string;
  /** In the words of its digest; undefined: nothing changed. */
  readonly subject?: string;
  readonly severity?: string;
}

/** The last complete run of an environment. */
export interface LatestRun {
  readonly report: Report;
  /** The place of its chain, as `N:SHA256`. */
  readonly head?: string;
  /** Of its page, behind the archive's location. */
  readonly pageKey: string | undefined;
}

/** An environment as the archive knows it. */
export interface EnvironmentState {
  readonly environmentId: string;
  readonly name?: string;
  /** Undefined where there is none, or none that can be read. */
  readonly last?: LatestRun;
  /** The reason for which nothing is known of the night that was due last; reads after the environment. */
  readonly unseen?: string;
  /** Its chain was closed: nobody looks any more. */
  readonly isClosed: boolean;
  /** The runs since those that were told last, the earliest first. */
  readonly changes: readonly RunNews[];
}

export interface OverviewOptions {
  /** Of one's own config: each owes the runs of the schedule. What else the archive holds is judged by its own habit. */
  readonly environments: readonly { readonly id: string; readonly name?: string | undefined }[];
  /** Undefined: nobody owes a run. */
  readonly schedule: Schedule | undefined;
  /** In milliseconds since the epoch. */
  readonly now: number;
  /** The last run that was told of each environment, by its id; undefined where nothing was told yet. */
  readonly notified?: Readonly<Record<string, string>>;
  /** Leaves out what the archive holds of others. */
  readonly ownOnly?: boolean;
}

/** The environments that are read at a time. */
const AT_ONCE = 16;

/** The most runs that are read of one environment: more nights than anybody goes without a mail. */
const MOST_RUNS = 50;

/** The least time without a run that is strange where no schedule is known: a night, and two hours. */
const LEAST_STRANGE_MS = 26 * HOUR_MS;

/** So many times the distance between the last two runs is strange. */
const STRANGE = 1.5;

const MOST_CHARACTERS = 200;

const hoursText = (ms: number): string => `${Math.floor(ms / HOUR_MS)} hours`;

const changeOf = async (archive: Archive, manifest: Manifest): Promise<RunNews> => {
  const { run } = manifest;
  const digest = (await readRunObject(archive, manifest, 'digest')) as Alert | undefined;
  return digest === undefined ? { run } : { run, subject: digest.subject, severity: digest.attributes.maxSeverity };
};

/** The run before another one, past what is no run; undefined where there is none that can be read. */
const runBefore = async (archive: Archive, { environmentId, previous }: Manifest): Promise<Manifest | undefined> => {
  let link = previous;
  while (link !== undefined) {
    const place: FoundPlace | undefined = await readPlace(archive, environmentId, link.key);
    if (place === undefined || typeof place.entry === 'string') return undefined;
    if (!isMilestone(place.entry)) return place.entry;
    link = place.entry.previous;
  }
  return undefined;
};

/** Goes back from the last run to the one that was told last; where nothing was told yet, the last alone counts. */
const changesSince = async (
  archive: Archive,
  { manifest }: StoredManifest,
  notified: OverviewOptions['notified'],
): Promise<readonly RunNews[]> => {
  const changes: RunNews[] = [];
  let next: Manifest | undefined = manifest;
  while (next !== undefined && next.run !== notified?.[manifest.environmentId] && changes.length < MOST_RUNS) {
    changes.unshift(await changeOf(archive, next));
    next = notified === undefined ? undefined : await runBefore(archive, next);
  }
  return changes;
};

/** The moment at which the auditor looked, in milliseconds: of a saved roster not the one that it shows. */
export const lookedAt = ({ asOf, source }: Manifest): number => Date.parse(source?.readAt ?? asOf);

/** Whether an attempt came after a run; one at a saved roster that was audited before has the name of its run. */
const isAfter = ({ run, attempt }: AttemptOfKey, last: Manifest): boolean =>
  run > last.run ||
  (run === last.run &&
    last.source?.readAt !== undefined &&
    (runInstant(attempt.slice(0, 16))?.getTime() ?? 0) > lookedAt(last));

/** Says how the last attempt after a run ended; empty where there is none. */
const attemptText = async (archive: Archive, environmentId: string, last: Manifest | undefined): Promise<string> => {
  const prefix = areaPrefix('incomplete', environmentId);
  const after = last === undefined ? undefined : dayPrefix('incomplete', environmentId, new Date(last.asOf));
  let found: { readonly run: string; readonly folder: string } | undefined;
  for await (const key of archive.list(prefix, after)) {
    const attempt = attemptOfKey(key);
    if (attempt !== undefined && (last === undefined || isAfter(attempt, last))) found = attempt;
  }
  if (found === undefined) return '';
  const stored = await archive.read(attemptReport(found.folder));
  const report = stored && parsedJson((await readBytes(stored)).toString('utf8'));
  if (!isRecord(report) || reportFault(report) !== undefined) return `; an attempt at ${found.run} broke off`;
  const { verdict, reason } = report as unknown as Report;
  return `; the last attempt, ${found.run}, is ${verdict}${reason === undefined ? '' : ` (${reason})`}`;
};

/** Says why nothing is known of the night that was due last; undefined where it was seen. */
const unseenText = (manifest: Manifest, { schedule, now }: OverviewOptions, isOwn: boolean): string | undefined => {
  const { asOf, run, previous } = manifest;
  const seen = lookedAt(manifest);
  if (schedule !== undefined && isOwn) {
    const [due] = scheduledRuns(schedule, seen, now);
    return due && `no complete run since ${run}; one was due at ${due.localTime} ${schedule.timezone}`;
  }
  const before = previous && runInstant(previous.run)?.getTime();
  const usual = before === undefined ? 0 : (Date.parse(asOf) - before) * STRANGE;
  return now - seen > Math.max(usual, LEAST_STRANGE_MS)
    ? `no complete run since ${run}, made ${hoursText(now - seen)} ago`
    : undefined;
};

const readState = async (
  archive: Archive,
  { id: environmentId, name }: OverviewOptions['environments'][number],
  options: OverviewOptions,
  isOwn: boolean,
): Promise<EnvironmentState> => {
  const known = { environmentId, ...(name !== undefined && { name }) };
  try {
    const { last, closing } = await readHead(archive, environmentId);
    // Only what had a run can be closed.
    if (last === undefined) {
      const unseen = `no complete run yet${await attemptText(archive, environmentId, undefined)}`;
      return { ...known, unseen, isClosed: false, changes: [] };
    }
    const isClosed = closing !== undefined;
    const { manifest, sha256 } = last;
    const late = isClosed ? undefined : unseenText(manifest, options, isOwn);
    // Where nobody says when a run is due, an attempt that came after shows that one was.
    const isAttemptTold = late !== undefined || (!isClosed && (options.schedule === undefined || !isOwn));
    const attempt = isAttemptTold ? await attemptText(archive, environmentId, manifest) : '';
    const unseen = late ?? (attempt === '' ? undefined : `no complete run since ${manifest.run}`);
    return {
      ...known,
      last: {
        report: await readReport(archive, manifest),
        ...(manifest.sequence !== undefined && { head: headText(manifest.sequence, sha256) }),
        pageKey: manifest.objects.html?.key,
      },
      ...(unseen !== undefined && { unseen: unseen + attempt }),
      isClosed,
      changes: await changesSince(archive, last, options.notified),
    };
  } catch (error) {
    const unseen = `what is archived of it can't be read: ${plainLine(messageOf(error), MOST_CHARACTERS)}`;
    return { ...known, unseen, isClosed: false, changes: [] };
  }
};

/** The most severe finding that stands; undefined where none does, or nothing is known. */
export const worstStanding = ({ last }: EnvironmentState): Severity | undefined =>
  WORST_FIRST.find((severity) => (last?.report.findings.bySeverity[severity] ?? 0) > 0);

/** Orders states: what was not seen, then what fails worst and most. */
const worstFirst = (one: EnvironmentState, other: EnvironmentState): number => {
  if ((one.unseen === undefined) !== (other.unseen === undefined)) return one.unseen === undefined ? 1 : -1;
  for (const severity of WORST_FIRST) {
    const [first = 0, second = 0] = [one, other].map(({ last }) => last?.report.findings.bySeverity[severity]);
    if (first !== second) return second - first;
  }
  return one.environmentId < other.environmentId ? -1 : 1;
};

/** Reads what an archive knows of every environment that it holds, and of those that it should hold; the worst first. */
export const readOverview = async (
  archive: Archive,
  options: OverviewOptions,
): Promise<readonly EnvironmentState[]> => {
  const own = new Set(options.environments.map(({ id }) => id));
  const archived = options.ownOnly ? [] : await archivedEnvironments(archive);
  const others = archived.filter((id) => !own.has(id));
  const all = [...options.environments, ...others.map((id) => ({ id }))];
  const states: EnvironmentState[] = [];
  for (let next = 0; next < all.length; next += AT_ONCE) {
    const some = all.slice(next, next + AT_ONCE);
    states.push(...(await Promise.all(some.map((one) => readState(archive, one, options, own.has(one.id))))));
  }
  return states.toSorted(worstFirst);
};

/** The worst severity of what changed, by the digests; one that nobody knows counts as CRITICAL. */
export const worstChange = ({ changes }: EnvironmentState): Severity | undefined =>
  worstSeverity(
    changes.flatMap(({ severity }) =>
      severity === undefined ? [] : (WORST_FIRST.find((known) => known === severity) ?? 'CRITICAL'),
    ),
  );
