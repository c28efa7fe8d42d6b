import type { Options } from '../../rules/engine/context.ts';
import type { Severity } from '../../rules/engine/severity.ts';
import type { Counts, Verdict, VerdictReason } from '../model/report.ts';
import type { Archive } from './archive.ts';
import { type LatestPointer, pointerProblem, type RunLink } from './chain.ts';
import { ArchiveError } from './errors.ts';
import { areaPrefix, latestKey } from './keys.ts';
import { readBytes } from './lines.ts';
import type { ManifestSignature } from './manifest-signature.ts';
import { evidenceOf, jsonText, sha256Of } from './staging.ts';

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
  readonly asOf: string;
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
  readonly codeVersion: string;
  /** The manifest of the last complete run before this one: the chain that `verify` walks. */
  readonly previous?: RunLink;
  readonly signature?: ManifestSignature;
}

/** A manifest as the archive holds it. */
export interface StoredManifest {
  readonly manifest: Manifest;
  readonly key: string;
  readonly sha256: string;
}

export const readManifest = async (archive: Archive, key: string): Promise<StoredManifest | undefined> => {
  const stored = await archive.read(key);
  if (stored === undefined) return undefined;
  const bytes = await readBytes(stored.body);
  const manifest = parseObject(bytes, key) as Manifest;
  if (manifest.schemaVersion !== 1) {
    throw new ArchiveError(`${key} has schemaVersion ${JSON.stringify(manifest.schemaVersion)}; this version reads 1`);
  }
  return { manifest, key, sha256: sha256Of(bytes) };
};

const parseObject = (bytes: Uint8Array, key: string): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new ArchiveError(`${key} is no JSON`, { cause });
  }
};

/** The pointer to the last complete run, and the version of it that a swap must meet. */
interface Latest {
  readonly pointer: LatestPointer | undefined;
  readonly version: string | undefined;
}

export const readLatest = async (archive: Archive, environmentId: string): Promise<Latest> => {
  const key = latestKey(environmentId);
  const stored = await archive.read(key);
  if (stored === undefined) return { pointer: undefined, version: undefined };
  return { pointer: parseObject(await readBytes(stored.body), key) as LatestPointer, version: stored.version };
};

/**
 * Finds the last complete run: where `latest` points, or a later manifest that a run left just before it could move
 * the pointer.
 * @throws {ArchiveError} where it is missing or was altered
 */
export const lastCompleteRun = async (archive: Archive, environmentId: string): Promise<StoredManifest | undefined> => {
  const { pointer } = await readLatest(archive, environmentId);
  let key = pointer?.manifest;
  for await (const later of archive.list(areaPrefix('manifests', environmentId), key)) key = later;
  if (key === undefined) return undefined;

  const last = await readManifest(archive, key);
  const problem = key === pointer?.manifest ? pointerProblem(environmentId, pointer, last?.sha256) : undefined;
  if (problem !== undefined) throw new ArchiveError(`${key} ${problem.message}`);
  if (last === undefined) throw new ArchiveError(`${key} went away while it was to be read`);
  return last;
};

/** Points `latest` to a run, never back to one before; throws ArchiveError where others keep moving it. */
export const advanceLatest = async (archive: Archive, environmentId: string, to: StoredManifest): Promise<void> => {
  const pointer: LatestPointer = { run: to.manifest.run, manifest: to.key, sha256: to.sha256 };
  const { content } = evidenceOf(jsonText(pointer));
  // Each conflict means that another attempt has moved it; a handful is more than ever run at once.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const latest = await readLatest(archive, environmentId);
    if (latest.pointer !== undefined && latest.pointer.run >= pointer.run) return;
    const outcome = await archive.replace(latestKey(environmentId), content, 'application/json', latest.version);
    if (outcome === 'replaced') return;
  }
  throw new ArchiveError(`${latestKey(environmentId)} could not be moved to ${to.manifest.run}: others keep moving it`);
};
