import type { Archive } from '../archive/archive.ts';
import { ArchiveError, ifSound } from '../archive/errors.ts';
import { acceptedHead, type ChainHead, readHead } from '../archive/head.ts';
import type { StoredManifest } from '../archive/manifest.ts';
import { readRoles } from '../archive/read-facts.ts';
import { readFindingBaseline, readRoster, readRunLines, readRunObject } from '../archive/read-run.ts';
import { type SignaturePolicy, signatureProblem } from '../archive/signing-keys.ts';
import type { AcceptedHistory, Report } from '../model/report.ts';
import type { Criteria } from './criteria.ts';
import { earlierRuns } from './earlier-runs.ts';
import type { Baseline } from './judging.ts';
import type { AuditRequest } from './request.ts';

/** The last complete run, and its report. */
export type LastRun = StoredManifest & { readonly report: Report | undefined };

/** The history that a run builds upon, as far as it holds. */
export interface History {
  /** Undefined where the end of the chain does not hold. */
  readonly head?: ChainHead;
  /** Undefined where there is no run before, or its records don't hold. */
  readonly last?: LastRun | undefined;
  readonly baseline: Baseline;
  /** The reason for which nothing may be built upon it; undefined where it holds, or somebody accepted that. */
  readonly problem?: string;
  readonly accepted?: AcceptedHistory;
}

/** Gives what `read` does, or what speaks against the history. */
const attempted = <T>(read: () => Promise<T>): Promise<T | string> => ifSound(read, ({ message }) => message);

/** The state that the last complete run left; of no run, that there is nothing. */
const baselineOf = async (
  archive: Archive,
  last: StoredManifest | undefined,
  { catalogue, enrich }: Criteria,
): Promise<Baseline> => ({
  manifest: last?.manifest,
  findingBaseline: await readFindingBaseline(archive, last?.manifest, catalogue),
  roster: await readRoster(archive, last?.manifest),
  ...(enrich.has('iamRoles') && { roles: await readRoles(archive, last?.manifest) }),
  findings: async function* findings() {
    if (last !== undefined) yield* readRunLines(archive, last.manifest, 'findings');
  },
  findEarlierRun: earlierRuns(archive, last?.manifest),
});

const recordsOf = async (archive: Archive, last: StoredManifest | undefined, criteria: Criteria) => ({
  last: last && { ...last, report: (await readRunObject(archive, last.manifest, 'report')) as Report | undefined },
  baseline: await baselineOf(archive, last, criteria),
});

/** Reads the end of the chain, and the records that the last run left. */
export const readHistory = async (
  archive: Archive,
  { environmentId, acceptHistory }: Pick<AuditRequest, 'environmentId' | 'acceptHistory'>,
  criteria: Criteria,
  policy: SignaturePolicy,
): Promise<History> => {
  const nothing = await recordsOf(archive, undefined, criteria);
  const found = await attempted(async () => {
    const end = await readHead(archive, environmentId);
    const problem = await signatureProblem(archive, environmentId, end, policy);
    if (problem !== undefined) throw new ArchiveError(problem);
    return end;
  });
  const accepted = acceptHistory && (await attempted(() => acceptedHead(archive, environmentId, acceptHistory.sha256)));
  if (typeof accepted === 'string') return { ...nothing, problem: accepted };

  const head = accepted ?? found;
  if (typeof head === 'string') return { ...nothing, problem: head };
  const records = await attempted(() => recordsOf(archive, head.last, criteria));
  if (acceptHistory === undefined)
    return typeof records === 'string' ? { ...nothing, head, problem: records } : { ...records, head };

  // The records of a run that somebody lets the chain go on from need not hold: then nothing is known of before.
  const problem =
    [found, records].find((fault) => typeof fault === 'string') ?? 'none that shows at the end of the chain';
  return { ...(typeof records === 'string' ? nothing : records), head, accepted: { ...acceptHistory, problem } };
};
