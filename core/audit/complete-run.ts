import type { Archive } from '../archive/archive.ts';
import { runKeys } from '../archive/keys.ts';
import { readJson } from '../archive/lines.ts';
import { advanceLatest, type ManifestObject } from '../archive/manifest.ts';
import { readRunLines } from '../archive/read-run.ts';
import { manifestText, signManifest } from '../archive/signature.ts';
import { evidenceOf, jsonText } from '../archive/staging.ts';
import { storeAnew, storeOnce } from '../archive/store.ts';
import type { Counts, Report } from '../model/report.ts';
import { readTrend } from '../model/trend.ts';
import { deliverToAll } from '../notify/deliver.ts';
import { OUTPUTS } from '../outputs/index.ts';
import type { RunFacts } from '../outputs/output.ts';
import type { Criteria } from './criteria.ts';
import { manifestOf, notificationOf, reportOf } from './documents.ts';
import type { Judgement } from './judging.ts';
import type { JudgedListing } from './listing.ts';
import { factsOf, storeEvidence, storeRunOutputs } from './objects.ts';
import type { AuditRequest } from './request.ts';
import type { AuditResult } from './result.ts';
import { type AuditSettings, notifyWait } from './settings.ts';

/** A listing that saw everything, and what it was judged to be. */
export interface Completed {
  readonly last: RunFacts['last'];
  readonly listed: JudgedListing;
  readonly judgement: Judgement;
  /** Judges the snapshot that another attempt at the run has stored. */
  judgeStored(snapshot: ManifestObject): Promise<{ readonly judgement: Judgement; readonly counts: Counts }>;
  resendEarlier(): Promise<void>;
}

/**
 * Stores a complete run and notifies of it. Objects are written once and the manifest last, so a second attempt at the
 * same run, after a crash or at the same time, finds the first one's snapshot, judges that, and comes to the same
 * evidence.
 */
export const completeRun = async (
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
  const manifest = signManifestDigest === undefined ? unsigned : await signManifest(unsigned, signManifestDigest);
  const stored = await storeOnce(archive, keys.manifest, evidenceOf(manifestText(manifest)));
  const { key, sha256 } = stored.object;
  await advanceLatest(archive, environmentId, { manifest, key, sha256 });
  // The attempt that wrote the manifest notifies; one that finds it written waits for that, and notifies only if the
  // other did not.
  if (stored.isNew) await resendEarlier();
  const notification = notificationOf(facts, archive, object.key, () => readRunLines(archive, manifest, 'findings'));
  const deliveries = await deliverToAll(channels, notification, {
    archive,
    keyOf: keys.marker,
    ...(!stored.isNew && { wait: notifyWait(settings) }),
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
