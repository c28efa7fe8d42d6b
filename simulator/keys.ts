import { randomBytes } from 'node:crypto';

/** The members that both the SDKs and the exchange's answer use. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** `caller` keys may only be exchanged; `finspace` keys may only read. */
export interface Key extends Credentials {
  readonly kind: 'caller' | 'finspace';
  /** Milliseconds since the epoch, by the service's clock. */
  readonly expiresAt: number;
}

export type FinspaceCredentials = Required<Credentials>;

export interface KeyRing {
  readonly find: (accessKeyId: string) => Key | undefined;
  /** Makes FinSpace credentials; real ones hold `+`, `/` and `=` too. */
  mint(expiresAt: number): FinspaceCredentials;
}

/** The keys that the service knows: those of its caller, and those that it minted. */
export const keyRing = (caller: Credentials): KeyRing => {
  const keys = new Map<string, Key>([[caller.accessKeyId, { ...caller, kind: 'caller', expiresAt: Infinity }]]);

  return {
    find: (accessKeyId) => keys.get(accessKeyId),
    mint(expiresAt) {
      const credentials = {
        accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: `IQoJb3JpZ2lu+/${randomBytes(64).toString('base64')}`,
      };
      keys.set(credentials.accessKeyId, { ...credentials, kind: 'finspace', expiresAt });
      return credentials;
    },
  };
};
