import { type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import type { Signer, SigningAlgorithm } from './signature.ts';

/**
 * Signs with an asymmetric KMS key, whose private part never leaves KMS; needs `kms:Sign` on it. A module of its own,
 * since most audits load no KMS client.
 */
export const kmsSigner =
  (client: KMSClient, keyId: string, algorithm: SigningAlgorithm): Signer =>
  async (digest) => {
    const { Signature, KeyId } = await client.send(
      new SignCommand({ KeyId: keyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: algorithm }),
    );
    if (Signature === undefined) throw new Error(`KMS gave no signature by ${keyId}`);
    return { keyId: KeyId ?? keyId, algorithm, value: Buffer.from(Signature).toString('base64') };
  };
