import type { Finding } from '../../rules/engine/finding.ts';
import type { RunKeys } from '../archive/keys.ts';
import type { Manifest, ManifestObject } from '../archive/manifest.ts';
import { lastRecordsAmong } from '../archive/read-users.ts';
import { mayBeRecordOf, usersByLines } from '../archive/repeated-records.ts';
import { lineBatchesOf, linesOf, type SpoolFolder, type StagedContent, stagedContent } from '../archive/staging.ts';
import { systemClock } from '../model/clock.ts';
import type { Report } from '../model/report.ts';
import { furtherName, type KeepPage, type PageSources, writePages } from '../outputs/html/pages.ts';
import { OPTIONAL_OUTPUTS, OUTPUTS, type OutputName, RUN_OUTPUTS } from '../outputs/index.ts';
import type { LabelledObject, OptionalOutput, Output, RunFacts, RunOutput, StoredRun } from '../outputs/output.ts';
import type { Criteria } from './criteria.ts';
import { manifestOf } from './documents.ts';
import type { Facts } from './enriching.ts';
import type { Judgement } from './judging.ts';
import type { JudgedListing } from './listing.ts';
import { type AuditRequest, makingMs } from './request.ts';
import type { AuditSettings } from './settings.ts';

const nameOrder = Object.keys(OUTPUTS) as readonly OutputName[];

/** The objects that a run has of an output, with their labels; of pages, the further ones too. */
const labelledOf = function* (of: OutputName, objects: Manifest['objects']): Generator<LabelledObject> {
  const { label, furtherLabel }: Output = OUTPUTS[of];
  const object = objects[of];
  if (label !== undefined && object !== undefined) yield { name: of, label, object };
  if (furtherLabel === undefined) return;
  for (let page = 2; ; page += 1) {
    const name = furtherName(of, page);
    const further = objects[name];
    if (further === undefined) return;
    yield { name, label: `${furtherLabel}, page ${page}`, object: further };
  }
};

const labelled = (objects: Manifest['objects']): readonly LabelledObject[] =>
  nameOrder.flatMap((name) => [...labelledOf(name, objects)]);

/** Stores one of a run's objects under its key. */
export type StoreObject = (output: Output, evidence: StagedContent) => Promise<ManifestObject>;

/** Stores what was gathered while users were judged, by the names of `OUTPUTS`. */
export const storeEvidence = async (
  evidence: Readonly<Partial<Record<OutputName, StagedContent>>>,
  store: StoreObject,
): Promise<Manifest['objects']> => {
  const objects: Record<string, ManifestObject> = {};
  for (const name of nameOrder) {
    const content = evidence[name];
    if (content !== undefined) objects[name] = await store(OUTPUTS[name], content);
  }
  return objects;
};

/** Reads the findings of a run that is being stored. */
const findingsIn = (findings: StagedContent): AsyncIterable<Finding> => linesOf(findings) as AsyncIterable<Finding>;

/** The material of optional outputs, besides the criteria: the report, what is stored, and the files of both. */
interface Stored {
  readonly report: Report;
  readonly objects: Manifest['objects'];
  readonly snapshot: StagedContent;
  readonly findings: StagedContent;
}

/** The objects of a run, and what of the outputs that the config asks for is not among them, in sentences. */
interface WithOptional {
  readonly objects: Manifest['objects'];
  readonly warnings: readonly string[];
}

type TimeSettings = Pick<AuditSettings, 'outputs' | 'clock'>;

/** Makes what tells whether there is time for more than what a run must have. */
const timeToMake = (settings: TimeSettings, { deadline }: Pick<AuditRequest, 'deadline'>): (() => boolean) => {
  const { clock = systemClock } = settings;
  const until = deadline + makingMs(settings);
  return () => clock.now() <= until;
};

/**
 * Writes and stores the outputs that the config asks for; gives them with what was stored before. One for which there is
 * no time is left out, whole: a run that is there without it is worth more, and it can be made of that.
 */
export const storeOptionalOutputs = async (
  settings: TimeSettings,
  request: Pick<AuditRequest, 'deadline'>,
  criteria: Criteria,
  { report, objects, snapshot, findings }: Stored,
  spools: SpoolFolder,
  store: StoreObject,
): Promise<WithOptional> => {
  const { outputs = [] } = settings;
  const run: StoredRun = {
    manifest: manifestOf(report, criteria, objects),
    report,
    rules: criteria.catalogue,
    findings: () => findingsIn(findings),
    users: () => lastRecordsAmong(() => linesOf(snapshot), report.counts.conflicting),
  };
  const hasTime = timeToMake(settings, request);
  const made = async (output: OptionalOutput): Promise<StagedContent | undefined> => {
    const spool = spools.open(output.file);
    for await (const line of output.lines(run)) {
      if (!hasTime()) break;
      const written = spool.write(line);
      if (written !== undefined) await written;
    }
    const evidence = await spool.finish();
    return hasTime() ? evidence : undefined;
  };

  const stored = { ...objects };
  const warnings: string[] = [];
  for (const asked of outputs) {
    const wanted = Object.entries<OptionalOutput>(OPTIONAL_OUTPUTS[asked]);
    const evidence: (readonly [name: string, output: Output, evidence: StagedContent])[] = [];
    for (const [name, output] of wanted) {
      const one = await made(output);
      if (one !== undefined) evidence.push([name, output, one]);
    }
    if (evidence.length < wanted.length)
      warnings.push(`${asked} was not written, for want of time: export ${asked} --run ${report.run} makes it`);
    else for (const [name, output, one] of evidence) stored[name] = await store(output, one);
  }
  return { objects: stored, warnings };
};

/** Gathers what pages show besides the facts of a run: what it found and read, of whom. */
export const pageSources = (
  settings: TimeSettings,
  request: Pick<AuditRequest, 'deadline'>,
  { context }: Criteria,
  { counts, snapshot }: Pick<JudgedListing, 'counts' | 'snapshot'>,
  { roles, groups }: Facts,
  { userOrder }: Pick<Judgement, 'userOrder'>,
  findings: StagedContent,
  spools: SpoolFolder,
): PageSources => ({
  findings: () => findingsIn(findings),
  users: (ids) =>
    // Which users have records that differ is known by reading all of them.
    counts.conflicting
      ? lastRecordsAmong(() => linesOf(snapshot), counts.conflicting)
      : usersByLines(lineBatchesOf(snapshot, mayBeRecordOf(ids))),
  userOrder,
  context: { ...context, roles: roles?.book, memberships: groups },
  spools,
  hasTime: timeToMake(settings, request),
});

/**
 * Writes and stores the objects about the whole run and its pages; gives them with what is `stored`.
 * @param sources what pages show besides; undefined where nobody was judged
 */
export const storeRunOutputs = async (
  facts: Omit<RunFacts, 'evidence'>,
  stored: Manifest['objects'],
  sources: PageSources | undefined,
  store: StoreObject,
): Promise<Manifest['objects']> => {
  const objects = { ...stored };
  const listed = (): RunFacts => ({ ...facts, evidence: labelled(objects) });
  for (const [name, output] of Object.entries<RunOutput>(RUN_OUTPUTS)) {
    const text = output.write(listed());
    if (text !== undefined) objects[name] = await store(output, stagedContent(text));
  }
  const keep: KeepPage = async ({ name, output, text }) => {
    objects[name] = await store(output, stagedContent(text));
  };
  await writePages(listed(), sources, keep, listed);
  return objects;
};

/** The facts about a run that are the same for all of its outputs. */
export const factsOf = (
  {
    environmentName,
    timeZone,
    areNamesShown,
    channels = [],
  }: Pick<AuditSettings, 'environmentName' | 'timeZone' | 'areNamesShown'> & Partial<Pick<AuditSettings, 'channels'>>,
  { rules, hashes, context }: Criteria,
  keys: RunKeys,
  last: RunFacts['last'],
): Omit<RunFacts, 'report' | 'highlights' | 'evidence'> => ({
  rules,
  hashes,
  trustedAccounts: [...context.trustedAccounts],
  keys,
  environmentName,
  timeZone,
  areNamesShown,
  bands: channels.flatMap(({ band }) => band ?? []),
  last,
});
