import type { IAMClientConfig } from '@aws-sdk/client-iam';
import type { STSClientConfig } from '@aws-sdk/client-sts';
import { systemClock } from '../model/clock.ts';
import type { GroupRecord } from '../model/groups.ts';
import { type ArchivedListing, type ArchivedNight, archivedFacts, archivedListing } from './archived.ts';
import type { Enrichments } from './enrich/enrichment.ts';
import { assumedRole } from './finspace/assumed-role.ts';
import { permissionGroups } from './finspace/permission-groups.ts';
import type { CredentialsMode, FinspaceSettings } from './finspace/settings.ts';
import { finspaceSource } from './finspace/source.ts';
import { iamRoles } from './iam/roles.ts';
import { RosterError } from './roster/file.ts';
import type { OpenedRoster } from './roster/open.ts';
import { noRoster, rosterSource } from './roster/source.ts';
import type { ResumableSource, UserSource } from './source.ts';

/** An environment that is to be read as the config says, and as the command line says in its place. */
export interface LiveEnvironment extends Omit<FinspaceSettings, 'mode'> {
  readonly config: { readonly credentials: CredentialsMode };
  readonly flags?: { readonly credentials: CredentialsMode | undefined };
}

export type { ArchivedListing };

/** Opens the listing of a run as the archive kept it. */
export const openArchived = archivedListing;

const modeOf = ({ config, flags }: LiveEnvironment): CredentialsMode => flags?.credentials ?? config.credentials;

const liveSource = (live: LiveEnvironment): ResumableSource => finspaceSource({ ...live, mode: modeOf(live) });

/**
 * Chooses the source of users that is asked for; nobody else knows which there are. Throws where a setting of the source
 * is wrong, such as an endpoint that is no URL.
 */
export function chooseSource(from: LiveEnvironment): ResumableSource;
export function chooseSource(from: OpenedRoster | RosterError): UserSource;
export function chooseSource(from: LiveEnvironment | OpenedRoster | RosterError): UserSource {
  if (from instanceof RosterError) return noRoster(from);
  return 'files' in from ? rosterSource(from) : liveSource(from);
}

/** The part of the config that asks for facts beside the listing. */
export interface Enrich {
  readonly iamRoles?: {
    readonly accounts: readonly { readonly id: string; readonly roleArn: string; readonly externalId?: string }[];
  };
  readonly permissionGroups?: true;
}

/** An environment of which more is to be read than its users. */
export interface EnrichedEnvironment extends LiveEnvironment {
  /** The environment's own account: 12 digits. */
  readonly accountId: string;
  readonly enrich: Enrich | undefined;
  /** Nobody asks when roles were last used. */
  readonly mayListRoles: boolean;
  /** The users come from a saved roster: nobody asks FinSpace. */
  readonly isSaved?: boolean;
  /** Replaced by tests. */
  readonly iam?: IAMClientConfig;
  readonly sts?: STSClientConfig;
}

/** Chooses the readers of the facts that the config of an environment asks for, or of those that a run has read. */
export const chooseEnrichments = (from: EnrichedEnvironment | ArchivedNight): Enrichments =>
  'manifest' in from ? archivedFacts(from) : liveEnrichments(from);

/**
 * Gives no groups: those that FinSpace would tell of are of another moment than a saved roster, and may be of nobody
 * in it.
 */
async function* noGroups(): AsyncGenerator<GroupRecord> {
  yield { unread: 'permission groups were not asked for: the users come from a saved roster' };
}

const liveEnrichments = (environment: EnrichedEnvironment): Enrichments => {
  const { enrich, accountId, region, loadCredentials, mayListRoles, environmentId, iam, sts } = environment;
  const { clock = systemClock, random = Math.random } = environment;
  const { iamRoles: asked, permissionGroups: areGroupsAsked } = enrich ?? {};
  const accounts = (asked?.accounts ?? []).map(
    ({ id, roleArn, externalId }) =>
      [
        id,
        assumedRole({ arn: roleArn, externalId, sessionName: `finspace-auditor-${environmentId}` }, clock, {
          region,
          ...sts,
        }),
      ] as const,
  );
  return {
    ...(asked && {
      roles: iamRoles({
        region,
        // The own account is asked by the keys that the environment is read with.
        accounts: new Map([[accountId, loadCredentials], ...accounts]),
        mayList: mayListRoles,
        clock,
        random,
        ...(iam && { iam }),
        ...(sts && { sts }),
      }),
    }),
    ...(areGroupsAsked && {
      groups: environment.isSaved ? noGroups : permissionGroups({ ...environment, mode: modeOf(environment) }),
    }),
  };
};
