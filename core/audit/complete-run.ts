import type { Archive } from '../archive/archive.ts';
import { ArchiveError } from '../archive/errors.ts';
import { type ChainHead, completeCopies, headMember, readHead } from '../archive/head.ts';
import { areaPrefix, chainKey, dayPrefix, firstKey, type RunKeys, rulesetKey, runKeys } from '../archive/keys.ts';
import type { Manifest, ManifestObject } from '../archive/manifest.ts';
import { readRunLines } from '../archive/read-run.ts';
import { entryText, signEntry } from '../archive/signature.ts';
import { recordPublicKey } from '../archive/signing-keys.ts';
import { type SpoolFolder, type StagedContent, stagedContent } from '../archive/staging.ts';
import { storeOnce } from '../archive/store.ts';
import { unfinishedSince } from '../archive/unfinished.ts';
import { readTrend } from '../model/trend.ts';
import { deliverToAll } from '../notify/deliver.ts';
import { headAlert, QUIET_MS } from '../notify/digest/head.ts';
import { goesOn } from '../notify/undelivered.ts';
import { OUTPUTS } from '../outputs/index.ts';
import type { Output, RunFacts } from '../outputs/output.ts';
import type { Criteria } from './criteria.ts';
import { manifestOf, notificationOf, reportOf } from './documents.ts';
import { enrichedCounts, type Facts } from './enriching.ts';
import type { History } from './history.ts';
import type { Judgement } from './judging.ts';
import type { JudgedListing } from './listing.ts';
import { factsOf, pageSources, storeEvidence, storeOptionalOutputs, storeRunOutputs } from './objects.ts';
import type { AuditRequest } from './request.ts';
import type { AuditResult } from './result.ts';
import { type AuditSettings, notifyWait } from './settings.ts';

/** Tells whether people were mailed of the environment once, and not within the last month. */
const isLongQuiet = async (archive: Archive, { environmentId, asOf }: AuditRequest): Promise<boolean> => {
  const prefix = areaPrefix('alerts', environmentId);
  const since = dayPrefix('alerts', environmentId, new Date(asOf.getTime() - QUIET_MS));
  return (await firstKey(archive, prefix, since)) === undefined && (await firstKey(archive, prefix)) !== undefined;
};

/** A judgement, and the history that it compares with. */
export interface Judged {
  readonly history: History;
  readonly judgement: Judgement;
}

/** A listing that saw everything, and what it was judged to be. */
export interface Completed extends Judged {
  readonly listed: JudgedListing;
  readonly facts: Facts;
  /** Takes what is written of the run. */
  readonly spools: SpoolFolder;
  /** The end of the run where the chain has gone on without it. */
  endedBefore(head: ChainHead, judged: Judged): Promise<AuditResult | undefined>;
  /** Judges the stored snapshot again, by the history as it is now; gives the end of the run where that does not hold. */
  judgeAnew(snapshot: ManifestObject): Promise<Judged | AuditResult>;
  resendEarlier(): Promise<void>;
}

/** A run that has its place in the chain. */
interface Committed {
  readonly manifest: Manifest;
  readonly key: string;
  readonly sha256: string;
  /** This attempt wrote it; else another one wrote the same bytes. */
  readonly isNew: boolean;
  readonly facts: Omit<RunFacts, 'evidence'>;
  /** Sentences about what it was to leave, and does not. */
  readonly warnings: readonly string[];
}

/** The most names that an attempt's objects may have: another is taken only where something stands under the first. */
const MOST_NAMES = 20;

/** The names that an attempt may give its objects: the run's, else its own. */
const namesOf = function* ({ environmentId, asOf, attempt }: AuditRequest): Generator<RunKeys> {
  yield runKeys(environmentId, asOf);
  yield runKeys(environmentId, asOf, attempt);
  for (let name = 2; name < MOST_NAMES; name += 1) yield runKeys(environmentId, asOf, `${attempt}-${name}`);
};

/** Something else stands at the key of an object that others of the run name. */
class KeyTaken extends Error {
  override readonly name = 'KeyTaken';
}

/**
 * Stores a complete run and notifies of it. It names only what this attempt saw and judged: where another one's bytes
 * stand at a key, its own stand under a name of their own. The run is one once its manifest has the next place of the
 * chain; where another run takes that place, this one ends or is judged again, by what the other left.
 */
export const completeRun = async (
  request: AuditRequest,
  settings: AuditSettings,
  criteria: Criteria,
  { endedBefore, judgeAnew, resendEarlier, ...first }: Completed,
): Promise<AuditResult> => {
  const { archive, channels } = settings;
  const { environmentId } = request;
  const names = namesOf(request);
  const { listed, facts: read, spools } = first;
  let judged: Judged = first;
  let keys = names.next();
  while (keys.done !== true) {
    const outcome = await storeRun(request, settings, criteria, keys.value, { listed, facts: read, spools }, judged);
    if ('manifest' in outcome) {
      const warnings = [...outcome.warnings, ...(await completeCopies(archive, environmentId, outcome))];
      if (outcome.isNew) await resendEarlier();
      return await notify(outcome, warnings);
    }
    const { snapshot } = outcome;
    if (snapshot !== undefined) {
      const head = await readHead(archive, environmentId);
      const ended = await endedBefore(head, judged);
      if (ended !== undefined) return ended;
      const anew = await judgeAnew(snapshot);
      if ('report' in anew) return anew;
      judged = anew;
    }
    keys = names.next();
  }
  throw new ArchiveError(
    `${runKeys(environmentId, request.asOf).manifest}: others keep writing the objects of this run`,
  );

  async function notify(
    { facts, manifest, isNew, ...place }: Committed,
    warnings: readonly string[],
  ): Promise<AuditResult> {
    const { report, highlights } = facts;
    const { objects } = manifest;
    const head = headMember({ manifest, ...place });
    const composed = notificationOf(facts, archive, objects.report?.key, () =>
      readRunLines(archive, manifest, 'findings'),
    );
    const isQuiet = composed.digest === undefined && (await isLongQuiet(archive, request));
    const notification = { ...composed, ...goesOn(manifest), ...head, ...(isQuiet && { digest: headAlert(report) }) };
    // The attempt that wrote the manifest notifies; one of the same bytes waits for that.
    const deliveries = await deliverToAll(channels, notification, {
      archive,
      keyOf: facts.keys.marker,
      ...(!isNew && { wait: notifyWait(settings) }),
    });
    return { report, ...head, highlights, deliveries, objects, wasDone: false, warnings };
  }
};

/**
 * Stores the rules as they stand, where operators wrote some of them: years later one can read what judged. Each version
 * is stored once, under its own hash, which the manifest states as that of the rules.
 */
const storeRuleset = async (archive: Archive, { rules }: Criteria): Promise<Manifest['objects']> => {
  if (rules.every(({ rule }) => rule.text === undefined)) return {};
  const text = stagedContent(JSON.stringify(rules));
  const { object, isOurs } = await storeOnce(archive, rulesetKey(text.sha256), text);
  if (!isOurs) throw new ArchiveError(`${object.key}: something else stands there than its name says`);
  return { ruleset: object };
};

/**
 * Stores the objects of a run and then its manifest in the next place of the chain.
 * @returns the run; or, where the place is taken, the snapshot; or nothing, where another name is needed
 */
const storeRun = async (
  request: AuditRequest,
  settings: AuditSettings,
  criteria: Criteria,
  keys: RunKeys,
  { listed, facts: read, spools }: Pick<Completed, 'listed' | 'facts' | 'spools'>,
  { history, judgement }: Judged,
): Promise<Committed | { readonly snapshot?: ManifestObject }> => {
  const { archive, signManifestDigest, loadPublicKey } = settings;
  const { environmentId, asOf } = request;
  const { head = { sequence: 0 }, last } = history;
  const sequence = head.sequence + 1;
  const runs = runKeys(environmentId, asOf);

  // Those of a folder of the run name each other: they stand together.
  const store = async (output: Output, content: StagedContent): Promise<ManifestObject> => {
    const candidates = output.area === 'reports' ? [keys] : [runs, keys];
    for (const candidate of candidates) {
      const { object, isOurs } = await storeOnce(archive, candidate.object(output), content);
      if (isOurs) return object;
    }
    throw new KeyTaken();
  };

  try {
    const snapshot = await store(OUTPUTS.snapshot, listed.snapshot);
    const evidence = await storeEvidence({ ...read.evidence, ...judgement.evidence }, store);
    const report = reportOf(
      request,
      settings,
      { ...listed, judgement, enriched: enrichedCounts(read) },
      { history, sequence, trend: readTrend(last?.report) },
    );
    const facts = { ...factsOf(settings, criteria, keys, last), report, highlights: judgement.highlights };
    const ruleset = await storeRuleset(archive, criteria);
    const found = {
      report,
      objects: { snapshot, ...evidence, ...ruleset },
      snapshot: listed.snapshot,
      findings: judgement.evidence.findings,
    };
    const stored = await storeOptionalOutputs(settings, request, criteria, found, spools, store);
    const sources = pageSources(settings, request, criteria, listed, read, judgement, found.findings, spools);
    const objects = await storeRunOutputs(facts, stored.objects, sources, store);
    const unfinished = await unfinishedSince(archive, environmentId, last?.manifest);
    const unsigned = manifestOf(report, criteria, objects, { history, unfinished, retention: settings.retention });
    const manifest = signManifestDigest === undefined ? unsigned : await signEntry(unsigned, signManifestDigest);
    const { signature } = manifest;
    if (signature !== undefined && loadPublicKey !== undefined)
      await recordPublicKey(archive, signature.keyId, loadPublicKey);
    const text = stagedContent(entryText(manifest));
    const { object, isOurs, isNew } = await storeOnce(archive, chainKey(environmentId, sequence), text);
    const { key, sha256 } = object;
    return isOurs ? { manifest, key, sha256, isNew, facts, warnings: stored.warnings } : { snapshot };
  } catch (error) {
    if (error instanceof KeyTaken) return {};
    throw error;
  }
};
