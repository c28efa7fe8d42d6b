import type { KeyObject } from 'node:crypto';
import { type ConfiguredRule, configureRules } from '../../rules/engine/configure.ts';
import { ENRICHMENTS, type EnrichmentName } from '../../rules/engine/facts.ts';
import type { Reminders } from '../../rules/engine/reminder.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import idlePrincipal from '../../rules/idle-principal.ts';
import { rules } from '../../rules/index.ts';
import type { Archive } from '../archive/archive.ts';
import { kmsPublicKey, kmsSigner } from '../archive/kms.ts';
import { readPublicKey, type Signer } from '../archive/signature.ts';
import type { LoadPublicKey } from '../archive/signing-keys.ts';
import type { Config } from '../config/config.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import type { JudgingCode } from '../model/judging-code.ts';
import type { ListingCounts } from '../model/listing.ts';
import type { OptionalOutputName } from '../model/optional-outputs.ts';
import type { RetentionDuty } from '../model/retention.ts';
import type { Channel } from '../notify/channel.ts';
import type { Wait } from '../notify/deliver.ts';
import { lateAfterHours } from '../schedule/schedule.ts';
import type { Enrichments } from '../sources/enrich/enrichment.ts';
import type { UserSource } from '../sources/source.ts';
import type { AuditRequest } from './request.ts';

/** The progress of a listing. */
export interface ListingProgress {
  readonly users: number;
  /** The users of the last complete run; undefined where there is none. */
  readonly expectedUsers: number | undefined;
  readonly counts: ListingCounts;
}

/** The edges of an audit and the rules that it judges by. */
export interface AuditSettings {
  readonly listUsers: UserSource;
  /** The facts that are read once everybody is listed; none where undefined. */
  readonly enrich?: ReadonlySet<EnrichmentName>;
  readonly enrichments?: Enrichments;
  readonly archive: Archive;
  /** Notified one after the other. */
  readonly channels: readonly Channel[];
  readonly rules: readonly ConfiguredRule[];
  readonly waivers: readonly Waiver[];
  readonly reminders: Reminders;
  /** Accounts whose roles are welcome besides the environment's own. */
  readonly trustedAccounts: readonly string[];
  /** The largest drop of the roster between two runs, in per cent. */
  readonly maxDropPercent: number;
  /** A live listing that begins over so many hours after asOf is late. */
  readonly lateAfterHours: number;
  /** The operators' name for the environment. */
  readonly environmentName?: string;
  /** The zone of the schedule, an IANA name: waivers end with a day of it, and the page gives the run's instant in it. */
  readonly timeZone?: string;
  /** The time for which the run has to be kept: the manifest notes it. */
  readonly retention?: RetentionDuty;
  /** The files that the run leaves beside its own; none where undefined. */
  readonly outputs?: readonly OptionalOutputName[];
  /** Whether pages name people, by name and e-mail address; they do where undefined. */
  readonly areNamesShown?: boolean;
  /** The config as it was read: its hash goes into the manifest. */
  readonly config: unknown;
  /** Signs the manifests of complete runs, where the operator wants them signed. */
  readonly signManifestDigest?: Signer;
  /** Gives the public part of the key that signed, to be recorded in the archive. */
  readonly loadPublicKey?: LoadPublicKey;
  /** Only what these keys signed counts as signed; none: the keys that the archive has recorded. */
  readonly publicKeys?: readonly KeyObject[];
  /** The time that a second attempt waits for the first one's notifications before it sends its own; 10 s where undefined. */
  readonly notifyWaitMs?: number;
  /** The code that judges; that of this process where undefined. */
  readonly code?: JudgingCode;
  /** The auditor's clock; the system's where undefined. */
  readonly clock?: Clock;
  onProgress?(progress: ListingProgress): void;
}

/** The facts that the config has read beside the listing of an environment. */
export const enrichmentsOf = ({ environments }: Config, environmentId: string): ReadonlySet<EnrichmentName> => {
  const { enrich = {} } = environments.find(({ id }) => id === environmentId) ?? {};
  const names = Object.keys(ENRICHMENTS) as readonly EnrichmentName[];
  return new Set(names.filter((name) => enrich[name] !== undefined));
};

/** Takes from the config what decides how facts are read beside the listing of an environment. */
export const enrichmentSettings = (
  { environments, rules: settings }: Config,
  { environmentId, accountId }: Pick<AuditRequest, 'environmentId' | 'accountId'>,
) => ({
  accountId,
  enrich: environments.find(({ id }) => id === environmentId)?.enrich,
  mayListRoles: settings[idlePrincipal.id]?.enabled === false,
});

/**
 * Takes from the config files what they decide of an audit's settings.
 * @param catalogue the rules, where operators have some of their own
 */
export const configuredSettings = (
  config: Config,
  waivers: readonly Waiver[],
  environmentId: string,
  catalogue: readonly Rule[] = rules,
): Omit<AuditSettings, 'listUsers' | 'enrichments' | 'archive' | 'channels'> => {
  const { name } = config.environments.find(({ id }) => id === environmentId) ?? {};
  const enrich = enrichmentsOf(config, environmentId);
  return {
    rules: configureRules(catalogue, config.rules, enrich),
    enrich,
    waivers,
    trustedAccounts: config.trustedAccounts,
    maxDropPercent: config.maxDropPercent,
    lateAfterHours: lateAfterHours(config.schedule, config.listing.mode),
    reminders: config.reminders,
    timeZone: config.schedule.timezone,
    retention: { years: config.retention.years, afterRetention: config.retention.afterRetention },
    config,
    ...(config.outputs !== undefined && { outputs: config.outputs }),
    ...(config.report !== undefined && { areNamesShown: config.report.names }),
    ...(name !== undefined && { environmentName: name }),
    ...(config.signing !== undefined && {
      signManifestDigest: kmsSigner(config.signing.key, config.signing.algorithm),
      loadPublicKey: kmsPublicKey(config.signing.key),
      publicKeys: config.signing.publicKeys.map((key) => readPublicKey(Buffer.from(key))),
    }),
  };
};

/** Far longer than an attempt takes from its manifest to the markers of its notifications. */
const NOTIFY_WAIT_MS = 10_000;

/** The wait of an attempt for the notifications of another one at the same run. */
export const notifyWait = ({
  notifyWaitMs: ms = NOTIFY_WAIT_MS,
  clock = systemClock,
}: Pick<AuditSettings, 'notifyWaitMs' | 'clock'>): Wait => ({ ms, clock });
