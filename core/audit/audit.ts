import { serialiseRecord } from '../../rules/engine/record.ts';
import type { Archive } from '../archive/archive.ts';
import { findRunBack } from '../archive/earlier-entries.ts';
import type { Milestone } from '../archive/entry.ts';
import { ifSound, SigningError, SpoolError } from '../archive/errors.ts';
import { type ChainHead, completeCopies, headMember } from '../archive/head.ts';
import { runKeys } from '../archive/keys.ts';
import type { Manifest, StoredManifest } from '../archive/manifest.ts';
import { readRunLines } from '../archive/read-run.ts';
import { findCompleteRun } from '../archive/runs.ts';
import { createSpoolFolder, hashOf, linesOf, type SpoolFolder } from '../archive/staging.ts';
import { systemClock } from '../model/clock.ts';
import { aheadProblem, runName } from '../model/run-name.ts';
import { deliverToAll } from '../notify/deliver.ts';
import { findUndelivered, resend, storedNotification } from '../notify/undelivered.ts';
import { recordRun } from '../outputs/history/record-run.ts';
import { OUTPUTS } from '../outputs/index.ts';
import { messageOf, nameAndMessageOf } from '../text/error-message.ts';
import { plural } from '../text/plain-text.ts';
import { completeRun } from './complete-run.ts';
import { type Criteria, criteriaOf } from './criteria.ts';
import { notificationOf, unjudgedReport } from './documents.ts';
import { readEnrichments } from './enriching.ts';
import { openFindingFiles } from './finding-files.ts';
import { type History, readHistory } from './history.ts';
import { beginJudging, type Judging, withoutResolved } from './judging.ts';
import { attemptReport, keepAttempt, type Seen } from './keep-attempt.ts';
import { judgeListing } from './listing.ts';
import { factsOf } from './objects.ts';
import type { AuditRequest } from './request.ts';
import type { AuditResult } from './result.ts';
import { type AuditSettings, notifyWait } from './settings.ts';
import {
  closedShortfall,
  hasAudited,
  historyShortfall,
  isAskedFor,
  lateShortfall,
  listingShortfall,
  rosterShortfall,
  ruleShortfall,
  type Shortfall,
  staleShortfall,
} from './verdict.ts';

/**
 * Audits an environment once, from the listing to the notifications. Failures of the service, the archive and the
 * channels end in the verdict, never in a throw.
 * @throws {RangeError} where the run would speak for an instant that is yet to come
 */
export const audit = async (request: AuditRequest, settings: AuditSettings): Promise<AuditResult> => {
  const problem = aheadProblem(request.asOf, (settings.clock ?? systemClock).now());
  if (problem !== undefined) throw new RangeError(`asOf ${problem}`);
  const result = await perform(request, settings);
  const unheard = await findUnheard(request, settings);
  return unheard.length === 0 ? result : { ...result, unheard };
};

/** Asks every channel whether somebody is at its other end: that it takes a message does not say so. */
const findUnheard = async ({ environmentId }: AuditRequest, { channels }: AuditSettings): Promise<readonly string[]> =>
  (await Promise.all(channels.map(async (channel) => (await channel.findUnheard?.(environmentId)) ?? []))).flat();

const perform = async (request: AuditRequest, settings: AuditSettings): Promise<AuditResult> => {
  const criteria = criteriaOf(request, settings);
  let spools: SpoolFolder | undefined;
  let seen: Seen | undefined;
  try {
    spools = await createSpoolFolder();
    const result = await performRun(request, settings, criteria, spools, (all) => {
      seen = all;
    });
    return { ...result, warnings: [...result.warnings, ...(await addToHistory(settings, result))] };
  } catch (error) {
    return await failWithoutArchive(request, settings, criteria, error, seen);
  } finally {
    await spools?.remove();
  }
};

/** Puts the run on the page of all runs: an aid, so that its failure is a warning and fails nothing. */
const addToHistory = async (
  { archive, environmentName }: AuditSettings,
  { report, objects }: AuditResult,
): Promise<readonly string[]> => {
  if (objects.report === undefined) return [];
  try {
    const { environmentId } = report;
    await recordRun(archive, { environmentId, report, environmentName, reportKey: objects.report.key });
    return [];
  } catch (error) {
    return [`the page of all runs was not written: ${messageOf(error)}`];
  }
};

const performRun = async (
  request: AuditRequest,
  settings: AuditSettings,
  criteria: Criteria,
  spools: SpoolFolder,
  onSeen: (seen: Seen) => void,
): Promise<AuditResult> => {
  const { archive, channels, clock = systemClock } = settings;
  const { environmentId, asOf, deadline, acceptRosterDrop } = request;
  const { signManifestDigest, publicKeys = [] } = settings;
  const policy = { isSigning: signManifestDigest !== undefined, publicKeys };
  const history = await readHistory(archive, request, criteria, policy);
  const ended = await endedBefore(request, settings, criteria, history.head);
  if (ended !== undefined) return ended;

  const { last } = history;
  const isCopied =
    last === undefined || (await archive.has(runKeys(environmentId, new Date(last.manifest.asOf)).manifest));
  const copying = isCopied ? [] : await completeCopies(archive, environmentId, last);
  const { undelivered, problems } = await findUndelivered(archive, environmentId, asOf, channels);
  const warnings = [...copying, ...problems];
  const openFiles = () => openFindingFiles(spools);
  const judging = beginJudging(criteria, history.baseline, openFiles);
  const listed = await judgeListing(
    settings.listUsers(deadline),
    judging,
    spools.open(OUTPUTS.snapshot.file),
    clock,
    (users, counts) => settings.onProgress?.({ users, expectedUsers: last?.manifest.counts.users, counts }),
  );
  const facts = await readEnrichments({
    enrich: criteria.enrich,
    enrichments: settings.enrichments ?? {},
    arns: () => judging.arns(),
    before: history.baseline.roles,
    users: listed.counts.users,
    deadline,
    spools,
  });
  const mostDrop = acceptRosterDrop ? undefined : settings.maxDropPercent;
  const conclude = async (by: History, begun: Judging, records: () => AsyncIterable<unknown>) => {
    const unseen =
      historyShortfall(by) ??
      listingShortfall(listed) ??
      rosterShortfall(listed.counts.users, by.last?.manifest, mostDrop);
    const judgement = await begun.conclude(unseen === undefined, records, facts);
    return { history: by, judgement, shortfall: unseen ?? ruleShortfall(judgement) };
  };
  const { judgement, shortfall } = await conclude(history, judging, () => linesOf(listed.snapshot));
  const all = { history, listed, facts, judgement, spools };
  onSeen(all);

  if (shortfall !== undefined) {
    const result = await keepAttempt(request, settings, criteria, shortfall, all);
    await resend(archive, undelivered);
    return { ...result, warnings: [...warnings, ...result.warnings] };
  }

  const result = await completeRun(request, settings, criteria, {
    history,
    listed,
    facts,
    spools,
    judgement,
    endedBefore: (head, judged) => endedBefore(request, settings, criteria, head, { listed, facts, spools, ...judged }),
    async judgeAnew(snapshot) {
      const later = await readHistory(archive, { environmentId }, criteria, policy);
      const anew = beginJudging(criteria, later.baseline, openFiles);
      const records = () => readRunLines(archive, { run: runName(asOf), objects: { snapshot } }, 'snapshot');
      const momentAt = judging.moments();
      let position = 0;
      for await (const record of records()) {
        const moment = momentAt(position);
        if (moment !== undefined) anew.readAt(moment);
        position += 1;
        anew.see(record, serialiseRecord(record));
        await anew.settled();
      }
      // What came in between may hold no more than what was there before.
      const { shortfall: since, ...judged } = await conclude(later, anew, records);
      return since === undefined
        ? judged
        : keepAttempt(request, settings, criteria, since, { listed, facts, spools, ...judged });
    },
    resendEarlier: () => resend(archive, undelivered),
  });
  return { ...result, warnings: [...warnings, ...result.warnings] };
};

/** The end of a run that lists nobody: it was made before, a later one is complete, or the chain was closed. */
const endedBefore = async (
  request: AuditRequest,
  settings: AuditSettings,
  criteria: Criteria,
  head: ChainHead | undefined,
  seen?: Seen,
): Promise<AuditResult | undefined> => {
  const { archive } = settings;
  const { environmentId, asOf } = request;
  const run = runName(asOf);
  const { last, closing } = head ?? {};
  let done: StoredManifest | undefined;
  if (last !== undefined && last.manifest.run >= run) {
    done = last.manifest.run === run ? last : await findCompleteRun(archive, environmentId, run);
    if (done !== undefined && isAskedFor(done.manifest, request)) return finishDoneRun(settings, done);
  }
  if (closing !== undefined) return notifyClosed(request, settings, criteria, closing);
  const late = last === undefined || last.manifest.run < run ? undefined : lateShortfall(request, last.manifest.run);
  const before = await auditedBefore(archive, request, done, last);
  const shortfall = before === undefined ? late : staleShortfall(before);
  if (shortfall === undefined) return undefined;
  // Of a saved roster no night may come to a listing any more: what nobody was told of the last run is told here.
  const { undelivered } =
    before === undefined
      ? { undelivered: [] }
      : await findUndelivered(archive, environmentId, new Date(asOf.getTime() + 1000), settings.channels);
  const result = await keepAttempt(request, settings, criteria, shortfall, seen);
  await resend(archive, undelivered);
  return result;
};

/** The run that has audited the roster of a request before; undefined where none of the last ones has. */
const auditedBefore = async (
  archive: Archive,
  request: AuditRequest,
  done: StoredManifest | undefined,
  last: StoredManifest | undefined,
): Promise<Manifest | undefined> => {
  if (request.roster === undefined) return undefined;
  if (done !== undefined && hasAudited(done.manifest, request)) return done.manifest;
  // A chain that breaks off is told once the users are read.
  const back = () => findRunBack(archive, last?.manifest, (manifest) => hasAudited(manifest, request));
  return ifSound(back, () => undefined);
};

/** Notifies of a run that is there already, where that was not done: its event was delivered again. */
const finishDoneRun = async (settings: AuditSettings, done: StoredManifest): Promise<AuditResult> => {
  const { archive, channels } = settings;
  const { environmentId, asOf, objects } = done.manifest;
  const warnings = await completeCopies(archive, environmentId, done);
  const notification = await storedNotification(archive, done);
  const deliveries = await deliverToAll(channels, notification, {
    archive,
    keyOf: runKeys(environmentId, new Date(asOf)).marker,
    wait: notifyWait(settings),
  });
  const { report } = notification;
  return { report, ...headMember(done), highlights: [], deliveries, objects, wasDone: true, warnings };
};

/** Tells people once that the chain was closed; a run after that leaves nothing else. */
const notifyClosed = async (
  request: AuditRequest,
  settings: AuditSettings,
  criteria: Criteria,
  closing: Milestone,
): Promise<AuditResult> => {
  const { archive, channels } = settings;
  const keys = runKeys(request.environmentId, request.asOf);
  const report = unjudgedReport(request, settings, criteria, closedShortfall(closing));
  const facts = { ...factsOf(settings, criteria, keys, undefined), report, highlights: [] };
  const deliveries = await deliverToAll(channels, notificationOf(facts, archive, undefined), {
    archive,
    keyOf: runKeys(request.environmentId, new Date(closing.asOf)).marker,
    event: hashOf(closing),
  });
  return { report, highlights: [], deliveries, objects: {}, wasDone: false, warnings: [] };
};

const archiveShortfall = (location: string, error: unknown, seen: Seen | undefined): Shortfall => {
  const listed =
    seen === undefined ? '' : `${plural(seen.listed.counts.users, 'user')} listed and judged, but not kept as a run: `;
  const why =
    error instanceof SigningError
      ? `the manifest is not signed, so the run does not exist: ${error.message}`
      : error instanceof SpoolError
        ? error.message
        : `${location}: ${nameAndMessageOf(error)}`;
  return { verdict: 'FAILED', reason: 'archive-unavailable', message: `${listed}${why}` };
};

/**
 * Says that the archive can't be read or written, or the manifest not signed. What was seen is kept as that of an attempt,
 * where anything can be kept; else to say it is the one thing that is left to do.
 */
const failWithoutArchive = async (
  request: AuditRequest,
  settings: AuditSettings,
  criteria: Criteria,
  error: unknown,
  seen: Seen | undefined,
): Promise<AuditResult> => {
  const { archive, channels } = settings;
  const shortfall = archiveShortfall(archive.location, error, seen);
  if (seen !== undefined) {
    try {
      return await keepAttempt(request, settings, criteria, shortfall, seen);
    } catch {
      // It takes nothing at all, which is said already.
    }
  }
  const report = attemptReport(request, settings, criteria, shortfall, seen);
  const facts = factsOf(settings, criteria, runKeys(request.environmentId, request.asOf), undefined);
  const highlights = seen === undefined ? [] : withoutResolved(seen.judgement).highlights;
  const notification = notificationOf({ ...facts, report, highlights }, archive, undefined);
  const deliveries = await deliverToAll(channels, notification, undefined);
  return { report, highlights, deliveries, objects: {}, wasDone: false, warnings: [] };
};
