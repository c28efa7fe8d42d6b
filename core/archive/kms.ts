import { awsClient } from '../aws/clients.ts';
import { SigningError } from './errors.ts';
import type { SigningAlgorithm } from './manifest-signature.ts';
import type { Signer } from './signature.ts';
import type { LoadPublicKey } from './signing-keys.ts';

/**
 * Makes a signer of an asymmetric KMS key, whose private part never leaves KMS; needs `kms:Sign` on it.
 * @param key the ARN of the key or of an alias of it
 * @throws {SigningError} from the signer, where KMS does not sign
 */
export const kmsSigner = (key: string, algorithm: SigningAlgorithm): Signer => {
  // The key's own region, which need not be the audit's.
  const [, , , region = ''] = key.split(':');
  return async (digest) => {
    // Loaded where it is used: most audits sign nothing.
    const { KMSClient, SignCommand } = await import('@aws-sdk/client-kms');
    const client = awsClient(KMSClient, { region });
    const { KeyId, Signature } = await client
      .send(new SignCommand({ KeyId: key, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: algorithm }))
      .catch((cause: unknown) => {
        throw new SigningError(`KMS did not sign with ${key}: ${String(cause)}`, { cause });
      });
    if (Signature === undefined) throw new SigningError(`KMS gave no signature by ${key}`);
    return { keyId: KeyId ?? key, algorithm, value: Buffer.from(Signature).toString('base64') };
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
    const { KMSClient, GetPublicKeyCommand } = await import('@aws-sdk/client-kms');
    try {
      const answer = await awsClient(KMSClient, { region }).send(new GetPublicKeyCommand({ KeyId: key }));
      return answer.KeyId === keyId ? answer.PublicKey : undefined;
    } catch {
      return undefined;
    }
  };
};
