import type { KeyObject } from 'node:crypto';
import type { Archive } from './archive.ts';
import { ArchiveError } from './errors.ts';
import { type ChainHead, readPlace } from './head.ts';
import { keysUnder, publicKeyKey, RECORDED_KEYS } from './keys.ts';
import { readBytes } from './lines.ts';
import { isSignatureValid, readPublicKey } from './signature.ts';
import { stagedContent } from './staging.ts';

/** Gives the public part of the key of this id, in DER; undefined where it can't be asked for. */
export type LoadPublicKey = (keyId: string) => Promise<Uint8Array | undefined>;

/** Keeps the public part of a key that signs, once: later runs hold what it signed against it, without asking KMS. */
export const recordPublicKey = async (archive: Archive, keyId: string, load: LoadPublicKey): Promise<void> => {
  const key = publicKeyKey(keyId);
  if (await archive.has(key)) return;
  const der = await load(keyId);
  if (der === undefined) return;
  const pem = readPublicKey(der).export({ type: 'spki', format: 'pem' });
  await archive.create(key, stagedContent(String(pem)).content, 'application/x-pem-file');
};

/** The largest public key there is has some hundred. */
const MOST_KEY_BYTES = 64 * 1024;

/** Reads a recorded public key; undefined where there is none. Throws ArchiveError where it is no such key. */
export const readRecordedKey = async (archive: Archive, key: string): Promise<KeyObject | undefined> => {
  const stored = await archive.read(key);
  if (stored === undefined) return undefined;
  const bytes = await readBytes(stored, MOST_KEY_BYTES);
  try {
    return readPublicKey(bytes);
  } catch (cause) {
    throw new ArchiveError(`${key} is no public key`, { cause });
  }
};

/** The part of the config that says how signatures are held against keys. */
export interface SignaturePolicy {
  /** Whether this auditor signs: then whatever follows a signed entry has to be signed. */
  readonly isSigning: boolean;
  /** The keys that the config gives: only theirs count. None: those that the archive has recorded. */
  readonly publicKeys: readonly KeyObject[];
}

/** Whether anything before the end of a chain is signed, as far as is seen without walking all of it. */
const isSignedBefore = async (
  archive: Archive,
  environmentId: string,
  { before }: Pick<ChainHead, 'before'>,
  isSigning: boolean,
): Promise<boolean> => {
  if (isSigning && (await keysUnder(archive, RECORDED_KEYS)).length > 0) return true;
  if (before === undefined) return false;
  const { entry } = (await readPlace(archive, environmentId, before.key)) ?? {};
  return typeof entry === 'object' && entry.signature !== undefined;
};

/**
 * Says what speaks against the signature of a chain's last run: that it does not hold, or that there is none although
 * others before have one. A key that nobody can ask for is no proof of tampering.
 */
export const signatureProblem = async (
  archive: Archive,
  environmentId: string,
  head: Pick<ChainHead, 'last' | 'before'>,
  { isSigning, publicKeys }: SignaturePolicy,
): Promise<string | undefined> => {
  const { last } = head;
  if (last === undefined || last.manifest.acceptedHistory !== undefined) return undefined;
  const { signature } = last.manifest;
  if (signature === undefined) {
    if (!(await isSignedBefore(archive, environmentId, head, isSigning))) return undefined;
    return `${last.key} has no signature, though others before it have one`;
  }
  const recorded = publicKeys.length > 0 ? undefined : await readRecordedKey(archive, publicKeyKey(signature.keyId));
  const keys = recorded === undefined ? publicKeys : [recorded];
  if (keys.length === 0 || keys.some((key) => isSignatureValid(last.manifest, key))) return undefined;
  return `the signature of ${last.key} does not hold against ${recorded === undefined ? "the config's public keys" : publicKeyKey(signature.keyId)}`;
};
