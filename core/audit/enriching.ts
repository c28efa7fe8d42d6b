import type { EnrichmentName } from '../../rules/engine/facts.ts';
import { serialiseRecord } from '../../rules/engine/record.ts';
import type { SpoolFolder, StagedContent } from '../archive/staging.ts';
import { Groups } from '../model/groups.ts';
import type { EnrichedCounts } from '../model/report.ts';
import { Roles } from '../model/roles.ts';
import { FACT_OUTPUTS } from '../outputs/index.ts';
import type { Enrichments, RolesRequest } from '../sources/enrich/enrichment.ts';

/** The facts beside the listing that a run judges by; of what is not asked for, nothing. */
export interface Facts {
  readonly roles?: Roles | undefined;
  readonly groups?: Groups | undefined;
  /** The answers that were read, to be kept. */
  readonly evidence: { readonly principals?: StagedContent; readonly groups?: StagedContent };
}

export const enrichedCounts = ({ roles, groups }: Facts): EnrichedCounts | undefined =>
  roles === undefined && groups === undefined
    ? undefined
    : { ...(roles && { iamRoles: roles.counts() }), ...(groups && { permissionGroups: groups.counts() }) };

/** The time for which a user is judged once the facts are read, in milliseconds: it is kept of what reading them may take. */
const JUDGING_MS_A_USER = 0.03;

export interface FactsRequest extends RolesRequest {
  readonly enrich: ReadonlySet<EnrichmentName>;
  readonly enrichments: Enrichments;
  /** The number of those who are listed; nothing is read of nobody. */
  readonly users: number;
  /** Takes what is read, to be kept; undefined: nothing is. */
  readonly spools?: SpoolFolder;
}

const keep = async <R>(
  records: AsyncIterable<R>,
  into: { add(record: R): void },
  file: string,
  spools: SpoolFolder | undefined,
): Promise<StagedContent | undefined> => {
  const spool = spools?.open(file);
  for await (const record of records) {
    into.add(record);
    await spool?.write(serialiseRecord(record));
  }
  return spool?.finish();
};

/** Reads the facts beside the listing that the config asks for, and keeps them as the run's objects. */
export const readEnrichments = async (request: FactsRequest): Promise<Facts> => {
  const { enrich, enrichments, users, spools } = request;
  const deadline = request.deadline - users * JUDGING_MS_A_USER;
  const groups = enrich.has('permissionGroups') ? new Groups() : undefined;
  const roles = enrich.has('iamRoles') ? new Roles() : undefined;
  if (users === 0) {
    groups?.add({ unread: 'nobody was listed' });
    return { roles, groups, evidence: {} };
  }
  const { groups: readGroups, roles: readRoles } = enrichments;
  const groupLines =
    groups && readGroups && (await keep(readGroups(deadline), groups, FACT_OUTPUTS.groups.file, spools));
  const roleLines =
    roles &&
    readRoles &&
    (await keep(readRoles({ ...request, deadline }), roles, FACT_OUTPUTS.principals.file, spools));
  return {
    roles,
    groups,
    evidence: { ...(roleLines && { principals: roleLines }), ...(groupLines && { groups: groupLines }) },
  };
};
