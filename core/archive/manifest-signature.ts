export interface ManifestSignature {
  /** 2: the scheme, the key and the algorithm are signed too; older ones have none, and don't cover them. */
  readonly scheme?: typeof SIGNATURE_SCHEME;
  /** The ARN of the KMS key. */
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  /** Base64; over the SHA-256 of the manifest as it would be stored without this member, or without `signature`. */
  readonly value: string;
}

/** The way in which manifests are signed now. */
export const SIGNATURE_SCHEME = 2;

/** The KMS signing algorithms over SHA-256: every RSA signing key and the NIST P-256 curve. */
export const SIGNING_ALGORITHMS = ['ECDSA_SHA_256', 'RSASSA_PSS_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];
