import type { Archive } from '../archive/archive.ts';
import { attemptKeys, attemptMarkers, type RunKeys, runKeys } from '../archive/keys.ts';
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
import {
  createSpoolFolder,
  type Evidence,
  evidenceOf,
  jsonText,
  type SpoolFolder,
} from '../archive/staging.ts';
import { storeAnew, storeOnce } from '../archive/store.ts';
import type { Highlight } from '../model/highlights.ts';
import type { Counts, Report } from '../model/report.ts';
import { runName } from '../model/run-name.ts';
import { readTrend } from '../model/trend.ts';
import { deliverToAll } from '../notify/deliver.ts';
import { findUndelivered, noFindings, resend, storedNotification } from '../notify/undelivered.ts';
import { digestOf } from '../outputs/digest.ts';
import { recordRun } from '../outputs/history/record-run.ts';
import { OUTPUTS, type OutputName } from '../outputs/index.ts';
import type { Output, RunFacts } from '../outputs/output.ts';
import { messageOf } from '../text/error-message.ts';
import { type Criteria, criteriaOf } from './criteria.ts';
import { manifestOf, reportOf, unjudgedReport } from './documents.ts';
import { type Baseline, beginJudging, type Judgement } from './judging.ts';
import { type JudgedListing, judgeListing } from './listing.ts';
import { storeEvidence, storeRunOutputs } from './objects.ts';
import type { AuditRequest } from './request.ts';
import type { AuditResult } from './result.ts';
import type { AuditSettings } from './settings.ts';
import { listingShortfall, rosterShortfall, ruleShortfall, type Shortfall } from './verdict.ts';

/** Far longer than an attempt takes from its manifest to the markers of its notifications. */
const NOTIFY_WAIT_MS = 10_000;

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
      ...(environmentName !== undefined && { environmentName }),
      ...(report.verdict !== 'COMPLETE' && { attempt }),
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
    const report = unjudgedReport(request, criteria, tooLate(asOf, previous.manifest.run));
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
      for await (const record of readRunLines(
        archive,
        { run: runName(asOf), objects: { snapshot } },
        'snapshot',
      )) {
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
  past: await readPast(archive, manifest, catalogue),
  roster: await readRoster(archive, manifest),
  findings: async function* findings() {
    if (manifest !== undefined) yield* readRunLines(archive, manifest, 'findings');
  },
});

/** A listing that saw everything, and what it was judged to be. */
interface Completed {
  readonly last: RunFacts['last'];
  readonly listed: JudgedListing;
  readonly judgement: Judgement;
  /** Judges the snapshot that another attempt at the run has stored. */
  judgeStored(snapshot: ManifestObject): Promise<{ readonly judgement: Judgement; readonly counts: Counts }>;
  resendEarlier(): Promise<void>;
}

/** The facts about a run that are the same for all of its outputs. */
const factsOf = (
  { environmentName, timeZone }: AuditSettings,
  { rules, hashes }: Criteria,
  keys: RunKeys,
  last: RunFacts['last'],
): Omit<RunFacts, 'report' | 'highlights' | 'evidence'> => ({
  rules,
  hashes,
  keys,
  ...(environmentName !== undefined && { environmentName }),
  ...(timeZone !== undefined && { timeZone }),
  ...(last !== undefined && { last }),
});

/**
 * Stores a complete run and notifies of it. Objects are written once and the manifest last, so a second attempt at the
 * same run, after a crash or at the same time, finds the first one's snapshot, judges that, and comes to the same
 * evidence.
 */
const completeRun = async (
  request: AuditRequest,
  settings: AuditSettings,
  criteria: Criteria,
  { last, listed, judgement: ownJudgement, judgeStored, resendEarlier }: Completed,
): Promise<AuditResult> => {
  const { archive, channels, signManifestDigest } = settings;
  const { environmentId, asOf } = request;
  const keys = runKeys(environmentId, asOf);
  const snapshot = await storeOnce(archive, keys.object(OUTPUTS.snapshot), listed.snapshot);
  const { judgement, counts } = snapshot.isOurs
    ? { judgement: ownJudgement, counts: listed.counts }
    : await judgeStored(snapshot.object);
  const { highlights } = judgement;

  let isSameJudgement = true;
  const evidence = await storeEvidence(judgement.evidence, async (output, content) => {
    const { object, isOurs } = await storeAnew(archive, keys.object(output), content);
    isSameJudgement &&= isOurs;
    return object;
  });
  const own = reportOf(request, { counts, judgement }, last?.manifest.run, readTrend(last?.report));
  const { report, object } = await storeReport(archive, keys.object(OUTPUTS.report), own, isSameJudgement);
  const facts = { ...factsOf(settings, criteria, keys, last), report, highlights };
  const objects = await storeRunOutputs(
    facts,
    { snapshot: snapshot.object, ...evidence, report: object },
    async (output, content) => (await storeAnew(archive, keys.object(output), content)).object,
  );

  const unsigned = manifestOf(report, criteria, objects, last);
  const manifest =
    signManifestDigest === undefined ? unsigned : await signManifest(unsigned, signManifestDigest);
  const stored = await storeOnce(archive, keys.manifest, evidenceOf(manifestText(manifest)));
  const { key, sha256 } = stored.object;
  await advanceLatest(archive, environmentId, { manifest, key, sha256 });
  // The attempt that wrote the manifest notifies; one that finds it written waits for that, and notifies only if the
  // other did not.
  if (stored.isNew) await resendEarlier();
  const notification = {
    report,
    reportKey: object.key,
    digest: digestOf(facts),
    archiveLocation: archive.location,
    findings: () => readRunLines(archive, manifest, 'findings'),
  };
  const deliveries = await deliverToAll(channels, notification, {
    archive,
    keyOf: keys.marker,
    waitMs: stored.isNew ? 0 : waitOf(settings),
  });
  return { report, highlights, deliveries, objects, wasDone: false, warnings: [] };
};

/**
 * The report says what the listing cost, which differs from attempt to attempt: an earlier attempt's stands, unless
 * it judged otherwise.
 */
const storeReport = async (
  archive: Archive,
  key: string,
  report: Report,
  isSameJudgement: boolean,
): Promise<{ readonly report: Report; readonly object: ManifestObject }> => {
  const evidence = evidenceOf(jsonText(report));
  if (!isSameJudgement) return { report, object: (await storeAnew(archive, key, evidence)).object };
  const { object, isOurs } = await storeOnce(archive, key, evidence);
  if (isOurs) return { report, object };
  const stored = await archive.read(key);
  if (stored === undefined) throw new Error(`${key} is missing`);
  return { report: (await readJson(stored.body)) as Report, object };
};

const waitOf = ({ notifyWaitMs = NOTIFY_WAIT_MS }: AuditSettings): number => notifyWaitMs;

/** The remains of an attempt that did not end. */
interface UnfinishedAttempt {
  readonly report: Report;
  readonly highlights: readonly Highlight[];
  readonly evidence: Readonly<Partial<Record<OutputName, Evidence>>>;
  readonly last?: RunFacts['last'];
}

/** Keeps what an attempt that did not end could read, apart from the runs, and notifies of it. */
const keepAttempt = async (
  { environmentId, asOf, attempt }: AuditRequest,
  settings: AuditSettings,
  criteria: Criteria,
  { report, highlights, evidence, last }: UnfinishedAttempt,
): Promise<AuditResult> => {
  const { archive, channels } = settings;
  const keys = attemptKeys(environmentId, asOf, attempt);
  const store = async (output: Output, content: Evidence) =>
    (await storeOnce(archive, keys.object(output), content)).object;
  const facts = { ...factsOf(settings, criteria, keys, last), report, highlights };
  const objects = await storeRunOutputs(facts, await storeEvidence(evidence, store), store);
  const manifest = manifestOf(report, criteria, objects);
  await storeOnce(archive, keys.manifest, evidenceOf(manifestText(manifest)));

  const notification = {
    report,
    reportKey: keys.object(OUTPUTS.report),
    digest: digestOf(facts),
    archiveLocation: archive.location,
    findings: noFindings,
  };
  const deliveries = await deliverToAll(channels, notification, {
    archive,
    keyOf: keys.marker,
    others: (channel) => attemptMarkers(archive, channel, environmentId, asOf),
    waitMs: 0,
  });
  return { report, highlights, deliveries, objects, wasDone: false, warnings: [] };
};

/** Notifies of a run that is there already, where that was not done: its event was delivered again. */
const finishDoneRun = async (settings: AuditSettings, done: StoredManifest): Promise<AuditResult> => {
  const { archive, channels } = settings;
  const { environmentId, asOf, objects } = done.manifest;
  await advanceLatest(archive, environmentId, done);
  const notification = await storedNotification(archive, done);
  const deliveries = await deliverToAll(channels, notification, {
    archive,
    keyOf: runKeys(environmentId, new Date(asOf)).marker,
    waitMs: waitOf(settings),
  });
  return { report: notification.report, highlights: [], deliveries, objects, wasDone: true, warnings: [] };
};

/** Nothing is judged for an instant that a later complete run has gone past: its users are no longer to be seen. */
const tooLate = (asOf: Date, later: string): Shortfall => ({
  verdict: 'FAILED',
  reason: 'config',
  message: `run ${runName(asOf)} comes after the fact: run ${later} is complete, and what users were like before it can't be read now`,
});

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
  const facts = {
    ...factsOf(settings, criteria, runKeys(request.environmentId, request.asOf), undefined),
    report,
  };
  const notification = {
    report,
    reportKey: undefined,
    digest: digestOf({ ...facts, highlights: [] }),
    archiveLocation: archive.location,
    findings: noFindings,
  };
  const deliveries = await deliverToAll(channels, notification, undefined);
  return { report, highlights: [], deliveries, objects: {}, wasDone: false, warnings: [] };
};
