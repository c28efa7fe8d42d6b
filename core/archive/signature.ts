import { constants, createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { decode } from '../text/decode.ts';
import type { ChainEntry } from './entry.ts';
import { type ManifestSignature, SIGNATURE_SCHEME, type SigningAlgorithm } from './manifest-signature.ts';
import { jsonText } from './staging.ts';

/** A signature's own account of the key and the algorithm that made it. */
export type SignedBy = Omit<ManifestSignature, 'value'>;

/** Signs the SHA-256 digest that it asks for, once it knows what the signature says of itself. */
export type Signer = (digestFor: (by: SignedBy) => Uint8Array) => Promise<ManifestSignature>;

/** Writes an entry of the chain, or the manifest of an attempt, as it is stored. */
export const entryText = (entry: ChainEntry): string => jsonText(entry);

/** Writes what is signed: the entry with all but the value of its signature; older signatures cover none of theirs. */
const signedText = ({ signature: _signature, ...entry }: ChainEntry, by: SignedBy): string =>
  jsonText(by.scheme === undefined ? entry : { ...entry, signature: by });

/** Adds its signature to an entry. */
export const signEntry = async <Entry extends ChainEntry>(entry: Entry, sign: Signer): Promise<Entry> => ({
  ...entry,
  signature: await sign((by) => createHash('sha256').update(signedText(entry, by)).digest()),
});

/** Reads a public key in PEM or DER, as `aws kms get-public-key` gives it. */
export const readPublicKey = (content: Uint8Array): KeyObject => {
  const text = decode(content).trim();
  if (text.startsWith('-----BEGIN')) return createPublicKey(text);
  // The command line of AWS prints DER in base64.
  const der = /^[A-Za-z0-9+/=\s]+$/.test(text) ? Buffer.from(text, 'base64') : Buffer.from(content);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
};

const PADDING: Readonly<Record<SigningAlgorithm, object>> = {
  ECDSA_SHA_256: {},
  RSASSA_PSS_SHA_256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  RSASSA_PKCS1_V1_5_SHA_256: { padding: constants.RSA_PKCS1_PADDING },
};

/** Tells whether an entry's signature was made over the entry as it stands, by the key's private part. */
export const isSignatureValid = (entry: ChainEntry, key: KeyObject): boolean => {
  const { signature } = entry;
  if (signature === undefined || !Object.hasOwn(PADDING, signature.algorithm)) return false;
  const { value, ...by } = signature;
  if (by.scheme !== undefined && by.scheme !== SIGNATURE_SCHEME) return false;
  try {
    return verify(
      'sha256',
      Buffer.from(signedText(entry, by)),
      { key, ...PADDING[signature.algorithm] },
      Buffer.from(value, 'base64'),
    );
  } catch {
    // A key of another kind than the signature's.
    return false;
  }
};
