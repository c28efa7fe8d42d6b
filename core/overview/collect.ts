import { DAY_MS, HOUR_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { keysUnder, OVERVIEW_PAGE, overviewMarker, overviewMarkers, runOfKey } from '../archive/keys.ts';
import { isRecord, parsedJson, readBytes } from '../archive/lines.ts';
import { jsonText } from '../archive/staging.ts';
import type { Audience } from '../config/recipient.ts';
import { runInstant, runName } from '../model/run-name.ts';
import type { Alert } from '../notify/channel.ts';
import type { SendAlert } from '../notify/channels/digest.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { scheduledRuns } from '../schedule/scheduled-runs.ts';
import { overviewMail } from './mail.ts';
import { BELIEVED_MS, overviewPage, writeOverviewPage } from './page.ts';
import { type EnvironmentState, type OverviewOptions, readOverview } from './read.ts';
import { type EnvironmentWeek, readWeek, weekMail } from './week.ts';

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

/** The outcome of a collection. */
export interface Collected {
  readonly outcome: 'told before' | 'not yet' | 'told' | 'nobody to tell';
  /** The environments of which nothing is known. */
  readonly unseen: readonly string[];
}

/** The last thing told: the night, and the last run of each environment then. */
interface Notified {
  readonly night: string;
  readonly runs: Readonly<Record<string, string>>;
  readonly unseen: readonly string[];
}

/** As far as anybody looks back for a mail, and for a night of a schedule that is rare. */
const LOOK_BACK_MS = 400 * DAY_MS;

const textsOf = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));

/**
 * Reads what was told last. A marker that can't be read says that its night was told; which runs, the one before it says:
 * what was told since is told again.
 */
const readNotified = async (archive: Archive, auditor: string, now: number): Promise<Notified | undefined> => {
  const keys = await keysUnder(archive, ...overviewMarkers(auditor, new Date(now - LOOK_BACK_MS)));
  const night = runOfKey(keys.at(-1) ?? '');
  if (night === undefined) return undefined;
  for (const key of keys.toReversed()) {
    const stored = await archive.read(key);
    const marker = stored && parsedJson((await readBytes(stored)).toString('utf8'));
    if (!isRecord(marker) || !isRecord(marker.runs)) continue;
    const unseen = Array.isArray(marker.unseen) ? marker.unseen.map(String) : [];
    return { night, runs: textsOf(marker.runs), unseen };
  }
  return { night, runs: {}, unseen: [] };
};

/** A night that was due. */
interface Due {
  readonly instant: number;
  readonly name: string;
}

/** The week that a local time is of, which begins on Monday; 1970 began on a Thursday. */
const weekOf = (localTime: string): number =>
  Math.floor((Date.parse(`${localTime.slice(0, 10)}T00:00:00Z`) / DAY_MS + 3) / 7);

/** The last night that was due by an instant; of `week` the last that was the first of its week. */
const lastDue = (schedule: Schedule, by: number, every: 'night' | 'week'): Due | undefined => {
  // The first night of a week shows by the one before it: most schedules have both in a fortnight.
  for (const days of [15, 400]) {
    const nights = [...scheduledRuns(schedule, by - days * DAY_MS, by)];
    const found = nights.findLast(({ localTime }, index) => {
      const before = nights[index - 1];
      return every === 'night' || (before !== undefined && weekOf(before.localTime) < weekOf(localTime));
    });
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

/** One of the mails about several environments. */
interface Mail {
  readonly every: 'night' | 'week';
  /** Names the auditor and, of a weekly mail, its audience, in the keys of what says that it was sent. */
  readonly sender: string;
  /** Reads what there is to tell of. */
  readonly read: (notified: Notified | undefined) => Promise<readonly EnvironmentState[]>;
  readonly compose: (states: readonly EnvironmentState[], due: Due, notified: Notified | undefined) => Promise<Alert>;
}

/**
 * Tells of the last night that was due once: when all are in, or, once those that are not are overdue, without them.
 * Called often; a mail that was not taken is sent by the next call.
 */
const notifyOnce = async (
  archive: Archive,
  { environments, schedule, now, graceHours, askedSince, sendAlert }: CollectOptions,
  { every, sender, read, compose }: Mail,
): Promise<Collected> => {
  const notified = await readNotified(archive, sender, now);
  const notifiedUntil = (notified && runInstant(notified.night)?.getTime()) ?? Number.NEGATIVE_INFINITY;
  const due = lastDue(schedule, now, every);
  if (due === undefined) return { outcome: 'not yet', unseen: [] };
  const isNotified = notifiedUntil >= due.instant;
  if (isNotified && (every === 'week' || notified?.unseen.length === 0)) return { outcome: 'told before', unseen: [] };

  const states = await read(notified);
  const unseen = unseenOf(states);
  const own = new Set(environments.map(({ id }) => id));
  const isAllIn = unseen.every((id) => !own.has(id));
  const overdue = isAllIn ? due : lastDue(schedule, now - graceHours * HOUR_MS, every);
  if (overdue === undefined || notifiedUntil >= overdue.instant)
    return { outcome: isNotified ? 'told before' : 'not yet', unseen };
  if (sendAlert === undefined) return { outcome: 'nobody to tell', unseen };
  if (notified === undefined && overdue.instant <= ((await askedSince?.()) ?? Number.NEGATIVE_INFINITY))
    return { outcome: 'not yet', unseen };

  const mail = await compose(states, overdue, notified);
  const receipt = await sendAlert(mail);
  const night = new Date(overdue.instant);
  const runs = {
    ...notified?.runs,
    ...Object.fromEntries(
      states.flatMap(({ environmentId, last }) => (last ? [[environmentId, last.report.run]] : [])),
    ),
  };
  const marker = { run: runName(night), subject: mail.subject, receipt, unseen, runs };
  await archive.create(overviewMarker(sender, night), { bytes: Buffer.from(jsonText(marker)) }, 'application/json');
  return { outcome: 'told', unseen };
};

/** Tells of each night of all environments; every run since the mail before is in it, one that came after that too. */
export const collectNight = (archive: Archive, options: CollectOptions): Promise<Collected> => {
  const { auditor, hasPage, sendAlert: _send, askedSince: _asked, ...read } = options;
  return notifyOnce(archive, options, {
    every: 'night',
    sender: auditor,
    read: (notified) => {
      const withNotified = { ...read, ownOnly: !hasPage, ...(notified && { notified: notified.runs }) };
      return hasPage ? refreshPage(archive, withNotified) : readOverview(archive, withNotified);
    },
    compose: async (states, { name }) => overviewMail(states, { name, pageLocation: pageOf(archive, hasPage) }),
  });
};

const pageOf = ({ location }: Archive, hasPage: boolean): string =>
  hasPage ? `${location}/${OVERVIEW_PAGE}` : `${location}/reports/`;

/**
 * Tells an audience, by the first night of each week, of all that it wants to hear of since the last mail that was
 * taken: a week without that night, or without a mail, is told by the next.
 */
export const collectWeek = (archive: Archive, options: CollectOptions, audience: Audience): Promise<Collected> => {
  const { schedule, now, hasPage, auditor } = options;
  const wanted = audience.environments;
  const environments = options.environments.filter(({ id }) => wanted?.includes(id) ?? true);
  const ownOnly = !hasPage || wanted !== undefined;
  return notifyOnce(
    archive,
    { ...options, environments },
    {
      every: 'week',
      sender: `${auditor}-${audience.label}`,
      read: () => readOverview(archive, { environments, schedule, now, ownOnly }),
      async compose(states, { instant, name }, notified) {
        const last = notified && runInstant(notified.night)?.getTime();
        const from = last ?? Math.max(instant - 7 * DAY_MS, (await options.askedSince?.()) ?? Number.NEGATIVE_INFINITY);
        const owed = { nights: [...scheduledRuns(schedule, from, instant)], timezone: schedule.timezone };
        const own = new Set(environments.map(({ id }) => id));
        const weeks: EnvironmentWeek[] = [];
        for (const state of states) {
          const { environmentId } = state;
          const owes = own.has(environmentId) ? owed : undefined;
          weeks.push(await readWeek(archive, state, audience, notified?.runs[environmentId], instant, owes));
        }
        return weekMail(weeks, { audience, name, pageLocation: pageOf(archive, hasPage) });
      },
    },
  );
};
