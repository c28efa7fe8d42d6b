import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import type { Archive } from '../archive/archive.ts';
import { chainCheck } from '../archive/chain.ts';
import { isObjectOf, runKeys, runOfKey } from '../archive/keys.ts';
import { readBytes } from '../archive/lines.ts';
import type { Manifest } from '../archive/manifest.ts';
import { isSignatureValid, manifestText } from '../archive/signature.ts';
import { sha256Of } from '../archive/staging.ts';
import { runInstant } from '../model/run-name.ts';
import { messageOf } from '../text/error-message.ts';
import type { Problem } from './problem.ts';

// What is read here may have been written by anybody: nothing is taken for what it should be.

const SCHEMA_VERSION = 1;

/** The objects that every complete run has. */
const NEEDED = ['snapshot', 'findings', 'report'] as const;

const manifestShape = z.object({
  run: z.string(),
  environmentId: z.string(),
  asOf: z.string(),
  verdict: z.literal('COMPLETE'),
  objects: z.record(z.string(), z.object({ key: z.string(), sha256: z.string(), size: z.number() })),
  previous: z.object({ run: z.string(), key: z.string(), sha256: z.string() }).optional(),
  signature: z.object({ keyId: z.string(), algorithm: z.string(), value: z.string() }).optional(),
});

/** The part of a manifest that verification asks for. */
export type Claims = z.infer<typeof manifestShape>;

/** A link of the chain: whatever stands where a run has its manifest. */
export interface Link {
  /** The run that the key names. */
  readonly run: string;
  readonly asOf: Date;
  readonly key: string;
  /** Undefined where it can't be read. */
  readonly sha256?: string;
  /** Undefined where it is no manifest of this run. */
  readonly claims?: Claims;
  /** Undefined where there is no key to check it with, or nothing to check. */
  readonly isSignatureValid?: boolean;
}

/** Parses JSON; undefined where it is none. */
export const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const isOfOtherSchema = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'schemaVersion' in value && value.schemaVersion !== SCHEMA_VERSION;

/** Reads the claims of a manifest; a text says why it is not this run's. */
const readClaims = (text: string, environmentId: string, asOf: Date, run: string): Claims | string => {
  const value = parsedJson(text);
  if (value === undefined) return 'is no JSON';
  if (isOfOtherSchema(value)) return `is of another schemaVersion than ${SCHEMA_VERSION}, which this version reads`;
  const parsed = manifestShape.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `is no manifest of a complete run: ${issue?.path.join('.') || 'all of it'} is not what it has there`;
  }
  const { data } = parsed;
  if (data.environmentId !== environmentId || data.run !== run || data.asOf !== asOf.toISOString()) {
    return `stands in the place of run ${run} of environment ${environmentId} and speaks for run ${data.run} of environment ${data.environmentId}, as of ${data.asOf}`;
  }
  const lacking = NEEDED.filter((name) => data.objects[name] === undefined);
  if (lacking.length > 0) return `names no ${lacking.join(' and no ')}, which every complete run has`;
  const strange = Object.values(data.objects).find(({ key }) => !isObjectOf(environmentId, asOf, key));
  return strange === undefined ? data : `names ${strange.key}, which is no object of this run`;
};

const checkSignature = (text: string, claims: Claims, publicKeys: readonly KeyObject[]): boolean => {
  // Sound by `readClaims`, and by the text being the one that the auditor writes.
  const manifest = JSON.parse(text) as Manifest;
  return (
    claims.signature !== undefined &&
    manifestText(manifest) === text &&
    publicKeys.some((key) => isSignatureValid(manifest, key))
  );
};

/**
 * Reads what stands at a key among the manifests; undefined where that is no run's.
 * @param onProblem is given what is wrong with it by itself
 */
export const readLink = async (
  archive: Archive,
  environmentId: string,
  key: string,
  publicKeys: readonly KeyObject[],
  onProblem: (problem: Problem) => void,
): Promise<Link | undefined> => {
  const run = runOfKey(key);
  const asOf = run === undefined ? undefined : runInstant(run);
  if (run === undefined || asOf === undefined || runKeys(environmentId, asOf).manifest !== key) {
    onProblem({ kind: 'edited', key, message: 'stands among the manifests, where no run has its place' });
    return undefined;
  }
  let bytes: Uint8Array | undefined;
  try {
    const stored = await archive.read(key);
    bytes = stored && (await readBytes(stored.body));
  } catch (error) {
    onProblem({ kind: 'unreadable', run, key, message: messageOf(error) });
    return { run, asOf, key };
  }
  if (bytes === undefined) {
    onProblem({ kind: 'missing', run, key, message: 'went away while it was to be read' });
    return undefined;
  }
  const text = Buffer.from(bytes).toString('utf8');
  const claims = readClaims(text, environmentId, asOf, run);
  const link = { run, asOf, key, sha256: sha256Of(bytes) };
  if (typeof claims === 'string') {
    onProblem({ kind: 'edited', run, key, message: claims });
    return link;
  }
  return publicKeys.length === 0 || claims.signature === undefined
    ? { ...link, claims }
    : { ...link, claims, isSignatureValid: checkSignature(text, claims, publicKeys) };
};

/**
 * Lists where the chain does not hold.
 * @param links in the order of time
 */
export const chainProblems = (links: readonly Link[]): readonly Problem[] => {
  const check = chainCheck(links.map(({ key }) => key));
  return links.flatMap(({ run, key, sha256, claims }) =>
    sha256 === undefined || claims === undefined ? [] : (check({ run, key, sha256, previous: claims.previous }) ?? []),
  );
};

/**
 * Lists the signatures that are not what they should be, by a key to check them.
 * @param links in the order of time
 */
export const signatureProblems = (links: readonly Link[]): readonly Problem[] => {
  const signed = links.filter(({ claims }) => claims?.signature !== undefined);
  const unsignedMessage = (run: string): string => {
    const signedBefore = signed.findLast((link) => link.run < run);
    if (signedBefore !== undefined) return `has no signature, though that of run ${signedBefore.run} before it has one`;
    const [first] = signed;
    return first === undefined
      ? 'has no signature, and no other manifest here has one'
      : `has no signature: it was made before the first signed one, of run ${first.run}`;
  };

  return links.flatMap(({ run, key, claims, isSignatureValid: isValid }): readonly Problem[] => {
    if (claims === undefined || isValid === true) return [];
    const { signature } = claims;
    if (signature === undefined) return [{ kind: 'unsigned', run, key, message: unsignedMessage(run) }];
    const message = `its signature does not hold against the public key (it says ${signature.keyId}, ${signature.algorithm})`;
    return [{ kind: 'bad-signature', run, key, message }];
  });
};
