import type { Archive } from '../../core/archive/archive.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { runKeys } from '../../core/archive/keys.ts';
import { audit } from '../../core/audit/audit.ts';
import type { AuditRequest } from '../../core/audit/request.ts';
import type { AuditResult } from '../../core/audit/result.ts';
import { configuredSettings } from '../../core/audit/settings.ts';
import { type Config, defaultConfig } from '../../core/config/config.ts';
import { type Clock, stoppedClock } from '../../core/model/clock.ts';
import type { ListingSource } from '../../core/model/listing.ts';
import { runName } from '../../core/model/run-name.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import type { Enrichments } from '../../core/sources/enrich/enrichment.ts';
import type { ListingEnd } from '../../core/sources/source.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { rules } from '../../rules/index.ts';
import { ACCOUNT, ENVIRONMENT, NOW } from './builders.ts';
import { listingOf } from './listing.ts';

/** The instant of a night: the first is the one that test runs speak for. */
export const nightAt = (number: number): Date => new Date(NOW + (number - 1) * 86_400_000);

export const nightRun = (number: number): string => runName(nightAt(number));

export const nightKeys = (number: number) => runKeys(ENVIRONMENT, nightAt(number));

const DEFAULTS = defaultConfig(rules);

export interface NightPlan {
  readonly number: number;
  readonly users: readonly unknown[];
  readonly end?: ListingEnd;
  /** Default: a service. */
  readonly source?: ListingSource;
  /** Default: in its night. */
  readonly listedAt?: Date;
  /** The end of the listing's time, in milliseconds since the epoch; default: none. */
  readonly deadline?: number;
  /** Default: one that stands still at the moment of the listing. */
  readonly clock?: Clock;
  readonly environmentId?: string;
  /** Default: nobody lets the chain go on past a history that does not hold. */
  readonly acceptHistory?: AuditRequest['acceptHistory'];
  readonly config?: Partial<Config>;
  /** The facts that are known beside the listing; the config says what is asked for. */
  readonly enrichments?: Enrichments;
  readonly waivers?: readonly Waiver[];
  /** Rules besides the catalogue. */
  readonly own?: readonly Rule[];
}

/** Audits nights into an archive, in the order given. */
export const auditNights = async (archive: Archive, nights: readonly NightPlan[]): Promise<readonly AuditResult[]> => {
  const results: AuditResult[] = [];
  for (const {
    number,
    users,
    end,
    source,
    listedAt = nightAt(number),
    deadline = Number.POSITIVE_INFINITY,
    clock = stoppedClock(listedAt.getTime()),
    environmentId = ENVIRONMENT,
    acceptHistory,
    config,
    enrichments = {},
    waivers = [],
    own = [],
  } of nights) {
    results.push(
      await audit(
        {
          environmentId,
          accountId: ACCOUNT,
          region: 'us-east-1',
          partition: 'aws',
          asOf: nightAt(number),
          attempt: `attempt-${results.length + 1}`,
          deadline,
          acceptRosterDrop: false,
          acceptHistory,
        },
        {
          ...configuredSettings({ ...DEFAULTS, ...config }, waivers, environmentId, [...rules, ...own]),
          listUsers: (until) => ({ ...listingOf([users], end)(until), ...(source && { source }) }),
          enrichments,
          archive,
          channels: [digestChannel(() => Promise.resolve('sent'))],
          notifyWaitMs: 100,
          clock,
        },
      ),
    );
  }
  return results;
};

/** Audits nights into an archive in a folder. */
export const archiveNights = async (folder: string, nights: readonly NightPlan[]): Promise<void> => {
  await auditNights(folderArchive(folder), nights);
};
