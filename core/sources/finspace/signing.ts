import { createHash, createHmac, createSecretKey, type Hash, type Hmac, type KeyObject } from 'node:crypto';
import { SignatureV4 } from '@aws-sdk/signature-v4';
import type { SourceData } from '@smithy/types';

/** An AWS key triple. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The path of a GET below the endpoint, and its query, whose values may hold any characters. */
export interface Query {
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A request as it goes over the wire. `Host` is left to the client, which derives it from the URL. */
export interface SignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The service's name in signatures, https://docs.aws.amazon.com/finspace/latest/userguide/fs-using-the-finspace-api.html. */
const SIGNING_NAME = 'finspace-api';

const bytesOf = (data: Exclude<SourceData, string>): Uint8Array =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);

/** The signer gives the same bytes as long as a day's key holds; to make a key of them takes most of an HMAC. */
const keys = new WeakMap<object, KeyObject>();

const hmacKey = (secret: SourceData): string | KeyObject => {
  if (typeof secret === 'string') return secret;
  const key = keys.get(secret) ?? createSecretKey(bytesOf(secret));
  keys.set(secret, key);
  return key;
};

/** SHA-256, or with a secret its HMAC, in the shape that the signer wants. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', hmacKey(secret));
  }

  update(data: SourceData): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest());
  }
}

/** Percent-encodes all but the unreserved characters of RFC 3986, as the signature does. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** Signs a GET without a body. The URL is spelt once, as the signature spells it: so what is signed is what is sent. */
export const signedGet = async (
  endpoint: URL,
  query: Query,
  { credentials, region, at }: { credentials: AwsCredentials; region: string; at: Date },
): Promise<SignedRequest> => {
  // A lone surrogate has no UTF-8: it is sent as U+FFFD, which the service can only refuse.
  const parameters = Object.fromEntries(
    Object.entries(query.parameters).map(([name, value]) => [name, value.toWellFormed()]),
  );
  const search = Object.entries(parameters).map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const path = `${endpoint.pathname.replace(/\/+$/, '')}${query.path}`;

  const signer = new SignatureV4({ service: SIGNING_NAME, region, credentials, sha256: Sha256, applyChecksum: false });
  const signed = await signer.sign(
    {
      method: 'GET',
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      path,
      query: parameters,
      headers: { host: endpoint.host },
    },
    { signingDate: at },
  );
  const headers = Object.entries(signed.headers).filter(([name]) => name !== 'host');
  const url = `${endpoint.origin}${path}${search.length === 0 ? '' : `?${search.join('&')}`}`;
  return { url, headers: Object.fromEntries(headers) };
};
