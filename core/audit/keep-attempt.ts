import { attemptKeys, attemptMarkers } from '../archive/keys.ts';
import { manifestText } from '../archive/signature.ts';
import { type Evidence, evidenceOf } from '../archive/staging.ts';
import { storeOnce } from '../archive/store.ts';
import type { Highlight } from '../model/highlights.ts';
import type { Report } from '../model/report.ts';
import { deliverToAll } from '../notify/deliver.ts';
import { OUTPUTS, type OutputName } from '../outputs/index.ts';
import type { Output, RunFacts } from '../outputs/output.ts';
import type { Criteria } from './criteria.ts';
import { manifestOf, notificationOf } from './documents.ts';
import { factsOf, storeEvidence, storeRunOutputs } from './objects.ts';
import type { AuditRequest } from './request.ts';
import type { AuditResult } from './result.ts';
import type { AuditSettings } from './settings.ts';

/** The remains of an attempt that did not end. */
interface UnfinishedAttempt {
  readonly report: Report;
  readonly highlights: readonly Highlight[];
  readonly evidence: Readonly<Partial<Record<OutputName, Evidence>>>;
  readonly last?: RunFacts['last'];
}

/** Keeps what an attempt that did not end could read, apart from the runs, and notifies of it. */
export const keepAttempt = async (
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

  const notification = notificationOf(facts, archive, keys.object(OUTPUTS.report));
  const deliveries = await deliverToAll(channels, notification, {
    archive,
    keyOf: keys.marker,
    others: (channel) => attemptMarkers(archive, channel, environmentId, asOf),
  });
  return { report, highlights, deliveries, objects, wasDone: false, warnings: [] };
};
