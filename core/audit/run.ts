import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { Reminders } from '../../rules/engine/reminder.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import type { Archive } from '../archive/archive.ts';
import type { ObjectName, RunKeys } from '../archive/keys.ts';
import type { ManifestObject } from '../archive/manifest.ts';
import type { Signer } from '../archive/signature.ts';
import type { Evidence, SpoolFolder } from '../archive/staging.ts';
import type { Highlight } from '../model/highlights.ts';
import type { ListingCounts } from '../model/listing.ts';
import type { Counts, Report } from '../model/report.ts';
import type { PublishEvents, SendAlert } from '../notify/channel.ts';
import type { Delivery } from '../notify/deliver.ts';
import type { ListingEnd, UserSource } from '../sources/source.ts';
import type { Criteria } from './judging.ts';

/** One run of the audit. */
export interface AuditRequest {
  readonly environmentId: string;
  /** The environment's. */
  readonly accountId: string;
  /** The account of the auditor, where it is another. */
  readonly auditorAccountId?: string;
  readonly region: string;
  /** Such as `aws`. */
  readonly partition: string;
  /** The instant the run speaks for, and its name: a second attempt carries the same. Whole seconds. */
  readonly asOf: Date;
  /** Tells this attempt at the run from others, `[A-Za-z0-9-]+`. */
  readonly attempt: string;
  /** When the listing has to end, in milliseconds since the epoch. */
  readonly deadline: number;
  /** The roster may be smaller than `maxDropPercent` allows: someone has looked into it. */
  readonly acceptRosterDrop: boolean;
}

/** How far a listing has come. */
export interface ListingProgress {
  readonly users: number;
  /** As many as the last complete run had; undefined where there is none. */
  readonly expectedUsers: number | undefined;
  readonly counts: ListingCounts;
}

export interface AuditSettings {
  readonly listUsers: UserSource;
  readonly archive: Archive;
  readonly sendAlert: SendAlert;
  /** Tells those who automate, where the operator wants it. */
  readonly publishEvents?: PublishEvents;
  readonly rules: readonly ConfiguredRule[];
  readonly waivers: readonly Waiver[];
  readonly reminders: Reminders;
  /** Accounts whose roles are welcome besides the environment's own. */
  readonly trustedAccounts: readonly string[];
  /** By how many per cent the roster may shrink between two runs. */
  readonly maxDropPercent: number;
  /** What operators call the environment. */
  readonly environmentName?: string;
  /** The zone of the schedule, an IANA name: the page tells the run's instant in it, too. */
  readonly timeZone?: string;
  /** The config as it was read: its hash goes into the manifest. */
  readonly config: unknown;
  /** Signs the manifests of complete runs, where the operator wants them signed. */
  readonly signManifestDigest?: Signer;
  /** How long a second attempt waits for the first one's alert before it sends its own; 10 s where undefined. */
  readonly alertWaitMs?: number;
  onProgress?(progress: ListingProgress): void;
}

export interface AuditResult {
  readonly report: Report;
  readonly highlights: readonly Highlight[];
  readonly alert: Delivery;
  /** What became of the run's events; undefined where none are wanted. */
  readonly events?: Delivery | undefined;
  /** What was stored; empty where the archive took nothing. */
  readonly objects: Readonly<Partial<Record<ObjectName, ManifestObject>>>;
  /** The run had been completed before: nothing was read, judged or written anew. */
  readonly wasDone: boolean;
  /** What went wrong beside the evidence: an aid that could not be written. */
  readonly warnings: readonly string[];
}

/** A run in progress: what every step needs. */
export interface Run {
  readonly request: AuditRequest;
  readonly settings: AuditSettings;
  readonly spools: SpoolFolder;
  readonly name: string;
  readonly keys: RunKeys;
  readonly criteria: Criteria;
}

/** What the listing gave. */
export interface Look {
  readonly end: ListingEnd;
  readonly counts: Counts;
  readonly snapshot: Evidence;
}
