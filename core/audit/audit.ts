import type { Archive } from '../archive/archive.ts';
import { SigningError } from '../archive/errors.ts';
import { runKeys } from '../archive/keys.ts';
import {
  advanceLatest,
  lastCompleteRun,
  type Manifest,
  readManifest,
  type StoredManifest,
} from '../archive/manifest.ts';
import { readFindingBaseline, readRoster, readRunLines, readRunObject } from '../archive/read-run.ts';
import { createSpoolFolder, type SpoolFolder } from '../archive/staging.ts';
import type { Report } from '../model/report.ts';
import { runName } from '../model/run-name.ts';
import { readTrend } from '../model/trend.ts';
import { deliverToAll } from '../notify/deliver.ts';
import { findUndelivered, resend, storedNotification } from '../notify/undelivered.ts';
import { recordRun } from '../outputs/history/record-run.ts';
import { OUTPUTS } from '../outputs/index.ts';
import { messageOf } from '../text/error-message.ts';
import { completeRun } from './complete-run.ts';
import { type Criteria, criteriaOf } from './criteria.ts';
import { notificationOf, reportOf, unjudgedReport } from './documents.ts';
import { type Baseline, beginJudging } from './judging.ts';
import { keepAttempt } from './keep-attempt.ts';
import { judgeListing } from './listing.ts';
import { factsOf } from './objects.ts';
import type { AuditRequest } from './request.ts';
import type { AuditResult } from './result.ts';
import { type AuditSettings, notifyWait } from './settings.ts';
import { lateShortfall, listingShortfall, rosterShortfall, ruleShortfall } from './verdict.ts';

/**
 * Audits an environment once, from the listing to the notifications. Failures of the service, the archive and the
 * channels end in the verdict, never in a throw.
 */
export const audit = async (request: AuditRequest, settings: AuditSettings): Promise<AuditResult> => {
  const criteria = criteriaOf(request, settings);
  const spools = await createSpoolFolder();
  try {
    const result = await performRun(request, settings, criteria, spools);
    return { ...result, warnings: await addToHistory(request, settings, result.report) };
  } catch (error) {
    return await failWithoutArchive(request, settings, criteria, error);
  } finally {
    await spools.remove();
  }
};

/** Puts the run on the page of all runs: an aid, so that its failure is a warning and fails nothing. */
const addToHistory = async (
  { environmentId, attempt }: AuditRequest,
  { archive, environmentName }: AuditSettings,
  report: Report,
): Promise<readonly string[]> => {
  try {
    await recordRun(archive, {
      environmentId,
      report,
      environmentName,
      attempt: report.verdict === 'COMPLETE' ? undefined : attempt,
    });
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
): Promise<AuditResult> => {
  const { archive, channels } = settings;
  const { environmentId, asOf, deadline, acceptRosterDrop } = request;
  const done = await readManifest(archive, runKeys(environmentId, asOf).manifest);
  if (done !== undefined) return finishDoneRun(settings, done);

  const previous = await lastCompleteRun(archive, environmentId);
  if (previous !== undefined && previous.manifest.run > runName(asOf)) {
    const report = unjudgedReport(request, criteria, lateShortfall(asOf, previous.manifest.run));
    return keepAttempt(request, settings, criteria, { report, highlights: [], evidence: {} });
  }
  const last = previous && {
    ...previous,
    report: (await readRunObject(archive, previous.manifest, 'report')) as Report | undefined,
  };
  const undelivered = await findUndelivered(archive, environmentId, asOf, channels);
  const readBaseline = (): Promise<Baseline> => baselineOf(archive, last?.manifest, criteria);

  const judging = beginJudging(criteria, await readBaseline(), spools);
  const listed = await judgeListing(
    settings.listUsers(deadline),
    judging,
    spools.open(OUTPUTS.snapshot.file),
    (users, counts) => settings.onProgress?.({ users, expectedUsers: last?.manifest.counts.users, counts }),
  );
  const mostDrop = acceptRosterDrop ? undefined : settings.maxDropPercent;
  const unseen = listingShortfall(listed) ?? rosterShortfall(listed.counts.users, last?.manifest, mostDrop);
  const judgement = await judging.conclude(unseen === undefined);
  const shortfall = unseen ?? ruleShortfall(judgement);

  if (shortfall !== undefined) {
    const verdict = { counts: listed.counts, judgement, shortfall };
    const report = reportOf(request, verdict, last?.manifest.run, readTrend(last?.report));
    const { resolved: _nothing, ...evidence } = judgement.evidence;
    const result = await keepAttempt(request, settings, criteria, {
      report,
      highlights: judgement.highlights,
      evidence: { snapshot: listed.snapshot, ...evidence },
      last,
    });
    await resend(archive, undelivered);
    return result;
  }

  return completeRun(request, settings, criteria, {
    last,
    listed,
    judgement,
    async judgeStored(snapshot) {
      const anew = beginJudging(criteria, await readBaseline(), spools);
      for await (const record of readRunLines(archive, { run: runName(asOf), objects: { snapshot } }, 'snapshot')) {
        anew.see(record);
        await anew.settled();
      }
      return { judgement: await anew.conclude(true), counts: { ...listed.counts, users: anew.users } };
    },
    resendEarlier: () => resend(archive, undelivered),
  });
};

/** The state that the last complete run left. */
const baselineOf = async (
  archive: Archive,
  manifest: Manifest | undefined,
  { catalogue }: Criteria,
): Promise<Baseline> => ({
  manifest,
  findingBaseline: await readFindingBaseline(archive, manifest, catalogue),
  roster: await readRoster(archive, manifest),
  findings: async function* findings() {
    if (manifest !== undefined) yield* readRunLines(archive, manifest, 'findings');
  },
});

/** Notifies of a run that is there already, where that was not done: its event was delivered again. */
const finishDoneRun = async (settings: AuditSettings, done: StoredManifest): Promise<AuditResult> => {
  const { archive, channels } = settings;
  const { environmentId, asOf, objects } = done.manifest;
  await advanceLatest(archive, environmentId, done);
  const notification = await storedNotification(archive, done);
  const deliveries = await deliverToAll(channels, notification, {
    archive,
    keyOf: runKeys(environmentId, new Date(asOf)).marker,
    wait: notifyWait(settings),
  });
  return { report: notification.report, highlights: [], deliveries, objects, wasDone: true, warnings: [] };
};

/** Says that the archive can't be read or written, or the manifest not signed: the one thing that is left to do. */
const failWithoutArchive = async (
  request: AuditRequest,
  settings: AuditSettings,
  criteria: Criteria,
  error: unknown,
): Promise<AuditResult> => {
  const { archive, channels } = settings;
  const report = unjudgedReport(request, criteria, {
    verdict: 'FAILED',
    reason: 'archive-unavailable',
    message:
      error instanceof SigningError
        ? `the manifest is not signed, so the run does not exist: ${error.message}`
        : `${archive.location}: ${messageOf(error)}`,
  });
  const facts = factsOf(settings, criteria, runKeys(request.environmentId, request.asOf), undefined);
  const notification = notificationOf({ ...facts, report, highlights: [] }, archive, undefined);
  const deliveries = await deliverToAll(channels, notification, undefined);
  return { report, highlights: [], deliveries, objects: {}, wasDone: false, warnings: [] };
};
