import type { KMSClient } from '@aws-sdk/client-kms';
import { awsClient } from '../aws/clients.ts';
import { SigningError } from './errors.ts';
import { SIGNATURE_SCHEME, type SigningAlgorithm } from './manifest-signature.ts';
import type { Signer } from './signature.ts';
import type { LoadPublicKey } from './signing-keys.ts';

/** The first tells which key an alias leads to; another is needed where that is changed just then. */
const MOST_TRIES = 3;

/** Makes a client of KMS. */
type OpenKms = (region: string) => Promise<KMSClient>;

// Loaded where it is used: most audits sign nothing.
const openKms: OpenKms = async (region) => awsClient((await import('@aws-sdk/client-kms')).KMSClient, { region });

/**
 * Makes a signer of an asymmetric KMS key, whose private part never leaves KMS; needs `kms:Sign` on it.
 * @param key the ARN of the key or of an alias of it
 * @param open replaced by tests
 * @throws {SigningError} from the signer, where KMS does not sign
 */
export const kmsSigner = (key: string, algorithm: SigningAlgorithm, open = openKms): Signer => {
  // The key's own region, which need not be the audit's.
  const [, , , region = ''] = key.split(':');
  // KMS tells which key an alias leads to once it has signed: then it signs again, by that key's name.
  let keyId = key;
  return async (digestFor) => {
    const { SignCommand } = await import('@aws-sdk/client-kms');
    const client = await open(region);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const by = { scheme: SIGNATURE_SCHEME, keyId, algorithm } as const;
      const request = { KeyId: key, MessageType: 'DIGEST', SigningAlgorithm: algorithm } as const;
      const { KeyId = keyId, Signature } = await client
        .send(new SignCommand({ ...request, Message: digestFor(by) }))
        .catch((cause: unknown) => {
          throw new SigningError(`KMS did not sign with ${key}: ${String(cause)}`, { cause });
        });
      if (Signature === undefined) throw new SigningError(`KMS gave no signature by ${key}`);
      if (KeyId === keyId) return { ...by, value: Buffer.from(Signature).toString('base64') };
      keyId = KeyId;
    }
    throw new SigningError(`KMS signed with another key than before, ${MOST_TRIES} times, by ${key}`);
  };
};

/**
 * Makes a reader of the public part of a key; needs `kms:GetPublicKey` on it. Whatever keeps KMS from answering is no
 * answer, and neither is another key, which an alias may stand for by now.
 * @param key as for `kmsSigner`
 */
export const kmsPublicKey = (key: string): LoadPublicKey => {
  const [, , , region = ''] = key.split(':');
  return async (keyId) => {
    const { GetPublicKeyCommand } = await import('@aws-sdk/client-kms');
    try {
      const answer = await (await openKms(region)).send(new GetPublicKeyCommand({ KeyId: key }));
      return answer.KeyId === keyId ? answer.PublicKey : undefined;
    } catch {
      return undefined;
    }
  };
};
