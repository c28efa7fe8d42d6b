import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type Answer, refusal } from './answers.ts';

/** A request as it came over the wire, before anything was decoded. */
export interface RawRequest {
  readonly method: string;
  /** Path and query as in the request line. */
  readonly url: string;
  /** Names and values in turn, as in `IncomingMessage.rawHeaders`. */
  readonly rawHeaders: readonly string[];
  /** SHA-256 of the body, in hexadecimal. */
  readonly bodySha256: string;
}

/** A key that signs requests; one with a session token is good only together with it. */
export interface SigningKey {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Verifier<K extends SigningKey> {
  readonly region: string;
  /** As signatures name it; default finspace-api. */
  readonly service?: string;
  /** The service's clock, in milliseconds since the epoch. */
  readonly now: number;
  readonly findKey: (accessKeyId: string) => K | undefined;
}

export type SignatureCheck<K> =
  | { readonly valid: true; readonly key: K }
  | { readonly valid: false; readonly refusal: Answer };

const SERVICE = 'finspace-api';
const ALGORITHM = 'AWS4-HMAC-SHA256';
const TOLERANCE_MS = 5 * 60_000;

const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Uint8Array, data: string): Uint8Array => createHmac('sha256', key).update(data).digest();

/** Encodes all but the unreserved characters of RFC 3986, as Signature Version 4 wants it. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/**
 * The names and values of a raw query, decoded. A bare `+` is a space, as it is to the service: a client that leaves it
 * bare signs another text than it sends. Throws URIError where a percent sign starts no UTF-8 sequence.
 */
export const readQuery = (url: string): readonly (readonly [name: string, value: string])[] => {
  const start = url.indexOf('?');
  if (start < 0) return [];
  const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
  return url
    .slice(start + 1)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 0) return [decode(pair), ''];
      return [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))];
    });
};

export const readPath = (url: string): string => url.split('?', 1)[0] ?? '';

const canonicalQuery = (url: string): string =>
  readQuery(url)
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

/** The path as sent is encoded once more: every service but S3 signs it so. */
const canonicalPath = (url: string): string => readPath(url).split('/').map(encode).join('/');

/** Values by lower-case name; a header sent twice has its values joined by a comma. */
const readHeaders = (rawHeaders: readonly string[]): ReadonlyMap<string, string> => {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = (rawHeaders[i + 1] ?? '').trim().replace(/ +/g, ' ');
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
};

interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;

const readAuthorization = (header: string): Authorization | undefined => {
  const [, accessKeyId, date, region, service, signedHeaders, signature] = AUTHORIZATION.exec(header) ?? [];
  if (!(accessKeyId && date && region && service && signedHeaders && signature)) return undefined;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature };
};

const AMZ_DATE = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** Reads `20261124T053753Z` into milliseconds since the epoch; NaN where it is no such time. */
const readAmzDate = (text: string): number =>
  AMZ_DATE.test(text) ? Date.parse(text.replace(AMZ_DATE, '$1-$2-$3T$4:$5:$6Z')) : Number.NaN;

const amzDate = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** The hexadecimal signature that a request should carry. */
const expectedSignature = (
  request: RawRequest,
  headers: ReadonlyMap<string, string>,
  authorization: Authorization,
  secretAccessKey: string,
): string => {
  const { date, region, service, signedHeaders } = authorization;
  const canonicalRequest = [
    request.method,
    canonicalPath(request.url),
    canonicalQuery(request.url),
    ...signedHeaders.map((name) => `${name}:${headers.get(name) ?? ''}`),
    '',
    signedHeaders.join(';'),
    request.bodySha256,
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const signingKey = [date, region, service, 'aws4_request'].reduce<string | Uint8Array>(
    hmac,
    `AWS4${secretAccessKey}`,
  );
  const text = [ALGORITHM, headers.get('x-amz-date') ?? '', scope, sha256(canonicalRequest)].join('\n');
  return Buffer.from(hmac(signingKey, text)).toString('hex');
};

/**
 * Words the refusal of a request signed too early or too late; undefined where the time is right. The wording is that
 * of AWS's JSON services: https://repost.aws/knowledge-center/lambda-sdk-signature
 */
const skewMessage = (signedAt: string, now: number): string | undefined => {
  const time = readAmzDate(signedAt);
  if (time < now - TOLERANCE_MS)
    return `Signature expired: ${signedAt} is now earlier than ${amzDate(now - TOLERANCE_MS)} (${amzDate(now)} - 5 min.)`;
  if (time > now + TOLERANCE_MS)
    return `Signature not yet current: ${signedAt} is still later than ${amzDate(now + TOLERANCE_MS)} (${amzDate(now)} + 5 min.)`;
  return undefined;
};

const refused = (name: string, message: string): SignatureCheck<never> => ({
  valid: false,
  refusal: refusal(403, name, message),
});

/**
 * Checks the Signature Version 4 of a request, from its raw text and with nothing taken on trust.
 * The procedure: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const checkSignature = <K extends SigningKey>(
  request: RawRequest,
  { region, now, findKey, service = SERVICE }: Verifier<K>,
): SignatureCheck<K> => {
  const headers = readHeaders(request.rawHeaders);
  const header = headers.get('authorization');
  if (header === undefined) return refused('MissingAuthenticationTokenException', 'Missing Authentication Token');

  const authorization = readAuthorization(header);
  if (authorization === undefined)
    return refused('IncompleteSignatureException', 'Authorization header is not of the expected form.');

  const unsigned = ['host', 'x-amz-date', 'x-amz-security-token'].find(
    (name) => !authorization.signedHeaders.includes(name) && (name !== 'x-amz-security-token' || headers.has(name)),
  );
  if (unsigned !== undefined) return refused('IncompleteSignatureException', `'${unsigned}' must be a signed header.`);

  const key = findKey(authorization.accessKeyId);
  if (key === undefined || key.sessionToken !== headers.get('x-amz-security-token'))
    return refused('UnrecognizedClientException', 'The security token included in the request is invalid.');

  const signedAt = headers.get('x-amz-date') ?? '';
  if (Number.isNaN(readAmzDate(signedAt)))
    return refused('IncompleteSignatureException', "Date must be in ISO-8601 'basic format'.");
  if (authorization.service !== service)
    return refused('SignatureDoesNotMatch', `Credential should be scoped to correct service: '${service}'.`);
  if (authorization.region !== region)
    return refused('SignatureDoesNotMatch', `Credential should be scoped to a valid region: '${region}'.`);
  if (authorization.date !== signedAt.slice(0, 8))
    return refused('SignatureDoesNotMatch', 'Date in Credential scope does not match the date of the request.');

  const skew = skewMessage(signedAt, now);
  if (skew !== undefined) return refused('InvalidSignatureException', skew);

  const expected = expectedSignature(request, headers, authorization, key.secretAccessKey);
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(authorization.signature)))
    return refused(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    );
  return { valid: true, key };
};
