import type { KeyObject } from 'node:crypto';
import type { Archive } from '../archive/archive.ts';
import { inBatches } from '../archive/batches.ts';
import { chainCheck, pointedKey, previousProblem } from '../archive/chain.ts';
import { type ChainEntry, isMilestone, readEntry } from '../archive/entry.ts';
import { readLatest } from '../archive/head.ts';
import { chainKey, runOfKey, sequenceOfKey } from '../archive/keys.ts';
import { MOST_JSON_BYTES, readBytes } from '../archive/lines.ts';
import type { Manifest } from '../archive/manifest.ts';
import { entryText, isSignatureValid } from '../archive/signature.ts';
import { sha256Of } from '../archive/staging.ts';
import { runInstant } from '../model/run-name.ts';
import { messageOf } from '../text/error-message.ts';
import type { Note, Problem } from './problem.ts';

/** A link of the chain: whatever stands at one of its places. */
export interface Link {
  /** As its key, its entry or the link after it names it; missing where nobody does. */
  readonly run?: string;
  readonly key: string;
  /** Undefined where it can't be read. */
  readonly sha256?: string;
  /** Undefined where it is no entry of this place. */
  readonly claims?: ChainEntry;
  /** Undefined where there is no key to check it with, or nothing to check. */
  readonly isSignatureValid?: boolean;
}

/** A link that is a complete run, or was one before it was altered. */
export interface RunOfLink extends Link {
  readonly run: string;
  readonly asOf: Date;
  readonly claims?: Manifest;
}

/** The links that are runs; an entry that ends the chain or goes on with it is none. */
export const runsOf = (links: readonly Link[]): readonly RunOfLink[] =>
  links.flatMap(({ claims, run, ...link }): readonly RunOfLink[] => {
    const asOf = run === undefined ? undefined : runInstant(run);
    if (run === undefined || asOf === undefined || (claims !== undefined && isMilestone(claims))) return [];
    return [{ ...link, run, asOf, ...(claims !== undefined && { claims }) }];
  });

/** Gives the public keys that a signature may hold against, by the id of the key that it names; none: nobody knows. */
export type KeysFor = (keyId: string) => readonly KeyObject[];

const checkSignature = (text: string, claims: ChainEntry, publicKeys: readonly KeyObject[]): boolean =>
  claims.signature !== undefined &&
  // A member that stands twice is read otherwise by others.
  entryText(claims) === text &&
  publicKeys.some((key) => isSignatureValid(claims, key));

/**
 * Reads what stands at a place of the chain; undefined where it went away.
 * @param onProblem is given what is wrong with it by itself
 */
const readLink = async (
  archive: Archive,
  environmentId: string,
  key: string,
  keysFor: KeysFor,
  onProblem: (problem: Problem) => void,
): Promise<Link | undefined> => {
  const named = runOfKey(key);
  const own = named === undefined ? {} : { run: named };
  const run = named ?? null;
  let bytes: Buffer | undefined;
  try {
    const stored = await archive.read(key);
    bytes = stored && (await readBytes(stored, MOST_JSON_BYTES));
  } catch (error) {
    onProblem({ kind: 'unreadable', run, key, message: messageOf(error) });
    return { ...own, key };
  }
  if (bytes === undefined) {
    onProblem({ kind: 'missing', run, key, message: 'went away while it was to be read' });
    return undefined;
  }
  const claims = readEntry(bytes, { environmentId, run: named, sequence: sequenceOfKey(key) });
  const link = { ...own, key, sha256: sha256Of(bytes) };
  if (typeof claims === 'string') {
    onProblem({ kind: 'edited', run, key, message: claims });
    return link;
  }
  const known = { ...link, run: claims.run, claims };
  const publicKeys = claims.signature === undefined ? [] : keysFor(claims.signature.keyId);
  if (publicKeys.length === 0) return known;
  return { ...known, isSignatureValid: checkSignature(bytes.toString('utf8'), claims, publicKeys) };
};

/** Gives links whose run is not known the name that the link after it, the pointer or a copy has for it. */
const withNames = (
  links: readonly Link[],
  pointed: { readonly key: string; readonly run: string } | undefined,
  copied: ReadonlyMap<string, string>,
) => {
  const names = new Map(
    links.flatMap(({ claims: { previous } = {} }) => (previous ? [[previous.key, previous.run]] : [])),
  );
  if (pointed !== undefined) names.set(pointed.key, pointed.run);
  return links.map((link): Link => {
    const run = link.run ?? names.get(link.key) ?? copied.get(link.key);
    return run === undefined ? link : { ...link, run };
  });
};

/**
 * Reads the places of a chain.
 * @param keys in order
 * @param copied runs by key, as the copies of their entries name them
 * @param onProblem is given what is wrong with each by itself
 */
export const readLinks = async (
  archive: Archive,
  environmentId: string,
  keys: readonly string[],
  copied: ReadonlyMap<string, string>,
  keysFor: KeysFor,
  onProblem: (problem: Problem) => void,
): Promise<readonly Link[]> => {
  const found: Problem[] = [];
  const links: Link[] = [];
  const reads = inBatches(keys, (key) =>
    readLink(archive, environmentId, key, keysFor, (problem) => found.push(problem)),
  );
  for await (const link of reads) if (link !== undefined) links.push(link);
  const { pointer } = await readLatest(archive, environmentId);
  const named = withNames(links, pointer && { key: pointedKey(environmentId, pointer), run: pointer.run }, copied);
  const runs = new Map(named.map(({ key, run }) => [key, run]));
  for (const problem of found) onProblem({ ...problem, run: problem.run ?? runs.get(problem.key) ?? null });
  return named;
};

/** Lists the places that are missing between others. */
const missingPlaces = (environmentId: string, links: readonly Link[]): readonly Problem[] => {
  const numbers = links.flatMap(({ key }) => sequenceOfKey(key) ?? []);
  const there = new Set(numbers);
  const [first = 0] = numbers;
  return Array.from({ length: Math.max(0, (numbers.at(-1) ?? 0) - first) }, (_, index) => first + index)
    .filter((number) => !there.has(number))
    .map((number) => ({
      kind: 'missing',
      run: null,
      key: chainKey(environmentId, number),
      message: `is not there, though places after it are`,
    }));
};

/**
 * Lists where the chain does not hold.
 * @param links in order
 */
export const chainProblems = (environmentId: string, links: readonly Link[]): readonly Problem[] => {
  const check = chainCheck(links.map(({ key }) => key));
  const faults = links.flatMap(({ run, key, sha256, claims }) =>
    sha256 === undefined || claims === undefined || run === undefined
      ? []
      : (check({ run, key, sha256, previous: claims.previous }) ?? []),
  );
  const known = new Set(faults.map(({ key }) => key));
  const positions = new Map(links.map(({ key }, position) => [key, position]));
  // Whoever accepted a history vouched for the place that it goes on from, past those between.
  const altered = links.flatMap(({ claims }, position) => {
    const target = positions.get(claims?.previous?.key ?? '') ?? position;
    const sha256 = links[target]?.sha256;
    if (claims?.previous === undefined || sha256 === undefined || target >= position - 1) return [];
    return previousProblem(claims.run, claims.previous, sha256) ?? [];
  });
  const missing = missingPlaces(environmentId, links).filter(({ key }) => !known.has(key));
  return [...faults, ...altered, ...missing];
};

/** The places that somebody let the chain go on past, each with the note that says so. */
export const acceptedPlaces = (links: readonly Link[]): ReadonlyMap<string, string> => {
  const accepted = new Map<string, string>();
  for (const [position, { claims }] of links.entries()) {
    if (claims === undefined || isMilestone(claims) || claims.acceptedHistory === undefined) continue;
    const { reason } = claims.acceptedHistory;
    const from = links.findIndex(({ key }) => key === claims.previous?.key);
    for (const { key } of links.slice(from + 1, position + 1)) accepted.set(key, reason);
  }
  return accepted;
};

/** Tells of each run that goes on from a history which did not hold: whoever verifies is to know. */
export const acceptanceNotes = (links: readonly Link[]): readonly Note[] =>
  links.flatMap(({ key, run, claims }): readonly Note[] => {
    if (claims === undefined || isMilestone(claims) || claims.acceptedHistory === undefined) return [];
    const { reason, problem, sha256 } = claims.acceptedHistory;
    const message = `goes on from the entry of SHA-256 ${sha256}, since somebody accepted the history (${reason}); it was: ${problem}`;
    return [{ kind: 'accepted-history', ...(run !== undefined && { run }), key, message }];
  });

/** Whether somebody has looked into an entry and let the chain go on from it as it is. */
const isAccepted = (links: readonly Link[], position: number): boolean => {
  const claims = links[position + 1]?.claims;
  return (
    claims !== undefined && 'acceptedHistory' in claims && claims.acceptedHistory?.sha256 === links[position]?.sha256
  );
};

/**
 * Lists the signatures that are not what they should be.
 * @param links in order
 * @param mustBeSigned whether somebody gave a key by which all must be signed; else whatever follows what a recorded one
 * signed
 */
export const signatureProblems = (links: readonly Link[], mustBeSigned: boolean): readonly Problem[] => {
  const signed = links.filter(({ claims }) => claims?.signature !== undefined);
  const unsignedMessage = (position: number): string => {
    const signedBefore = links.slice(0, position).findLast(({ claims }) => claims?.signature !== undefined);
    if (signedBefore !== undefined) return `has no signature, though that of run ${signedBefore.run} before it has one`;
    const [first] = signed;
    return first === undefined
      ? 'has no signature, and no other manifest here has one'
      : `has no signature: it was made before the first signed one, of run ${first.run}`;
  };

  return links.flatMap(({ key, claims, isSignatureValid: isValid }, position): readonly Problem[] => {
    if (claims === undefined || isValid === true) return [];
    const { signature, run } = claims;
    if (signature === undefined) {
      if (!mustBeSigned && (links[position - 1]?.isSignatureValid === undefined || isAccepted(links, position)))
        return [];
      return [{ kind: 'unsigned', run, key, message: unsignedMessage(position) }];
    }
    // Nobody has a key of this one.
    if (isValid === undefined) return [];
    const message = `its signature does not hold against the public key (it says ${signature.keyId}, ${signature.algorithm})`;
    return [{ kind: 'bad-signature', run, key, message }];
  });
};
