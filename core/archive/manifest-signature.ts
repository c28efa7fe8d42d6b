export interface ManifestSignature {
  /** The ARN of the KMS key. */
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  /** Base64; over the SHA-256 of the manifest as it would be stored without this member. */
  readonly value: string;
}

/** The KMS signing algorithms over SHA-256: every RSA signing key and the NIST P-256 curve. */
export const SIGNING_ALGORITHMS = ['ECDSA_SHA_256', 'RSASSA_PSS_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];
