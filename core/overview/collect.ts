import { DAY_MS, HOUR_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { keysUnder, OVERVIEW_PAGE, overviewMarker, overviewMarkers, runOfKey } from '../archive/keys.ts';
import { isRecord, parsedJson, readBytes } from '../archive/lines.ts';
import { jsonText } from '../archive/staging.ts';
import { runInstant, runName } from '../model/run-name.ts';
import type { SendAlert } from '../notify/channels/digest.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { scheduledRuns } from '../schedule/scheduled-runs.ts';
import { overviewMail } from './mail.ts';
import { BELIEVED_MS, overviewPage, writeOverviewPage } from './page.ts';
import { type EnvironmentState, type OverviewOptions, readOverview } from './read.ts';

export interface CollectOptions extends OverviewOptions {
  readonly schedule: Schedule;
  /** Names the auditor among those that write to the same archive: `ACCOUNT-NAME`. */
  readonly auditor: string;
  /** The longest that a run may be late: then the mail is sent without it, and says so. */
  readonly graceHours: number;
  /** Whether the page of all environments is this auditor's to write; in another's archive it is not. */
  readonly hasPage: boolean;
  /** Gives the moment since which the schedule asks to tell: nobody owed the nights before it. Undefined: not known. */
  readonly askedSince?: () => Promise<number | undefined>;
  /** Undefined: nobody wants the one mail. */
  readonly sendAlert: SendAlert | undefined;
}

/** What a collection did. */
export interface Collected {
  readonly outcome: 'told before' | 'not yet' | 'told' | 'nobody to tell';
  /** The environments of which nothing is known. */
  readonly unseen: readonly string[];
}

/** What was told last: the night, and the last run of each environment then. */
interface Told {
  readonly night: string;
  readonly runs: Readonly<Record<string, string>>;
  readonly unseen: readonly string[];
}

/** As far as anybody looks back for a mail, and for a night of a schedule that is rare. */
const LOOK_BACK_MS = 400 * DAY_MS;

const textsOf = (value: unknown): Readonly<Record<string, string>> =>
  isRecord(value)
    ? Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      )
    : {};

/**
 * Reads what was told last. A marker that can't be read says that its night was told; which runs, the one before it says:
 * what was told since is told again.
 */
const readTold = async (archive: Archive, auditor: string, now: number): Promise<Told | undefined> => {
  const keys = await keysUnder(archive, ...overviewMarkers(auditor, new Date(now - LOOK_BACK_MS)));
  const night = runOfKey(keys.at(-1) ?? '');
  if (night === undefined) return undefined;
  for (const key of keys.toReversed()) {
    const stored = await archive.read(key);
    const marker = stored && parsedJson(Buffer.from(await readBytes(stored)).toString('utf8'));
    if (!isRecord(marker) || !isRecord(marker.runs)) continue;
    const unseen = Array.isArray(marker.unseen) ? marker.unseen.map(String) : [];
    return { night, runs: textsOf(marker.runs), unseen };
  }
  return { night, runs: {}, unseen: [] };
};

/** The last night that was due by an instant. */
const lastDue = (schedule: Schedule, by: number): { readonly instant: number; readonly name: string } | undefined => {
  for (const days of [8, 400]) {
    const found = [...scheduledRuns(schedule, by - days * DAY_MS, by)].at(-1);
    if (found !== undefined)
      return { instant: found.instants[0] ?? by, name: `${found.localTime} ${schedule.timezone}` };
  }
  return undefined;
};

const nextDue = (schedule: Schedule, after: number): number | undefined => {
  for (const { instants } of scheduledRuns(schedule, after, after + LOOK_BACK_MS)) return instants[0];
  return undefined;
};

const unseenOf = (states: readonly EnvironmentState[]): readonly string[] =>
  states.flatMap(({ environmentId, unseen }) => (unseen === undefined ? [] : [environmentId]));

/** Reads the archive, and writes the page of all environments. */
export const refreshPage = async (
  archive: Archive,
  options: OverviewOptions & { readonly graceHours?: number },
): Promise<readonly EnvironmentState[]> => {
  const states = await readOverview(archive, options);
  const next = options.schedule && nextDue(options.schedule, options.now);
  const due = next === undefined ? options.now + BELIEVED_MS : next + (options.graceHours ?? 2) * HOUR_MS;
  await writeOverviewPage(archive, overviewPage(states, options.now, due));
  return states;
};

/**
 * Tells of the last night of all environments once: when all are in, or, once those that are not are overdue, without
 * them. Every run since the mail before is in it, so that one that came after that is told too. Called often; a mail
 * that was not taken is sent by the next call.
 */
export const collectNight = async (
  archive: Archive,
  { auditor, sendAlert, hasPage, askedSince, ...options }: CollectOptions,
): Promise<Collected> => {
  const { schedule, now, graceHours } = options;
  const told = await readTold(archive, auditor, now);
  const toldUntil = (told && runInstant(told.night)?.getTime()) ?? Number.NEGATIVE_INFINITY;
  const due = lastDue(schedule, now);
  if (due === undefined) return { outcome: 'not yet', unseen: [] };
  if (toldUntil >= due.instant && told?.unseen.length === 0) return { outcome: 'told before', unseen: [] };

  const withTold = { ...options, ownOnly: !hasPage, ...(told && { told: told.runs }) };
  const states = hasPage ? await refreshPage(archive, withTold) : await readOverview(archive, withTold);
  const unseen = unseenOf(states);
  const own = new Set(options.environments.map(({ id }) => id));
  const isAllIn = unseen.every((id) => !own.has(id));
  const overdue = isAllIn ? due : lastDue(schedule, now - graceHours * HOUR_MS);
  if (overdue === undefined || toldUntil >= overdue.instant)
    return { outcome: toldUntil >= due.instant ? 'told before' : 'not yet', unseen };
  if (sendAlert === undefined) return { outcome: 'nobody to tell', unseen };
  if (told === undefined && overdue.instant <= ((await askedSince?.()) ?? Number.NEGATIVE_INFINITY))
    return { outcome: 'not yet', unseen };

  const pageLocation = hasPage ? `${archive.location}/${OVERVIEW_PAGE}` : `${archive.location}/reports/`;
  const mail = overviewMail(states, { name: overdue.name, pageLocation });
  const receipt = await sendAlert(mail);
  const night = new Date(overdue.instant);
  const runs = Object.fromEntries(
    states.flatMap(({ environmentId, last }) => {
      const run = last?.report.run ?? told?.runs[environmentId];
      return run === undefined ? [] : [[environmentId, run]];
    }),
  );
  const marker = { run: runName(night), subject: mail.subject, receipt, unseen, runs };
  await archive.create(overviewMarker(auditor, night), { bytes: Buffer.from(jsonText(marker)) }, 'application/json');
  return { outcome: 'told', unseen };
};
