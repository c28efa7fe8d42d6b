import type { ConfiguredRule } from '../rules/engine/configure.ts';
import { beginEvaluation } from '../rules/engine/evaluate.ts';
import type { Reminders } from '../rules/engine/reminder.ts';
import type { Rule } from '../rules/engine/rule.ts';
import { placeName } from '../rules/engine/user.ts';
import type { Waiver } from '../rules/engine/waiver.ts';
import {
  ARCHIVE_PLACE,
  type Delivery,
  deliver,
  tellOnce,
  tellUnmarked,
  wasToldBefore,
} from './alerts/deliver.ts';
import { composeDigest, type DigestFacts } from './alerts/digest.ts';
import { eventsOf, type Tidings } from './alerts/events.ts';
import { type OwedAlert, owedAlerts } from './alerts/owed.ts';
import { recordRun } from './archive/history.ts';
import {
  attemptKeys,
  attemptMarkersPrefix,
  type ObjectName,
  type RunKeys,
  runKeys,
  runName,
} from './archive/keys.ts';
import { readJson } from './archive/lines.ts';
import {
  advanceLatest,
  lastCompleteRun,
  type Manifest,
  type ManifestObject,
  readManifest,
  type StoredManifest,
} from './archive/manifest.ts';
import { readPast, readRoster, readRunLines, readRunObject } from './archive/past.ts';
import { manifestText, type Signer, SigningError, signManifest } from './archive/signature.ts';
import { createSpoolFolder, type Evidence, evidenceOf, hashOf, type SpoolFolder } from './archive/spool.ts';
import { storeAnew, storeOnce } from './archive/store.ts';
import { beginJudging, type Earlier, type Judgement, type Judging, type Yardstick } from './judgement.ts';
import type {
  Alert,
  Archive,
  ListingCounts,
  ListingEnd,
  PublishEvents,
  SendAlert,
  UserSource,
} from './ports.ts';
import type { Highlight } from './report/highlights.ts';
import { reportPage } from './report/html.ts';
import { serialiseRecord } from './report/record.ts';
import {
  type Counts,
  countFindings,
  type Report,
  type Verdict,
  type VerdictReason,
} from './report/report.ts';
import { continueTrend, readTrend, type TrendPoint, trendPoint } from './report/trend.ts';
import { CODE_VERSION } from './version.ts';

/** One run of the audit. */
export interface AuditRequest {
  readonly environmentId: string;
  /** The environment's. */
  readonly accountId: string;
  /** The account of the auditor, where it is another. */
  readonly auditorAccountId?: string;
  readonly region: string;
  /** Such as `aws`. */
  readonly partition: string;
  /** The instant the run speaks for, and its name: a second attempt carries the same. Whole seconds. */
  readonly asOf: Date;
  /** Tells this attempt at the run from others, `[A-Za-z0-9-]+`. */
  readonly attempt: string;
  /** When the listing has to end, in milliseconds since the epoch. */
  readonly deadline: number;
  /** The roster may be smaller than `maxDropPercent` allows: someone has looked into it. */
  readonly acceptRosterDrop: boolean;
}

export interface AuditSettings {
  readonly listUsers: UserSource;
  readonly archive: Archive;
  readonly sendAlert: SendAlert;
  /** Tells those who automate, where the operator wants it. */
  readonly publishEvents?: PublishEvents;
  readonly rules: readonly ConfiguredRule[];
  readonly waivers: readonly Waiver[];
  readonly reminders: Reminders;
  /** Accounts whose roles are welcome besides the environment's own. */
  readonly trustedAccounts: readonly string[];
  /** By how many per cent the roster may shrink between two runs. */
  readonly maxDropPercent: number;
  /** What operators call the environment. */
  readonly environmentName?: string;
  /** The zone of the schedule, an IANA name: the page tells the run's instant in it, too. */
  readonly timeZone?: string;
  /** The config as it was read: its hash goes into the manifest. */
  readonly config: unknown;
  /** Signs the manifests of complete runs, where the operator wants them signed. */
  readonly signManifestDigest?: Signer;
  /** How long a second attempt waits for the first one's alert before it sends its own; 10 s where undefined. */
  readonly alertPatienceMs?: number;
  onProgress?(progress: { readonly users: number; readonly counts: ListingCounts }): void;
}

export interface AuditResult {
  readonly report: Report;
  readonly highlights: readonly Highlight[];
  readonly alert: Delivery;
  /** What became of the run's events; undefined where none are wanted. */
  readonly events?: Delivery | undefined;
  /** What was stored; empty where the archive took nothing. */
  readonly objects: Readonly<Partial<Record<ObjectName, ManifestObject>>>;
  /** The run had been completed before: nothing was read, judged or written anew. */
  readonly wasDone: boolean;
  /** What went wrong beside the evidence: an aid that could not be written. */
  readonly warnings: readonly string[];
}

/** Why a run is not complete. */
interface Shortfall {
  readonly verdict: Exclude<Verdict, 'COMPLETE'>;
  readonly reason: VerdictReason;
  /** In words, with what to do about it. */
  readonly message: string;
}

/** A run in progress: what every step needs. */
interface Run {
  readonly request: AuditRequest;
  readonly settings: AuditSettings;
  readonly spools: SpoolFolder;
  readonly name: string;
  readonly keys: RunKeys;
  readonly yardstick: Yardstick;
}

/** What earlier runs left that this one builds upon. */
interface Before {
  readonly last: StoredManifest | undefined;
  /** The report of that run. */
  readonly report: Report | undefined;
  readonly owed: readonly OwedAlert[];
}

/** What the listing gave. */
interface Look {
  readonly end: ListingEnd;
  readonly counts: Counts;
  readonly snapshot: Evidence;
}

/** A roster that shrank by fewer users than this is no drop, whatever the percentage. */
const LEAST_ROSTER_DROP = 5;

const NOTHING_COUNTED: Counts = { users: 0, duplicates: 0, pages: 0, requests: 0, throttled: 0, retries: 0 };

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Looks, judges and tells: one run, from the listing to the alert. What the service, the archive or the alerts do
 * ends in the verdict, never in a throw.
 */
export const audit = async (request: AuditRequest, settings: AuditSettings): Promise<AuditResult> => {
  const { environmentId, accountId, partition, asOf } = request;
  const spools = await createSpoolFolder();
  const run: Run = {
    request,
    settings,
    spools,
    name: runName(asOf),
    keys: runKeys(environmentId, asOf),
    yardstick: {
      rules: settings.rules,
      catalogue: new Map(settings.rules.map(({ rule }) => [rule.id, rule])),
      waivers: settings.waivers,
      reminders: settings.reminders,
      asOf: asOf.toISOString(),
      context: {
        now: asOf.getTime(),
        environmentId,
        partition,
        trustedAccounts: new Set([accountId, ...settings.trustedAccounts]),
      },
    },
  };
  try {
    return await recorded(run, await execute(run));
  } catch (error) {
    return await failWithoutArchive(run, error);
  } finally {
    await spools.remove();
  }
};

/** The result, with the run on the page of all runs: an aid, so its failure is told and fails nothing. */
const recorded = async ({ request, settings }: Run, result: AuditResult): Promise<AuditResult> => {
  const { environmentName, archive } = settings;
  const { environmentId, attempt } = request;
  const { report } = result;
  try {
    await recordRun(archive, {
      environmentId,
      report,
      ...(environmentName !== undefined && { environmentName }),
      ...(report.verdict !== 'COMPLETE' && { attempt }),
    });
    return result;
  } catch (error) {
    return { ...result, warnings: [`the page of all runs was not written: ${messageOf(error)}`] };
  }
};

const execute = async (run: Run): Promise<AuditResult> => {
  const { archive } = run.settings;
  const done = await readManifest(archive, run.keys.manifest);
  if (done !== undefined) return finishDoneRun(run, done);

  const last = await lastCompleteRun(archive, run.request.environmentId);
  if (last !== undefined && last.manifest.run > run.name) return refuseLateRun(run, last.manifest.run);

  const before = await readBefore(run, last);
  const earlier = await readEarlier(archive, last?.manifest, run.yardstick.catalogue);
  const judging = beginJudging(run.yardstick, earlier, run.spools);
  const look = await lookAt(run, judging);
  const cut = cutOf(look) ?? shrinkageOf(run, look.counts.users, last?.manifest);
  const judgement = await judging.conclude(cut === undefined);
  const shortfall = cut ?? ruleErrorOf(judgement);

  return shortfall === undefined
    ? completeRun(run, before, look, judgement)
    : keepUnfinishedRun(run, before, shortfall, look, judgement);
};

const readBefore = async ({ request, settings }: Run, last: StoredManifest | undefined): Promise<Before> => ({
  last,
  report: last && ((await readRunObject(settings.archive, last.manifest, 'report')) as Report),
  owed: await owedAlerts(settings.archive, request.environmentId, request.asOf),
});

const readEarlier = async (
  archive: Archive,
  manifest: Manifest | undefined,
  catalogue: ReadonlyMap<string, Rule>,
): Promise<Earlier> => ({
  manifest,
  past: await readPast(archive, manifest, catalogue),
  roster: await readRoster(archive, manifest),
  findings: async function* findings() {
    if (manifest !== undefined) yield* readRunLines(archive, manifest, 'findings');
  },
});

const lookAt = async ({ request, settings, spools }: Run, judging: Judging): Promise<Look> => {
  const snapshot = spools.open('snapshot.jsonl.gz');
  const listing = settings.listUsers(request.deadline);
  for await (const page of listing.pages) {
    for (const record of page) {
      if (judging.see(record)) await snapshot.write(serialiseRecord(record));
    }
    await judging.settled();
    settings.onProgress?.({ users: judging.users, counts: listing.counts() });
  }
  const { users, duplicates } = judging;
  return {
    end: listing.end(),
    counts: { users, duplicates, ...listing.counts() },
    snapshot: await snapshot.finish(),
  };
};

/** Where the listing did not end of itself. */
const cutOf = ({ end, counts }: Look): Shortfall | undefined => {
  if (end.complete) return undefined;
  const { reason, message } = end;
  const isFailure = counts.pages === 0 && (reason === 'access-denied' || reason === 'source-unavailable');
  return { verdict: isFailure ? 'FAILED' : 'INCOMPLETE', reason, message };
};

/** Where the listing ended and yet can't be the whole directory. */
const shrinkageOf = (
  { request, settings }: Run,
  users: number,
  last: Manifest | undefined,
): Shortfall | undefined => {
  if (users === 0) {
    return {
      verdict: 'INCOMPLETE',
      reason: 'empty-roster',
      message: 'the listing ended without a single user, and a FinSpace environment always has one',
    };
  }
  const before = last?.counts.users ?? 0;
  const gone = before - users;
  const isDrop = gone >= LEAST_ROSTER_DROP && gone * 100 > before * settings.maxDropPercent;
  if (!isDrop || request.acceptRosterDrop) return undefined;
  return {
    verdict: 'INCOMPLETE',
    reason: 'roster-drop',
    message:
      `${users} users where run ${last?.run} had ${before}: more than ${settings.maxDropPercent} % fewer; ` +
      'FinSpace has no deletion, so look into it, then accept it with --accept-roster-drop or acceptRosterDrop in the event',
  };
};

const ruleErrorOf = ({ outcomes }: Judgement): Shortfall | undefined => {
  const broken = outcomes.filter(({ error }) => error !== undefined).map(({ id }) => id);
  if (broken.length === 0) return undefined;
  return {
    verdict: 'INCOMPLETE',
    reason: 'rule-error',
    message: `${broken.join(', ')} failed while judging; what it threw stands in report.json`,
  };
};

const reportOf = (
  { request, name, yardstick }: Run,
  last: Manifest | undefined,
  shortfall: Shortfall | undefined,
  counts: Counts,
  { outcomes, findings, waiverTroubles }: Pick<Judgement, 'outcomes' | 'findings' | 'waiverTroubles'>,
  trend: readonly TrendPoint[] = [],
): Report => ({
  schemaVersion: 1,
  run: name,
  environmentId: request.environmentId,
  accountId: request.accountId,
  ...(request.auditorAccountId !== undefined && { auditorAccountId: request.auditorAccountId }),
  region: request.region,
  asOf: yardstick.asOf,
  verdict: shortfall?.verdict ?? 'COMPLETE',
  ...(shortfall !== undefined && { reason: shortfall.reason, message: shortfall.message }),
  counts,
  rules: outcomes,
  findings,
  ...(waiverTroubles !== undefined && { waiverTroubles }),
  ...(last !== undefined && { previousRun: last.run }),
  trend: continueTrend(trend, shortfall === undefined ? trendPoint(name, findings.bySeverity) : undefined),
});

const hashesOf = ({ rules, waivers, config }: AuditSettings): Manifest['hashes'] => ({
  ruleset: hashOf(rules),
  config: hashOf(config),
  waivers: hashOf(waivers),
});

const manifestOf = (
  run: Run,
  last: StoredManifest | undefined,
  report: Report,
  objects: Manifest['objects'],
): Manifest => {
  const { rules } = run.settings;
  return {
    schemaVersion: 1,
    run: report.run,
    environmentId: report.environmentId,
    accountId: report.accountId,
    region: report.region,
    asOf: report.asOf,
    verdict: report.verdict,
    ...(report.reason !== undefined && { reason: report.reason }),
    counts: report.counts,
    objects,
    hashes: hashesOf(run.settings),
    rules: Object.fromEntries(
      rules.map(({ rule, state, severity, options }) => [
        rule.id,
        { state, options, ...(severity !== undefined && { severity }) },
      ]),
    ),
    trustedAccounts: [...run.yardstick.context.trustedAccounts],
    codeVersion: CODE_VERSION,
    ...(last !== undefined && { previous: { run: last.manifest.run, key: last.key, sha256: last.sha256 } }),
  };
};

const jsonEvidence = (value: unknown): Evidence => evidenceOf(`${JSON.stringify(value, null, 2)}\n`);

/** The run as people read it. `manifestKey` names what will vouch for it. */
const pageOf = (
  { settings }: Run,
  last: StoredManifest | undefined,
  report: Report,
  highlights: readonly Highlight[],
  objects: Manifest['objects'],
  manifestKey?: string,
): Evidence => {
  const { environmentName, timeZone, rules } = settings;
  return evidenceOf(
    reportPage({
      report,
      rules,
      highlights,
      objects,
      hashes: hashesOf(settings),
      codeVersion: CODE_VERSION,
      ...(environmentName !== undefined && { environmentName }),
      ...(timeZone !== undefined && { timeZone }),
      ...(last !== undefined && { last }),
      ...(manifestKey !== undefined && { manifestKey }),
    }),
  );
};

const digestOf = (
  run: Run,
  keys: RunKeys,
  report: Report,
  highlights: readonly Highlight[],
  earlier: Report | undefined,
): Alert | undefined => {
  const { environmentName } = run.settings;
  const facts: DigestFacts = {
    report,
    highlights,
    earlierTroubles: earlier?.waiverTroubles ?? [],
    rules: run.yardstick.catalogue,
    reportLocation: `${ARCHIVE_PLACE}/${keys.object('html')}`,
    ...(environmentName !== undefined && { environmentName }),
  };
  return composeDigest(facts);
};

const resultOf = (
  report: Report,
  alert: Delivery,
  events: Delivery | undefined,
  objects: AuditResult['objects'],
  highlights: readonly Highlight[] = [],
): AuditResult => ({ report, highlights, alert, events, objects, wasDone: false, warnings: [] });

/**
 * Stores a complete run. Objects are written once and the manifest last, so a second attempt at the same run, after
 * a crash or at the same time, finds the first one's snapshot, judges that, and comes to the same evidence.
 */
const completeRun = async (
  run: Run,
  before: Before,
  look: Look,
  ownJudgement: Judgement,
): Promise<AuditResult> => {
  const { archive } = run.settings;
  const { last } = before;
  const snapshot = await storeOnce(archive, run.keys.object('snapshot'), look.snapshot);
  const { judgement, counts } = snapshot.isOurs
    ? { judgement: ownJudgement, counts: look.counts }
    : await judgeStoredSnapshot(run, last, look, snapshot.object);

  const findings = await storeAnew(archive, run.keys.object('findings'), judgement.evidence.findings);
  const resolved = await storeAnew(archive, run.keys.object('resolved'), judgement.evidence.resolved);
  const csv = await storeAnew(archive, run.keys.object('csv'), judgement.evidence.csv);

  const { report, object } = await storeReport(
    run,
    reportOf(run, last?.manifest, undefined, counts, judgement, readTrend(before.report)),
    findings.isOurs,
  );
  const digest = digestOf(run, run.keys, report, judgement.highlights, before.report);
  const told: Manifest['objects'] = {
    snapshot: snapshot.object,
    findings: findings.object,
    resolved: resolved.object,
    csv: csv.object,
    report: object,
  };
  const page = pageOf(run, last, report, judgement.highlights, told, run.keys.manifest);
  const objects: Manifest['objects'] = {
    ...told,
    html: (await storeAnew(archive, run.keys.object('html'), page)).object,
    ...(digest !== undefined && {
      digest: (await storeAnew(archive, run.keys.object('digest'), jsonEvidence(digest))).object,
    }),
  };

  const unsigned = manifestOf(run, last, report, objects);
  const { signManifestDigest } = run.settings;
  const manifest =
    signManifestDigest === undefined ? unsigned : await signManifest(unsigned, signManifestDigest);
  const stored = await storeOnce(archive, run.keys.manifest, evidenceOf(manifestText(manifest)));
  await advanceLatest(archive, run.request.environmentId, {
    manifest,
    key: stored.object.key,
    sha256: stored.object.sha256,
  });
  // Whoever wrote the manifest tells; who finds it written waits for them to, and tells only if they don't.
  if (stored.isNew) await deliverOwed(run, before.owed);
  const patienceMs = stored.isNew ? 0 : patienceOf(run);
  const alert = await deliverDigest(run, manifest, digest, patienceMs);
  const events = await publishRun(run, manifest, report, patienceMs);
  return resultOf(report, alert, events, objects, judgement.highlights);
};

/**
 * The report tells what the listing cost, which differs from attempt to attempt: an earlier attempt's stands, unless
 * it judged otherwise.
 */
const storeReport = async (
  { settings: { archive }, keys }: Run,
  report: Report,
  isSameJudgement: boolean,
): Promise<{ readonly report: Report; readonly object: ManifestObject }> => {
  const key = keys.object('report');
  const evidence = jsonEvidence(report);
  if (!isSameJudgement) return { report, object: (await storeAnew(archive, key, evidence)).object };
  const { object, isOurs } = await storeOnce(archive, key, evidence);
  if (isOurs) return { report, object };
  const stored = await archive.read(key);
  if (stored === undefined) throw new Error(`${key} is missing`);
  return { report: (await readJson(stored.body)) as Report, object };
};

const judgeStoredSnapshot = async (
  run: Run,
  last: StoredManifest | undefined,
  look: Look,
  snapshot: ManifestObject,
): Promise<{ readonly judgement: Judgement; readonly counts: Counts }> => {
  const { archive } = run.settings;
  const earlier = await readEarlier(archive, last?.manifest, run.yardstick.catalogue);
  const judging = beginJudging(run.yardstick, earlier, run.spools);
  for await (const record of readRunLines(archive, { run: run.name, objects: { snapshot } }, 'snapshot')) {
    judging.see(record);
    await judging.settled();
  }
  const judgement = await judging.conclude(true);
  return { judgement, counts: { ...look.counts, users: judging.users } };
};

/** Keeps what an unfinished run could read, apart from the runs, and tells people. */
const keepUnfinishedRun = async (
  run: Run,
  before: Before,
  shortfall: Shortfall,
  look: Look,
  { evidence: { findings, csv }, ...judgement }: Judgement,
): Promise<AuditResult> => {
  const { last } = before;
  const report = reportOf(run, last?.manifest, shortfall, look.counts, judgement, readTrend(before.report));
  const evidence = { snapshot: look.snapshot, findings, csv };
  const result = await keepAttempt(run, last, report, judgement.highlights, evidence);
  await deliverOwed(run, before.owed);
  return result;
};

const keepAttempt = async (
  run: Run,
  last: StoredManifest | undefined,
  report: Report,
  highlights: readonly Highlight[],
  evidence: Readonly<Partial<Record<ObjectName, Evidence>>>,
): Promise<AuditResult> => {
  const { archive } = run.settings;
  const { environmentId, asOf, attempt } = run.request;
  const keys = attemptKeys(environmentId, asOf, attempt);
  const digest = digestOf(run, keys, report, highlights, undefined);
  const all: Partial<Record<ObjectName, Evidence>> = {
    ...evidence,
    report: jsonEvidence(report),
    ...(digest !== undefined && { digest: jsonEvidence(digest) }),
  };
  const objects: Partial<Record<ObjectName, ManifestObject>> = {};
  for (const [name, content] of Object.entries(all) as [ObjectName, Evidence][]) {
    objects[name] = (await storeOnce(archive, keys.object(name), content)).object;
  }
  const page = pageOf(run, last, report, highlights, objects, keys.manifest);
  objects.html = (await storeOnce(archive, keys.object('html'), page)).object;
  const manifest = manifestOf(run, undefined, report, objects);
  await storeOnce(archive, keys.manifest, evidenceOf(manifestText(manifest)));

  const alert = await deliverShortfall(run, keys, report, digest);
  const events = await publishShortfall(run, keys, report);
  return resultOf(report, alert, events, objects, highlights);
};

/** Far longer than an attempt takes from its manifest to the marker of its alert. */
const ALERT_PATIENCE_MS = 10_000;

const patienceOf = ({ settings }: Run): number => settings.alertPatienceMs ?? ALERT_PATIENCE_MS;

const deliverDigest = async (
  { settings }: Run,
  { run, environmentId, asOf, verdict }: Manifest,
  digest: Alert | undefined,
  patienceMs: number,
): Promise<Delivery> => {
  if (digest === undefined) return { outcome: 'quiet' };
  return deliver({
    archive: settings.archive,
    markerKey: runKeys(environmentId, new Date(asOf)).alert,
    send: settings.sendAlert,
    alert: digest,
    facts: { run, verdict },
    patienceMs,
  });
};

const deliverShortfall = async (
  { request, settings }: Run,
  keys: RunKeys,
  { run, verdict, reason = 'config' }: Report,
  digest: Alert | undefined,
): Promise<Delivery> => {
  if (digest === undefined) return { outcome: 'quiet' };
  const { archive, sendAlert } = settings;
  if (
    await wasToldBefore(archive, attemptMarkersPrefix('alerts', request.environmentId, request.asOf), reason)
  ) {
    return { outcome: 'already-sent' };
  }
  return deliver({
    archive,
    markerKey: keys.alert,
    send: sendAlert,
    alert: digest,
    facts: { run, verdict, reason },
    patienceMs: 0,
  });
};

const publishOnce = (
  { settings: { archive } }: Run,
  publish: PublishEvents,
  markerKey: string,
  tidings: Tidings,
  patienceMs: number,
): Promise<Delivery> => {
  const { run, verdict, reason } = tidings.report;
  return tellOnce({ archive, markerKey, patienceMs }, async () => ({
    run,
    verdict,
    ...(reason !== undefined && { reason }),
    events: await publish(eventsOf(tidings)),
  }));
};

/** The events of a complete run: its findings are read back, since there may be any number of them. */
const publishRun = async (
  run: Run,
  manifest: Manifest,
  report: Report,
  patienceMs: number,
): Promise<Delivery | undefined> => {
  const { archive, publishEvents } = run.settings;
  if (publishEvents === undefined) return undefined;
  const tidings = {
    report,
    reportKey: run.keys.object('report'),
    findings: readRunLines(archive, manifest, 'findings'),
  };
  return publishOnce(run, publishEvents, run.keys.events, tidings, patienceMs);
};

const publishShortfall = async (run: Run, keys: RunKeys, report: Report): Promise<Delivery | undefined> => {
  const { request, settings } = run;
  const { archive, publishEvents } = settings;
  if (publishEvents === undefined) return undefined;
  const { reason = 'config' } = report;
  const prefix = attemptMarkersPrefix('events', request.environmentId, request.asOf);
  if (await wasToldBefore(archive, prefix, reason)) return { outcome: 'already-sent' };
  const tidings = { report, reportKey: keys.object('report'), findings: [] as const };
  return publishOnce(run, publishEvents, keys.events, tidings, 0);
};

/** Sends what earlier runs could not; where that fails again, the next run tries. */
const deliverOwed = async ({ settings }: Run, owed: readonly OwedAlert[]): Promise<void> => {
  const { archive, sendAlert: send } = settings;
  for (const errand of owed) {
    const { outcome } = await deliver({ ...errand, archive, send, patienceMs: 0 });
    if (outcome === 'failed') return;
  }
};

/** A redelivered event: the run is there; only an alert that was not sent is still owed. */
const finishDoneRun = async (run: Run, { manifest, key, sha256 }: StoredManifest): Promise<AuditResult> => {
  const { archive } = run.settings;
  await advanceLatest(archive, run.request.environmentId, { manifest, key, sha256 });
  const report = (await readRunObject(archive, manifest, 'report')) as Report;
  const digest = (await readRunObject(archive, manifest, 'digest')) as Alert | undefined;
  const alert = await deliverDigest(run, manifest, digest, patienceOf(run));
  const events = await publishRun(run, manifest, report, patienceOf(run));
  return { ...resultOf(report, alert, events, manifest.objects), wasDone: true };
};

/** Nothing is judged for an instant that a later complete run has gone past: its users are no longer to be seen. */
const refuseLateRun = (run: Run, later: string): Promise<AuditResult> => {
  const report = unjudged(run, {
    verdict: 'FAILED',
    reason: 'config',
    message: `run ${run.name} comes after the fact: run ${later} is complete, and what users were like before it can't be read now`,
  });
  return keepAttempt(run, undefined, report, [], {});
};

const unjudged = (run: Run, shortfall: Shortfall): Report => {
  const evaluation = beginEvaluation(run.settings.rules, run.yardstick.context, undefined, {
    fail: () => {},
    notAssessed: () => {},
  });
  return reportOf(run, undefined, shortfall, NOTHING_COUNTED, {
    outcomes: evaluation.conclude(placeName, false),
    findings: countFindings().counts(),
    waiverTroubles: undefined,
  });
};

/** The archive can't be read or written, or the run has no signature: the one thing left is to say so. */
const failWithoutArchive = async (run: Run, error: unknown): Promise<AuditResult> => {
  const { archive, sendAlert, publishEvents } = run.settings;
  const report = unjudged(run, {
    verdict: 'FAILED',
    reason: 'archive-unavailable',
    message:
      error instanceof SigningError
        ? `the manifest is not signed, so the run does not exist: ${error.message}`
        : `${archive.location}: ${messageOf(error)}`,
  });
  const digest = digestOf(run, run.keys, report, [], undefined);
  const alert =
    digest === undefined ? { outcome: 'quiet' as const } : await tellUnmarked(() => sendAlert(digest));
  const tidings = { report, reportKey: undefined, findings: [] as const };
  const events = publishEvents && (await tellUnmarked(() => publishEvents(eventsOf(tidings))));
  return resultOf(report, alert, events, {});
};
