import type { Options } from '../../rules/engine/context.ts';
import type { Severity } from '../../rules/engine/severity.ts';
import type { JudgingCode } from '../model/judging-code.ts';
import type { ListingSource, ListingTimes } from '../model/listing.ts';
import type { AcceptedHistory, Counts, Verdict, VerdictReason } from '../model/report.ts';
import type { RetentionDuty } from '../model/retention.ts';
import type { Archive } from './archive.ts';
import type { RunLink } from './chain.ts';
import { ArchiveError } from './errors.ts';
import { isRecord, readJsonBytes } from './lines.ts';
import type { ManifestSignature } from './manifest-signature.ts';
import { manifestFault } from './shapes.ts';
import { sha256Of } from './staging.ts';

export interface ManifestObject {
  readonly key: string;
  /** Hexadecimal, of the bytes as stored. */
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
}

/** The settings of a rule as it judged, so that a later run can tell a fixed user from a changed rule. */
export interface RuleRecord {
  readonly state: 'on' | 'off' | 'not-configured';
  readonly severity?: Severity;
  readonly options: Options;
}

/** The record of a run: what it left, and what it was judged by. Written last, so that the run exists when it does. */
export interface Manifest {
  readonly schemaVersion: 1;
  readonly run: string;
  readonly environmentId: string;
  readonly accountId: string;
  readonly region: string;
  /** The AWS partition that principals were held against; older versions did not note it. */
  readonly partition?: string;
  readonly asOf: string;
  /** Missing in what older versions wrote. */
  readonly listing?: ListingTimes;
  readonly late?: true;
  readonly source?: ListingSource;
  readonly verdict: Verdict;
  readonly reason?: VerdictReason;
  readonly counts: Counts;
  /** Named as in `OUTPUTS`; other versions may name others. */
  readonly objects: Readonly<Record<string, ManifestObject>>;
  /** The SHA-256 of what the run was judged by, hexadecimal. */
  readonly hashes: { readonly ruleset: string; readonly config: string; readonly waivers: string };
  readonly rules: Readonly<Record<string, RuleRecord>>;
  /** Accounts whose roles were welcome, the environment's own included. */
  readonly trustedAccounts: readonly string[];
  /** The time for which the run has to be kept; older versions did not note it. */
  readonly retention?: RetentionDuty;
  /** Older versions wrote a `codeVersion` in its place. */
  readonly code?: JudgingCode;
  /** Its place in the chain; runs of before there were places have none. */
  readonly sequence?: number;
  /** The entry in the place before: the chain that `verify` walks. */
  readonly previous?: RunLink;
  /** Somebody looked into a history that does not hold, and let the chain go on from `previous`. */
  readonly acceptedHistory?: AcceptedHistory;
  /** The objects that attempts that did not end complete, and listings in parts, have left since the run before. */
  readonly unfinished?: readonly ManifestObject[];
  readonly signature?: ManifestSignature;
}

/** A manifest as the archive holds it. */
export interface StoredManifest {
  readonly manifest: Manifest;
  readonly key: string;
  readonly sha256: string;
}

/** Reads a manifest, such as an attempt's; undefined where there is none. Throws ArchiveError where it is none. */
export const readManifest = async (archive: Archive, key: string): Promise<StoredManifest | undefined> => {
  const stored = await archive.read(key);
  if (stored === undefined) return undefined;
  const { bytes, value } = await readJsonBytes(stored);
  if (isRecord(value) && value.schemaVersion !== 1) {
    throw new ArchiveError(`${key} has schemaVersion ${JSON.stringify(value.schemaVersion)}; this version reads 1`);
  }
  const fault = manifestFault(value);
  if (fault !== undefined) throw new ArchiveError(`${key} is no manifest: ${fault}`);
  return { manifest: value as Manifest, key, sha256: sha256Of(bytes) };
};
