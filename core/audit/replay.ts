import type { Finding } from '../../rules/engine/finding.ts';
import { type RecentlyResolved, staysOpen } from '../../rules/engine/lifecycle.ts';
import { OpenFindings } from '../../rules/engine/memory/open-findings.ts';
import { Roster } from '../../rules/engine/memory/roster.ts';
import { parseRecord } from '../../rules/engine/record.ts';
import { readUser } from '../../rules/engine/user.ts';
import type { Archive } from '../archive/archive.ts';
import { attemptKeys, runKeys } from '../archive/keys.ts';
import type { StoredLine } from '../archive/lines.ts';
import type { Manifest } from '../archive/manifest.ts';
import { openFindingOf, readRunLines } from '../archive/read-run.ts';
import { partitionOfRun } from '../aws/partition.ts';
import type { Highlight } from '../model/highlights.ts';
import { listingTimes } from '../model/listing.ts';
import type { Report } from '../model/report.ts';
import { readTrend } from '../model/trend.ts';
import type { Alert } from '../notify/channel.ts';
import { headAlert, QUIET_MS } from '../notify/digest/head.ts';
import { digestOf } from '../outputs/digest.ts';
import { FINDING_OUTPUTS } from '../outputs/index.ts';
import { type ArchivedListing, chooseEnrichments } from '../sources/index.ts';
import { nameAndMessageOf } from '../text/error-message.ts';
import { type Criteria, criteriaOf } from './criteria.ts';
import { manifestOf, reportOf } from './documents.ts';
import type { EarlierRun } from './earlier-runs.ts';
import { enrichedCounts, type Facts, readEnrichments } from './enriching.ts';
import type { FindingsKeeper } from './finding-files.ts';
import type { LastRun } from './history.ts';
import { type Baseline, beginJudging, withoutResolved } from './judging.ts';
import { factsOf } from './objects.ts';
import type { AuditRequest } from './request.ts';
import type { configuredSettings } from './settings.ts';
import { lateShortfall, listingShortfall, rosterShortfall, ruleShortfall, type Shortfall } from './verdict.ts';

/** The run that an audit would have made of an archived one. */
export interface ReplayedRun {
  readonly report: Report;
  /** The mail that people would have got; undefined: they would have been left in peace. */
  readonly alert: Alert | undefined;
  readonly highlights: readonly Highlight[];
  /** Those of its file of findings, in order. */
  readonly findings: readonly Finding[];
}

/** A run that is being judged anew. */
export interface RunReplay {
  /** Judges the users that come next. */
  take(page: readonly StoredLine[]): Promise<void>;
  /** Ends it once the listing has ended; gives what kept it from being judged where that is so. */
  conclude(): Promise<ReplayedRun | Shortfall>;
}

/** Begins to judge one run after the other, in their order; each is concluded before the next one begins. */
export type ReplayRun = (manifest: Manifest, listing: ArchivedListing) => Promise<RunReplay>;

type ReplaySettings = ReturnType<typeof configuredSettings>;

/** The findings of a run, in memory. */
interface KeptFindings {
  readonly findings: readonly Finding[];
  readonly resolved: readonly RecentlyResolved[];
  /** The instants at which those that are carried were last seen to fail. */
  readonly carriedSince: ReadonlySet<string>;
}

/** A finding as its line has it: this is what the run that follows reads of it. */
const lineOf = (finding: Finding): string => FINDING_OUTPUTS.findings.line(finding);

// What else JSON has no words for, or has words of its own, has broken its rule before it is a finding.
const isPlainValue = (value: unknown): boolean => value === null || typeof value !== 'object';

/** Tells of most evidence, and for little, that it is JSON; of other evidence only to write it tells. */
const isPlain = (evidence: Finding['evidence']): boolean => {
  for (const member in evidence) {
    const value = evidence[member];
    if (!(Array.isArray(value) ? value.every(isPlainValue) : isPlainValue(value))) return false;
  }
  return true;
};

const keepInMemory = (): FindingsKeeper<KeptFindings> => {
  const findings: Finding[] = [];
  const carriedSince = new Set<string>();
  return {
    // What is no JSON is the fault of its rule here as it was there.
    textsOf: (finding) => (isPlain(finding.evidence) ? [] : [lineOf(finding)]),
    keep(finding) {
      findings.push(finding);
      if (finding.carried) carriedSince.add(finding.lastSeen);
      return undefined;
    },
    finish: async (resolved) => ({ findings, resolved, carriedSince }),
  };
};

/** The legacy of a run that came to its end for the next one. */
interface Left {
  readonly run: LastRun;
  readonly kept: KeptFindings;
  readonly facts: Facts;
  readonly outcome: ReplayedRun;
  readonly records: EarlierRun['records'];
  /** Its users; undefined once a run has compared with them, which writes into it. */
  roster: Roster | undefined;
}

const readRosterOf = async (records: EarlierRun['records']): Promise<Roster> => {
  const roster = new Roster();
  let position = 0;
  for await (const record of records()) {
    roster.addBaseline(readUser(record, position));
    position += 1;
  }
  return roster;
};

/** The state that the last run left, for the next one to compare with. */
const baselineOf = async (
  left: Left | undefined,
  earlier: ReadonlyMap<string, EarlierRun>,
  { catalogue, enrich }: Criteria,
): Promise<Baseline & { readonly next: Roster }> => {
  const before = (left?.kept.findings ?? []).filter((finding) => staysOpen(finding, catalogue.get(finding.ruleId)));
  const open = new OpenFindings();
  for (const finding of before) open.add(finding.id, openFindingOf(finding));
  const roster = left === undefined ? new Roster() : (left.roster ?? (await readRosterOf(left.records)));
  if (left !== undefined) left.roster = undefined;
  return {
    manifest: left?.run.manifest,
    findingBaseline: { open, resolved: new Map(left?.kept.resolved.map((one) => [one.id, one])) },
    roster,
    next: new Roster(),
    ...(enrich.has('iamRoles') && { roles: left?.facts.roles }),
    // The others have no more to be said of.
    findings: async function* findings() {
      for (const finding of before) if (open.fateOf(finding.id) !== 'failed-again') yield parseRecord(lineOf(finding));
    },
    findEarlierRun: async (asOf) => earlier.get(asOf),
  };
};

const requestFor = (manifest: Manifest): AuditRequest => ({
  environmentId: manifest.environmentId,
  accountId: manifest.accountId,
  region: manifest.region,
  partition: partitionOfRun(manifest),
  asOf: new Date(manifest.asOf),
  attempt: 'replay',
  deadline: Number.POSITIVE_INFINITY,
  // The run was complete then: either it was no drop, or somebody accepted it.
  acceptRosterDrop: true,
});

/** The end of a run that nobody is judged of. */
const endedAs = (end: ReplayedRun | Shortfall): RunReplay => ({
  take: () => Promise.resolve(),
  conclude: () => Promise.resolve(end),
});

/** Tells whether people were mailed once, and not within the last month before a run: by whole days. */
const isLongQuiet = (asOf: Date, lastNotified: Date | undefined): boolean =>
  lastNotified !== undefined &&
  lastNotified.toISOString() < new Date(asOf.getTime() - QUIET_MS).toISOString().slice(0, 10);

/**
 * Judges archived runs by rules and settings of today as if each were tonight's, and writes nothing: what an audit would
 * leave for the next one it keeps in memory, the findings of one run at a time.
 * @param archive is read, and only read
 */
export const openReplay = (archive: Archive, settings: ReplaySettings): ReplayRun => {
  let left: Left | undefined;
  /** The runs at whose instants findings that are open were last seen to fail. */
  let earlier: ReadonlyMap<string, EarlierRun> = new Map();
  /** The instant of the last mail. */
  let lastNotified: Date | undefined;

  const unavailable = (error: unknown): Shortfall => ({
    verdict: 'FAILED',
    reason: 'archive-unavailable',
    message: `${archive.location}: ${nameAndMessageOf(error)}`,
  });

  const leave = (run: Left): ReplayedRun => {
    const { manifest } = run.run;
    const facts = { roles: run.facts.roles?.book, memberships: run.facts.groups };
    const kept = [...earlier].filter(([asOf]) => run.kept.carriedSince.has(asOf));
    earlier = new Map([...kept, [manifest.asOf, { manifest, records: run.records, facts: async () => facts }]]);
    left = run;
    return run.outcome;
  };

  const beginRun = async (manifest: Manifest, listing: ArchivedListing): Promise<RunReplay> => {
    const request = requestFor(manifest);
    const { environmentId, asOf } = request;
    const last = left?.run;
    // It was told already.
    if (left?.run.manifest.run === manifest.run) return endedAs({ ...left.outcome, alert: undefined, highlights: [] });
    if (last !== undefined && last.manifest.run > manifest.run)
      return endedAs(lateShortfall(request, last.manifest.run));

    const criteria = criteriaOf(request, settings);
    const baseline = await baselineOf(left, earlier, criteria);
    const judging = beginJudging(criteria, baseline, keepInMemory);
    const records = () => readRunLines(archive, manifest, 'snapshot');

    const judged = async (): Promise<ReplayedRun | Shortfall> => {
      const { users, duplicates, conflicting } = judging;
      const counts = { users, duplicates, conflicting, ...listing.counts() };
      const facts = await readEnrichments({
        enrich: criteria.enrich,
        enrichments: chooseEnrichments({ archive, manifest }),
        arns: () => judging.arns(),
        before: baseline.roles,
        users: counts.users,
        deadline: request.deadline,
      });
      const unseen =
        listingShortfall({ end: listing.end(), counts }) ?? rosterShortfall(counts.users, last?.manifest, undefined);
      const judgement = await judging.conclude(unseen === undefined, records, facts);
      const shortfall = unseen ?? ruleShortfall(judgement);
      const claimed = shortfall === undefined ? judgement : withoutResolved(judgement);
      const content = {
        counts,
        listing: listingTimes(listing.startedAt, listing.readAt()),
        source: listing.source,
        judgement: claimed,
        shortfall,
        enriched: enrichedCounts(facts),
      };
      const report = reportOf(request, settings, content, { history: { last }, trend: readTrend(last?.report) });
      const keys =
        shortfall === undefined ? runKeys(environmentId, asOf) : attemptKeys(environmentId, asOf, request.attempt);
      const { highlights } = claimed;
      const digest = digestOf({ ...factsOf(settings, criteria, keys, last), report, highlights });
      const isHeadDue = shortfall === undefined && digest === undefined && isLongQuiet(asOf, lastNotified);
      const alert = isHeadDue ? headAlert(report) : digest;
      if (alert !== undefined) lastNotified = asOf;
      if (shortfall !== undefined) return shortfall;

      const stored = {
        manifest: manifestOf(report, criteria, manifest.objects),
        key: keys.manifest,
        sha256: '',
        report,
      };
      const { evidence: kept } = judgement;
      const outcome = { report, alert, highlights, findings: kept.findings };
      return leave({ run: stored, kept, facts, outcome, records, roster: baseline.next });
    };

    return {
      async take(page) {
        judging.readAt(listing.readAt());
        // A snapshot has no record twice.
        for (const { record, text } of page) judging.see(record, text);
        await judging.settled();
      },
      conclude: () => judged().catch(unavailable),
    };
  };

  return (manifest, listing) => beginRun(manifest, listing).catch((error: unknown) => endedAs(unavailable(error)));
};
