import { parseRecord } from '../../../rules/engine/record.ts';
import { proxyStatus, systemCode } from '../../aws/connection.ts';
import { hasNameTwice } from '../../text/json-names.ts';
import { type Operation, RequestError } from './failure.ts';
import type { SignedRequest } from './signing.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The part of a `Response` that is used. */
export type HttpAnswer = Pick<Response, 'ok' | 'status'> & {
  readonly headers: Pick<Headers, 'get'>;
  bytes(): Promise<Uint8Array>;
};

/** The part of the global `fetch` that is used. */
export type Fetch = (
  url: string,
  init: { readonly headers: Record<string, string>; readonly redirect: 'manual'; readonly signal: AbortSignal },
) => Promise<HttpAnswer>;

/** The settings of one request. */
export interface SendSettings {
  readonly fetch: Fetch;
  /** For the whole answer, body included. */
  readonly timeoutMs: number;
  /** The instant of the signature, by the clock that signed; milliseconds since the epoch. */
  readonly signedAt: number;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parses a body; undefined where it is no JSON. */
const parseBody = (body: string): unknown => {
  try {
    return parseRecord(body);
  } catch {
    return undefined;
  }
};

/** `ns#Name:url` is `Name`; https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization. */
const errorName = (text: unknown): string | undefined => {
  if (typeof text !== 'string') return undefined;
  const name = text.split(':')[0]?.split('#').at(-1)?.trim() ?? '';
  // Only a name goes into messages and logs, whatever a server puts there.
  return /^\w{1,80}$/.test(name) ? name : undefined;
};

/** Members of a body that may hold the error's name. */
const ERROR_MEMBERS = ['code', 'Code', '__type'] as const;

const isText = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/**
 * Reads a Retry-After: seconds or an HTTP date, by RFC 9110. Gives milliseconds from `now`, which is the service's own time
 * where it is known.
 */
const readRetryAfter = (text: string | null, now: number): number | undefined => {
  if (text === null || text === '') return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
};

const dateOf = (headers: HttpAnswer['headers']): number | undefined => {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) ? undefined : date;
};

const refusalOf = ({ status, headers }: HttpAnswer, body: string, signedAt: number) => {
  const parsed = parseBody(body);
  const content = isObject(parsed) ? parsed : {};
  const date = dateOf(headers);
  return {
    kind: 'refused',
    status,
    name: [headers.get('x-amzn-errortype'), ...ERROR_MEMBERS.map((member) => content[member])]
      .map(errorName)
      .find((name) => name !== undefined),
    saysExpired: [content.message, content.Message].some((text) => typeof text === 'string' && /expired/i.test(text)),
    retryAfterMs: readRetryAfter(headers.get('retry-after'), date ?? signedAt),
    skewMs: date === undefined ? undefined : date - signedAt,
  } as const;
};

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Thrown where a body has more bytes than any answer of the API. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** Reads a body as UTF-8, strictly: one that is not is broken, and must not be mended in silence. */
const readBody = async (response: HttpAnswer): Promise<string> => UTF_8.decode(await response.bytes());

/** The reason to disbelieve an answer that looks like a success. */
const successProblem = ({ status, headers }: HttpAnswer, { __type: type, message }: JsonObject): string | undefined => {
  if (status !== 200) return `HTTP ${status} in place of 200`;
  const named = headers.get('x-amzn-errortype') ?? '';
  const isError = named !== '' || isText(type) || isText(message);
  return isError ? `an error as HTTP 200: ${errorName(named) ?? errorName(type) ?? 'unnamed'}` : undefined;
};

const receive = async (
  operation: Operation,
  { url, headers }: SignedRequest,
  { fetch, timeoutMs, signedAt }: SendSettings,
  signal: AbortSignal,
): Promise<JsonObject> => {
  const isLate = (error: unknown) => signal.aborted || Object(error).name === 'TimeoutError';
  const late = () => new RequestError(operation, { kind: 'timed-out', timeoutMs });
  const unreadable = (problem: string) => new RequestError(operation, { kind: 'unreadable', problem });

  let response: HttpAnswer;
  try {
    response = await fetch(url, { headers: { ...headers }, redirect: 'manual', signal });
  } catch (error) {
    if (isLate(error)) throw late();
    const [code, refusedBy] = [systemCode(error), proxyStatus(error)];
    throw new RequestError(operation, { kind: 'unreachable', code, refusedBy });
  }

  if (!response.ok) {
    const body = await readBody(response).catch(() => '');
    throw new RequestError(operation, refusalOf(response, body, signedAt));
  }

  const body = await readBody(response).catch((error: unknown) => {
    if (error instanceof BodyTooLarge) throw unreadable(error.message);
    throw isLate(error) ? late() : unreadable('body broken off');
  });
  if (body === '') throw unreadable('body is empty');
  const answer = parseBody(body);
  if (!isObject(answer)) throw unreadable('body is no JSON object');
  const problem = successProblem(response, answer);
  if (problem !== undefined) throw unreadable(problem);
  if (hasNameTwice(body, answer)) throw unreadable('body has an object with two members of one name');
  return answer;
};

/**
 * Sends one request and reads its whole answer: a JSON object. Rejects with a RequestError for whatever the network or
 * the service does. Redirects are not followed: the signature holds for one host.
 */
export const send = async (
  operation: Operation,
  request: SignedRequest,
  settings: SendSettings,
): Promise<JsonObject> => {
  const leave = new AbortController();
  // Not `AbortSignal.timeout`, which is not let go where the answer is there: it takes several times as long a page.
  const timer = setTimeout(() => leave.abort(), settings.timeoutMs);
  try {
    return await receive(operation, request, settings, leave.signal);
  } finally {
    clearTimeout(timer);
  }
};
