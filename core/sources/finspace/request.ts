import { type Operation, RequestError } from './failure.ts';
import type { SignedRequest } from './signing.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The part of a `Response` that is used. */
export type Answer = Pick<Response, 'ok' | 'status'> & {
  readonly headers: Pick<Headers, 'get'>;
  bytes(): Promise<Uint8Array>;
};

/** The part of the global `fetch` that is used. */
export type Fetch = (
  url: string,
  init: {
    readonly headers: Record<string, string>;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<Answer>;

/** How one request is sent. */
export interface Sending {
  readonly fetch: Fetch;
  /** For the whole answer, body included. */
  readonly timeoutMs: number;
  /** The instant of the signature, by the clock that signed; milliseconds since the epoch. */
  readonly signedAt: number;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The body as an object, or undefined; the numbers that are too big for a double come out infinite. */
const parse = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

/** `ns#Name:url` is `Name`; https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization. */
const errorName = (text: unknown): string | undefined => {
  if (typeof text !== 'string') return undefined;
  const name = text.split(':')[0]?.split('#').at(-1)?.trim() ?? '';
  // What goes into messages and logs is a name, whatever a server puts there.
  return /^\w{1,80}$/.test(name) ? name : undefined;
};

/** Where a body may hold the error's name. */
const ERROR_MEMBERS = ['code', 'Code', '__type'] as const;

/** Seconds or an HTTP date, by RFC 9110; in milliseconds from `now`, which is the service's own time where it is known. */
const retryAfterMs = (text: string | null, now: number): number | undefined => {
  if (text === null || text.trim() === '') return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
};

const dateOf = (headers: Answer['headers']): number | undefined => {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) ? undefined : date;
};

const refused = ({ status, headers }: Answer, body: string, signedAt: number) => {
  const parsed = parse(body);
  const content = isObject(parsed) ? parsed : {};
  const date = dateOf(headers);
  return {
    kind: 'refused',
    status,
    name: [headers.get('x-amzn-errortype'), ...ERROR_MEMBERS.map((member) => content[member])]
      .map(errorName)
      .find((name) => name !== undefined),
    saysExpired: [content.message, content.Message].some(
      (text) => typeof text === 'string' && /expired/i.test(text),
    ),
    retryAfterMs: retryAfterMs(headers.get('retry-after'), date ?? signedAt),
    skewMs: date === undefined ? undefined : date - signedAt,
  } as const;
};

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** The system's word for what went wrong: `fetch` hides it in causes. Only what looks like a code is taken. */
const systemCode = (error: unknown): string | undefined => {
  const code = memberOf(error, 'code');
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code)) return code;
  const cause = memberOf(error, 'cause');
  return cause === undefined ? undefined : systemCode(cause);
};

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Reads UTF-8 strictly: a body that is not is broken, and must not be mended in silence. */
const textOf = async (response: Answer): Promise<string> => UTF_8.decode(await response.bytes());

const receive = async (
  operation: Operation,
  { url, headers }: SignedRequest,
  { fetch, timeoutMs, signedAt }: Sending,
  signal: AbortSignal,
): Promise<JsonObject> => {
  const isLate = (error: unknown) => signal.aborted || memberOf(error, 'name') === 'TimeoutError';
  const late = () => new RequestError(operation, { kind: 'timed-out', timeoutMs });
  const unreadable = (problem: string) => new RequestError(operation, { kind: 'unreadable', problem });

  let response: Answer;
  try {
    response = await fetch(url, { headers: { ...headers }, redirect: 'manual', signal });
  } catch (error) {
    throw isLate(error)
      ? late()
      : new RequestError(operation, { kind: 'unreachable', code: systemCode(error) });
  }

  if (!response.ok) {
    const body = await textOf(response).catch(() => '');
    throw new RequestError(operation, refused(response, body, signedAt));
  }

  const body = await textOf(response).catch((error: unknown) => {
    throw isLate(error) ? late() : unreadable('body broken off');
  });
  if (body === '') throw unreadable('body is empty');
  const answer = parse(body);
  if (!isObject(answer)) throw unreadable('body is no JSON object');
  return answer;
};

/**
 * Sends one request and reads its whole answer: a JSON object. Rejects with a RequestError for whatever the network or
 * the service does. Redirects are not followed: the signature holds for one host.
 */
export const send = async (
  operation: Operation,
  request: SignedRequest,
  sending: Sending,
): Promise<JsonObject> => {
  const leave = new AbortController();
  // Not `AbortSignal.timeout`, which is not let go where the answer is there: it takes several times as long a page.
  const timer = setTimeout(() => leave.abort(), sending.timeoutMs);
  try {
    return await receive(operation, request, sending, leave.signal);
  } finally {
    clearTimeout(timer);
  }
};
