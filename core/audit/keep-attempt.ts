import { attemptKeys, attemptMarkers } from '../archive/keys.ts';
import { entryText } from '../archive/signature.ts';
import { type SpoolFolder, type StagedContent, stagedContent } from '../archive/staging.ts';
import { storeOnce } from '../archive/store.ts';
import type { Report } from '../model/report.ts';
import { readTrend } from '../model/trend.ts';
import { deliverToAll } from '../notify/deliver.ts';
import { OUTPUTS } from '../outputs/index.ts';
import type { Output } from '../outputs/output.ts';
import type { Criteria } from './criteria.ts';
import { manifestOf, notificationOf, reportOf, unjudgedReport } from './documents.ts';
import { enrichedCounts, type Facts } from './enriching.ts';
import type { History } from './history.ts';
import { type Judgement, openFindingsOf, withoutResolved } from './judging.ts';
import type { JudgedListing } from './listing.ts';
import { factsOf, pageSources, storeEvidence, storeOptionalOutputs, storeRunOutputs } from './objects.ts';
import type { AuditRequest } from './request.ts';
import type { AuditResult } from './result.ts';
import type { AuditSettings } from './settings.ts';
import type { Shortfall } from './verdict.ts';

/** Everything that an attempt saw and judged before it ended. */
export interface Seen {
  readonly history: History;
  readonly listed: JudgedListing;
  readonly facts: Facts;
  readonly judgement: Judgement;
  /** Takes what has to be written anew. */
  readonly spools: SpoolFolder;
}

/** The report of an attempt that did not end complete. */
export const attemptReport = (
  request: AuditRequest,
  settings: AuditSettings,
  criteria: Criteria,
  shortfall: Shortfall,
  seen: Seen | undefined,
): Report => {
  if (seen === undefined) return unjudgedReport(request, settings, criteria, shortfall);
  const { history, listed, judgement, facts } = seen;
  const trend = readTrend(history.last?.report);
  return reportOf(
    request,
    settings,
    { ...listed, judgement: withoutResolved(judgement), shortfall, enriched: enrichedCounts(facts) },
    { history, trend },
  );
};

/**
 * Keeps what an attempt that did not end complete could read, apart from the runs, and notifies of it.
 * @param seen undefined where it listed nobody
 */
export const keepAttempt = async (
  request: AuditRequest,
  settings: AuditSettings,
  criteria: Criteria,
  shortfall: Shortfall,
  seen?: Seen,
): Promise<AuditResult> => {
  const { archive, channels } = settings;
  const { environmentId, asOf, attempt, roster } = request;
  // Attempts of all nights at one saved roster bear its name: each night is told.
  const since = roster && new Date(roster.requestedAt);
  const keys = attemptKeys(environmentId, asOf, attempt);
  const store = async (output: Output, content: StagedContent) =>
    (await storeOnce(archive, keys.object(output), content)).object;
  const { history, listed, judgement } = seen ?? {};
  const last = history?.last;
  const report = attemptReport(request, settings, criteria, shortfall, seen);
  const evidence = seen && (await openFindingsOf(seen.judgement, criteria, seen.spools));
  const highlights = judgement === undefined ? [] : withoutResolved(judgement).highlights;
  const facts = { ...factsOf(settings, criteria, keys, last), report, highlights };
  const kept = await storeEvidence(
    { ...(listed && { snapshot: listed.snapshot }), ...seen?.facts.evidence, ...evidence },
    store,
  );
  const withOptional =
    seen === undefined || evidence === undefined
      ? { objects: kept, warnings: [] }
      : await storeOptionalOutputs(
          settings,
          request,
          criteria,
          { report, objects: kept, snapshot: seen.listed.snapshot, findings: evidence.findings },
          seen.spools,
          store,
        );
  const sources =
    seen &&
    evidence &&
    pageSources(settings, request, criteria, seen.listed, seen.facts, seen.judgement, evidence.findings, seen.spools);
  const objects = await storeRunOutputs(facts, withOptional.objects, sources, store);
  const manifest = manifestOf(report, criteria, objects);
  await storeOnce(archive, keys.manifest, stagedContent(entryText(manifest)));

  const notification = notificationOf(facts, archive, keys.object(OUTPUTS.report));
  const deliveries = await deliverToAll(channels, notification, {
    archive,
    keyOf: keys.marker,
    others: (channel) => attemptMarkers(archive, channel, environmentId, asOf, since),
  });
  return { report, highlights, deliveries, objects, wasDone: false, warnings: withOptional.warnings };
};
