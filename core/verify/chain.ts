import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import type { Archive } from '../archive/archive.ts';
import { isObjectOf, latestKey, runKeys, runOfKey } from '../archive/keys.ts';
import { readBytes } from '../archive/lines.ts';
import type { Manifest } from '../archive/manifest.ts';
import { isSignatureValid, manifestText } from '../archive/signature.ts';
import { sha256Of } from '../archive/staging.ts';
import { runInstant } from '../model/run-name.ts';
import { messageOf } from '../text/error-message.ts';
import type { Problem } from './problem.ts';

// What is read here may have been written by anybody: nothing is taken for what it should be.

const SCHEMA_VERSION = 1;

/** What no run is complete without. */
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

/** The manifest that stands in a run's place. */
export interface Link {
  /** By its place. */
  readonly run: string;
  readonly asOf: Date;
  readonly key: string;
  readonly sha256: string;
  /** Undefined where it is no manifest of this run. */
  readonly claims: Claims | undefined;
  /** Undefined where there is no key to check it with, or nothing to check. */
  readonly isSignatureValid: boolean | undefined;
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const isOfOtherSchema = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'schemaVersion' in value &&
  value.schemaVersion !== SCHEMA_VERSION;

/** The claims of a manifest, or what keeps it from being this run's. */
const readClaims = (text: string, environmentId: string, asOf: Date, run: string): Claims | string => {
  const value = jsonOf(text);
  if (value === undefined) return 'is no JSON';
  if (isOfOtherSchema(value))
    return `is of another schemaVersion than ${SCHEMA_VERSION}, which this version reads`;
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

/** Reads the manifest at a key, and tells what is wrong with it by itself. Undefined where it stands in no place. */
export const readLink = async (
  archive: Archive,
  environmentId: string,
  key: string,
  publicKeys: readonly KeyObject[],
  tell: (problem: Problem) => void,
): Promise<Link | undefined> => {
  const run = runOfKey(key);
  const asOf = run === undefined ? undefined : runInstant(run);
  if (run === undefined || asOf === undefined || runKeys(environmentId, asOf).manifest !== key) {
    tell({ kind: 'edited', key, message: 'stands among the manifests, where no run has its place' });
    return undefined;
  }
  let bytes: Uint8Array | undefined;
  try {
    const stored = await archive.read(key);
    bytes = stored && (await readBytes(stored.body));
  } catch (error) {
    tell({ kind: 'unreadable', run, key, message: messageOf(error) });
    return { run, asOf, key, sha256: '', claims: undefined, isSignatureValid: undefined };
  }
  if (bytes === undefined) {
    tell({ kind: 'missing', run, key, message: 'went away while it was to be read' });
    return undefined;
  }
  const text = Buffer.from(bytes).toString('utf8');
  const claims = readClaims(text, environmentId, asOf, run);
  const link = { run, asOf, key, sha256: sha256Of(bytes) };
  if (typeof claims === 'string') {
    tell({ kind: 'edited', run, key, message: claims });
    return { ...link, claims: undefined, isSignatureValid: undefined };
  }
  return {
    ...link,
    claims,
    isSignatureValid:
      publicKeys.length === 0 || claims.signature === undefined
        ? undefined
        : checkSignature(text, claims, publicKeys),
  };
};

/** Where a link of the chain does not hold; `links` are in the order of time. */
export const chainProblems = (links: readonly Link[]): readonly Problem[] => {
  const byKey = new Map(links.map((link) => [link.key, link]));
  const followers = Map.groupBy(links, ({ claims }) => claims?.previous?.key);

  const problemOf = ({ run, key, claims }: Link, before: Link | undefined): Problem | undefined => {
    if (claims === undefined) return undefined;
    const { previous } = claims;
    if (previous === undefined) {
      if (before === undefined) return undefined;
      return {
        kind: 'skipped',
        run,
        key,
        message: `names no run before it, though run ${before.run} is there`,
      };
    }
    const target = byKey.get(previous.key);
    if (target === undefined) {
      return {
        kind: 'missing',
        run: previous.run,
        key: previous.key,
        message: `is not there, though the manifest of run ${run} names it as the one before`,
      };
    }
    if (target.run >= run) {
      return {
        kind: 'reordered',
        run,
        key,
        message: `names run ${target.run} as the one before it, which is not before it`,
      };
    }
    if (target !== before) {
      const other = followers.get(previous.key)?.find((follower) => follower.run !== run);
      const named = `names run ${target.run} as the one before it`;
      return other === undefined
        ? { kind: 'skipped', run, key, message: `${named} and passes over run ${before?.run}` }
        : {
            kind: 'forked',
            run,
            key,
            message: `${named}, as run ${other.run} does: one of the two was slipped in, or both were made at once`,
          };
    }
    if (target.claims === undefined || target.sha256 === previous.sha256) return undefined;
    return {
      kind: 'edited',
      run: target.run,
      key: target.key,
      message: `its SHA-256 is ${target.sha256}, the manifest of run ${run} says ${previous.sha256}`,
    };
  };

  return links.flatMap((link, index) => problemOf(link, links[index - 1]) ?? []);
};

/** Where the signatures are not what they should be, with a key to check them by. */
export const signatureProblems = (links: readonly Link[]): readonly Problem[] => {
  const signed = links.filter(({ claims }) => claims?.signature !== undefined);
  const unsignedWords = (run: string): string => {
    const earlier = signed.findLast((link) => link.run < run);
    if (earlier !== undefined) return `has no signature, though that of run ${earlier.run} before it has one`;
    const [first] = signed;
    return first === undefined
      ? 'has no signature, and no other manifest here has one'
      : `has no signature: it was made before the first signed one, of run ${first.run}`;
  };

  return links.flatMap(({ run, key, claims, isSignatureValid: isValid }): readonly Problem[] => {
    if (claims === undefined || isValid === true) return [];
    return claims.signature === undefined
      ? [{ kind: 'unsigned', run, key, message: unsignedWords(run) }]
      : [
          {
            kind: 'bad-signature',
            run,
            key,
            message: `its signature does not hold against the public key (it says ${claims.signature.keyId}, ${claims.signature.algorithm})`,
          },
        ];
  });
};

const pointerShape = z.object({ run: z.string(), manifest: z.string(), sha256: z.string() });

/** What the pointer to the last run is worth. */
export type LatestState =
  | { readonly state: 'fits' }
  /** As the crash of a run leaves it between its manifest and the pointer: the next run mends it. */
  | { readonly state: 'behind-by-one'; readonly run: string; readonly key: string; readonly message: string }
  | { readonly state: 'wrong'; readonly problem: Problem };

export const readLatestState = async (
  archive: Archive,
  environmentId: string,
  links: readonly Link[],
): Promise<LatestState> => {
  const key = latestKey(environmentId);
  const newest = links.at(-1);
  const wrong = (problem: Problem): LatestState => ({ state: 'wrong', problem });

  let text: string | undefined;
  try {
    const stored = await archive.read(key);
    text = stored && Buffer.from(await readBytes(stored.body)).toString('utf8');
  } catch (error) {
    return wrong({ kind: 'unreadable', key, message: messageOf(error) });
  }
  if (text === undefined) {
    if (newest === undefined) return { state: 'fits' };
    const message = `is not there, though run ${newest.run} is`;
    return links.length === 1
      ? { state: 'behind-by-one', run: newest.run, key, message }
      : wrong({ kind: 'latest', run: newest.run, key, message });
  }

  const parsed = pointerShape.safeParse(jsonOf(text));
  if (!parsed.success) return wrong({ kind: 'edited', key, message: 'is no pointer to a run' });
  const { run, manifest, sha256 } = parsed.data;
  const target = links.find((link) => link.key === manifest);
  if (target === undefined) {
    const words = newest === undefined || run > newest.run ? ', ahead of every manifest that is' : '';
    return wrong({
      kind: 'missing',
      run,
      key: manifest,
      message: `is not there, though ${key} points to it${words}`,
    });
  }
  if (target.run !== run) {
    return wrong({ kind: 'edited', run, key, message: `says run ${run} and points to ${manifest}` });
  }
  if (target.sha256 !== sha256 && target.sha256 !== '') {
    return wrong({
      kind: 'edited',
      run,
      key: manifest,
      message: `its SHA-256 is ${target.sha256}, ${key} says ${sha256}`,
    });
  }
  const behind = links.length - 1 - links.indexOf(target);
  if (newest === undefined || behind === 0) return { state: 'fits' };
  const message = `points to run ${run}, and run ${newest.run} is the newest`;
  return behind === 1
    ? { state: 'behind-by-one', run: newest.run, key, message }
    : wrong({ kind: 'latest', run: newest.run, key, message: `${message}, ${behind} runs later` });
};
