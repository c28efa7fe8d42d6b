import { beginEvaluation } from '../../rules/engine/evaluate.ts';
import { HOUR_MS } from '../../rules/engine/time.ts';
import { positionName } from '../../rules/engine/user.ts';
import type { Archive } from '../archive/archive.ts';
import { headText } from '../archive/head.ts';
import type { Manifest, ManifestObject, StoredManifest } from '../archive/manifest.ts';
import { systemClock } from '../model/clock.ts';
import { type JudgingCode, judgingCode } from '../model/judging-code.ts';
import { isLive, isSameSource, type ListingSource, type ListingTimes, listingTimes } from '../model/listing.ts';
import { type Counts, countFindings, type EnrichedCounts, type Report } from '../model/report.ts';
import type { RetentionDuty } from '../model/retention.ts';
import { runName } from '../model/run-name.ts';
import { continueTrend, type TrendPoint, trendPoint } from '../model/trend.ts';
import type { Notification } from '../notify/channel.ts';
import { noFindings } from '../notify/undelivered.ts';
import { digestOf } from '../outputs/digest.ts';
import type { RunFacts } from '../outputs/output.ts';
import type { Criteria } from './criteria.ts';
import type { History } from './history.ts';
import type { Judgement } from './judging.ts';
import type { AuditRequest } from './request.ts';
import type { AuditSettings } from './settings.ts';
import type { Shortfall } from './verdict.ts';

/** The substance of a report: the listing's counts, the judgement, and what keeps the run from being complete. */
export interface ReportContent {
  readonly counts: Counts;
  readonly listing: ListingTimes;
  /** Undefined where nothing was listed. */
  readonly source?: ListingSource | undefined;
  readonly judgement: Pick<Judgement, 'outcomes' | 'findings' | 'waiverTroubles'>;
  readonly shortfall?: Shortfall | undefined;
  readonly enriched?: EnrichedCounts | undefined;
}

/** The part of a report that is about the runs before. */
interface ReportChain {
  readonly history?: Pick<History, 'head' | 'last' | 'accepted'>;
  /** The place of a complete run. */
  readonly sequence?: number;
  readonly trend?: readonly TrendPoint[] | undefined;
}

/** The last complete run, and its source and code where they are others than this run's. */
const previousOf = (last: StoredManifest | undefined, source: ListingSource | undefined, code: JudgingCode) => {
  if (last === undefined) return undefined;
  const { run, source: previousSource, code: previousCode } = last.manifest;
  const isOther = source !== undefined && previousSource !== undefined && !isSameSource(source, previousSource);
  return {
    previousRun: run,
    ...(isOther && { previousSource }),
    ...(previousCode !== undefined && previousCode.sha256 !== code.sha256 && { previousCode }),
  };
};

/** Whether a live listing began so long after the instant it stands for that it says little of it. */
const isLate = (
  asOf: Date,
  { listing, source }: ReportContent,
  { lateAfterHours }: Pick<AuditSettings, 'lateAfterHours'>,
): boolean =>
  source !== undefined && isLive(source) && Date.parse(listing.startedAt) - asOf.getTime() > lateAfterHours * HOUR_MS;

/** Writes `report.json` out of a run's verdict. */
export const reportOf = (
  { environmentId, accountId, auditorAccountId, region, asOf }: AuditRequest,
  settings: Pick<AuditSettings, 'lateAfterHours' | 'code'>,
  content: ReportContent,
  { history: { head, last, accepted } = {}, sequence, trend = [] }: ReportChain = {},
): Report => {
  const {
    counts,
    listing,
    source,
    judgement: { outcomes, findings, waiverTroubles },
    shortfall,
    enriched,
  } = content;
  const { code = judgingCode() } = settings;
  return {
    schemaVersion: 1,
    run: runName(asOf),
    environmentId,
    accountId,
    ...(auditorAccountId !== undefined && { auditorAccountId }),
    region,
    asOf: asOf.toISOString(),
    listing,
    ...(isLate(asOf, content, settings) && { late: true }),
    ...(source !== undefined && { source }),
    code,
    verdict: shortfall?.verdict ?? 'COMPLETE',
    ...(shortfall !== undefined && { reason: shortfall.reason, message: shortfall.message }),
    counts,
    ...(enriched !== undefined && { enriched }),
    rules: outcomes,
    findings,
    ...(waiverTroubles !== undefined && { waiverTroubles }),
    ...previousOf(last ?? head?.last, source, code),
    ...(accepted !== undefined && { acceptedHistory: accepted }),
    ...(head?.place !== undefined && { previousHead: headText(head.sequence, head.place.sha256) }),
    ...(sequence !== undefined && { sequence }),
    trend: continueTrend(trend, shortfall === undefined ? trendPoint(runName(asOf), findings.bySeverity) : undefined),
  };
};

/** The report of a run that judged nobody, at this moment of the auditor's clock. */
export const unjudgedReport = (
  request: AuditRequest,
  settings: Pick<AuditSettings, 'clock' | 'lateAfterHours' | 'code'>,
  { rules, context }: Criteria,
  shortfall: Shortfall,
): Report => {
  const now = (settings.clock ?? systemClock).now();
  const evaluation = beginEvaluation(rules, context, undefined, { fail: () => {}, notAssessed: () => {} });
  return reportOf(request, settings, {
    shortfall,
    listing: listingTimes(now, now),
    counts: { users: 0, duplicates: 0, conflicting: 0, pages: 0, requests: 0, throttled: 0, retries: 0 },
    judgement: {
      outcomes: evaluation.conclude(positionName, false),
      findings: countFindings().counts(),
      waiverTroubles: undefined,
    },
  });
};

/** The part of a manifest that is about the chain; an attempt that is not complete has none. */
interface ManifestChain {
  readonly history?: History;
  readonly unfinished?: readonly ManifestObject[];
  readonly retention?: RetentionDuty | undefined;
}

/** The manifest of a run, unsigned. */
export const manifestOf = (
  {
    run,
    environmentId,
    accountId,
    region,
    asOf,
    listing,
    late,
    source,
    code,
    verdict,
    reason,
    counts,
    sequence,
  }: Report,
  { rules, context, hashes }: Criteria,
  objects: Manifest['objects'],
  { history, unfinished = [], retention }: ManifestChain = {},
): Manifest => ({
  schemaVersion: 1,
  run,
  environmentId,
  accountId,
  region,
  asOf,
  ...(listing !== undefined && { listing }),
  ...(late && { late }),
  ...(source !== undefined && { source }),
  verdict,
  ...(reason !== undefined && { reason }),
  counts,
  objects,
  hashes,
  rules: Object.fromEntries(
    rules.map(({ rule, state, severity, options }) => [
      rule.id,
      { state, options, ...(severity !== undefined && { severity }) },
    ]),
  ),
  partition: context.partition,
  trustedAccounts: [...context.trustedAccounts],
  ...(retention !== undefined && { retention }),
  ...(code !== undefined && { code }),
  ...(sequence !== undefined && { sequence }),
  ...(history?.head?.place !== undefined && { previous: history.head.place }),
  ...(history?.accepted !== undefined && { acceptedHistory: history.accepted }),
  ...(unfinished.length > 0 && { unfinished }),
});

/** The notification of a run that has just ended; without `findings` it tells of none. */
export const notificationOf = (
  facts: Omit<RunFacts, 'evidence'>,
  archive: Archive,
  reportKey: string | undefined,
  findings: Notification['findings'] = noFindings,
): Notification => ({ report: facts.report, reportKey, digest: digestOf(facts), archive, findings });
