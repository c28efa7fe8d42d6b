/** A whole HTTP answer, still to be dated. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The fate of a request: an answer, one that breaks off, another protocol, a torn connection, or silence. */
export type Reply =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'truncated'; readonly answer: Answer; readonly missingBytes: number }
  | { readonly kind: 'protocol-change' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'silence' };

export const answered = (answer: Answer): Reply => ({ kind: 'answer', answer });

export const jsonAnswer = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** An error as restJson1 services give it: its name in a header, its message in the body. */
export const refusal = (status: number, name: string, message: string): Answer => ({
  status,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': name },
  body: JSON.stringify({ message }),
});

export const denied = (message: string): Answer => refusal(403, 'AccessDeniedException', message);

export const expired = (): Answer =>
  refusal(403, 'ExpiredTokenException', 'The security token included in the request is expired');

/** A `ValidationException` carries a reason beside its message. */
export const invalid = (message: string, reason: string): Answer => ({
  ...refusal(400, 'ValidationException', message),
  body: JSON.stringify({ message, reason }),
});

/** `ThrottlingException` has no members, so there is no body; services add a URI to its name. */
export const throttled = (retryAfterSeconds?: number): Answer => ({
  status: 429,
  headers: {
    'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/coral/com.amazon.coral.availability/',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  },
  body: '',
});
