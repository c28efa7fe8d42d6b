import { beginEvaluation } from '../../rules/engine/evaluate.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import { positionName } from '../../rules/engine/user.ts';
import type { Archive } from '../archive/archive.ts';
import { attemptKeys, type ObjectName, runKeys } from '../archive/keys.ts';
import { readJson } from '../archive/lines.ts';
import {
  advanceLatest,
  lastCompleteRun,
  type Manifest,
  type ManifestObject,
  readManifest,
  type StoredManifest,
} from '../archive/manifest.ts';
import { readPast, readRoster, readRunLines, readRunObject } from '../archive/read-run.ts';
import { manifestText, SigningError, signManifest } from '../archive/signature.ts';
import { createSpoolFolder, type Evidence, evidenceOf } from '../archive/staging.ts';
import { storeAnew, storeOnce } from '../archive/store.ts';
import type { Highlight } from '../model/highlights.ts';
import { serialiseRecord } from '../model/record.ts';
import { type Counts, countFindings, type Report } from '../model/report.ts';
import { runName } from '../model/run-name.ts';
import { readTrend } from '../model/trend.ts';
import type { Alert } from '../notify/channel.ts';
import { eventsOf } from '../notify/channels/events.ts';
import { type Delivery, tellUnmarked } from '../notify/deliver.ts';
import {
  deliverDigest,
  deliverShortfall,
  deliverUndelivered,
  publishRun,
  publishShortfall,
  waitOf,
} from '../notify/notify.ts';
import { type UndeliveredAlert, undeliveredAlerts } from '../notify/undelivered.ts';
import { recordRun } from '../outputs/history/record-run.ts';
import { messageOf } from '../text/error-message.ts';
import { digestOf, jsonEvidence, manifestOf, pageOf, reportOf } from './documents.ts';
import { beginJudging, type Earlier, type Judgement, type Judging } from './judging.ts';
import type { AuditRequest, AuditResult, AuditSettings, Look, Run } from './run.ts';
import { cutOf, ruleErrorOf, type Shortfall, shrinkageOf } from './verdict.ts';

/** What earlier runs left that this one builds upon. */
interface Before {
  readonly last: StoredManifest | undefined;
  /** The report of that run. */
  readonly report: Report | undefined;
  readonly undelivered: readonly UndeliveredAlert[];
}

const NOTHING_COUNTED: Counts = { users: 0, duplicates: 0, pages: 0, requests: 0, throttled: 0, retries: 0 };

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
    criteria: {
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
  const earlier = await readEarlier(archive, last?.manifest, run.criteria.catalogue);
  const judging = beginJudging(run.criteria, earlier, run.spools);
  const look = await lookAt(run, judging, last?.manifest.counts.users);
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
  undelivered: await undeliveredAlerts(settings.archive, request.environmentId, request.asOf),
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

const lookAt = async (
  { request, settings, spools }: Run,
  judging: Judging,
  expectedUsers: number | undefined,
): Promise<Look> => {
  const snapshot = spools.open('snapshot.jsonl.gz');
  const listing = settings.listUsers(request.deadline);
  for await (const page of listing.pages) {
    for (const record of page) {
      if (!judging.see(record)) continue;
      const written = snapshot.write(serialiseRecord(record));
      // Seldom: to wait for each would take as long as to judge it.
      if (written !== undefined) await written;
    }
    await judging.settled();
    settings.onProgress?.({ users: judging.users, expectedUsers, counts: listing.counts() });
  }
  const { users, duplicates } = judging;
  return {
    end: listing.end(),
    counts: { users, duplicates, ...listing.counts() },
    snapshot: await snapshot.finish(),
  };
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
  if (stored.isNew) await deliverUndelivered(run, before.undelivered);
  const waitMs = stored.isNew ? 0 : waitOf(run);
  const alert = await deliverDigest(run, manifest, digest, waitMs);
  const events = await publishRun(run, manifest, report, waitMs);
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
  const earlier = await readEarlier(archive, last?.manifest, run.criteria.catalogue);
  const judging = beginJudging(run.criteria, earlier, run.spools);
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
  await deliverUndelivered(run, before.undelivered);
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

/** A redelivered event: the run is there; only an alert that was not sent is still undelivered. */
const finishDoneRun = async (run: Run, { manifest, key, sha256 }: StoredManifest): Promise<AuditResult> => {
  const { archive } = run.settings;
  await advanceLatest(archive, run.request.environmentId, { manifest, key, sha256 });
  const report = (await readRunObject(archive, manifest, 'report')) as Report;
  const digest = (await readRunObject(archive, manifest, 'digest')) as Alert | undefined;
  const alert = await deliverDigest(run, manifest, digest, waitOf(run));
  const events = await publishRun(run, manifest, report, waitOf(run));
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
  const evaluation = beginEvaluation(run.settings.rules, run.criteria.context, undefined, {
    fail: () => {},
    notAssessed: () => {},
  });
  return reportOf(run, undefined, shortfall, NOTHING_COUNTED, {
    outcomes: evaluation.conclude(positionName, false),
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
