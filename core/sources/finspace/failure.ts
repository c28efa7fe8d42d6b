/** The operations that an audit asks for, by AWS's own names. */
export type Operation = 'GetProgrammaticAccessCredentials' | 'ListUsers';

/** Why one request gave nothing usable. */
export type Failure =
  | {
      /** The service answered with something else than 2xx. */
      readonly kind: 'refused';
      readonly status: number;
      /** The error's name, such as `ThrottlingException`, where the answer has one. */
      readonly name: string | undefined;
      /** Its text speaks of something expired. The text itself may name people and is not kept. */
      readonly saysExpired: boolean;
      readonly retryAfterMs: number | undefined;
      /** By how much the service's clock is ahead of the one that signed, where the answer tells. */
      readonly skewMs: number | undefined;
    }
  /** A 2xx answer that is broken off, or is not what the API gives. */
  | { readonly kind: 'unreadable'; readonly problem: string }
  | { readonly kind: 'timed-out'; readonly timeoutMs: number }
  /** No answer; `code` is the system's, such as `ECONNREFUSED`. */
  | { readonly kind: 'unreachable'; readonly code: string | undefined };

/** Carries a failure from one request to whoever decides on the next. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly operation: Operation;
  readonly failure: Failure;

  constructor(operation: Operation, failure: Failure) {
    super(`${operation}: ${describe(failure)}`);
    this.operation = operation;
    this.failure = failure;
  }
}

/** A failure in a few words, which name no user: `ThrottlingException (429)`. */
export const describe = (failure: Failure): string => {
  switch (failure.kind) {
    case 'refused':
      return failure.name === undefined ? `HTTP ${failure.status}` : `${failure.name} (${failure.status})`;
    case 'unreadable':
      return `unreadable answer (${failure.problem})`;
    case 'timed-out':
      return `no whole answer within ${failure.timeoutMs} ms`;
    default:
      return failure.code === undefined ? 'connection failed' : `connection failed (${failure.code})`;
  }
};

/** What a failure asks for. */
export type Remedy =
  /** Ask more slowly. */
  | 'slow-down'
  /** Ask again later. */
  | 'retry'
  /** Ask again a few times: the host has no address, which seldom passes. */
  | 'retry-briefly'
  /** Sign by the service's clock. */
  | 'correct-clock'
  /** Sign with fresh credentials. */
  | 'renew-credentials'
  | 'access-denied'
  | 'validation'
  | 'source-unavailable';

/**
 * The names in use for what can befall a request: FinSpace's own, https://docs.aws.amazon.com/finspace/latest/data-api/CommonErrors.html,
 * and those that AWS services give to the same things.
 */
const BY_NAME = new Map(
  Object.entries<Remedy>({
    ThrottlingException: 'slow-down',
    Throttling: 'slow-down',
    ThrottledException: 'slow-down',
    TooManyRequestsException: 'slow-down',
    RequestLimitExceeded: 'slow-down',
    RequestThrottled: 'slow-down',
    RequestThrottledException: 'slow-down',
    SlowDown: 'slow-down',
    InternalServerException: 'retry',
    InternalFailure: 'retry',
    ServiceUnavailable: 'retry',
    RequestTimeout: 'retry',
    RequestTimeTooSkewed: 'correct-clock',
    ExpiredToken: 'renew-credentials',
    ExpiredTokenException: 'renew-credentials',
    InvalidClientTokenId: 'renew-credentials',
    UnrecognizedClientException: 'renew-credentials',
    AccessDenied: 'access-denied',
    AccessDeniedException: 'access-denied',
    ValidationException: 'validation',
    UnknownOperationException: 'source-unavailable',
  }),
);

const BAD_SIGNATURE: ReadonlySet<string> = new Set(['SignatureDoesNotMatch', 'InvalidSignatureException']);

/** A bad signature is put down to the clock only when it is off by more than this: services allow five minutes. */
const SKEW_MS = 60_000;

const byStatus = (status: number): Remedy => {
  if (status === 429) return 'slow-down';
  if (status >= 500 || status === 408) return 'retry';
  if (status === 401 || status === 403 || status === 407) return 'access-denied';
  if (status === 404 || status === 410 || status < 400) return 'source-unavailable';
  return 'validation';
};

const forRefusal = ({ status, name, saysExpired, skewMs }: Failure & { kind: 'refused' }): Remedy => {
  if (name === undefined) return byStatus(status);
  if (BAD_SIGNATURE.has(name)) {
    if (skewMs !== undefined && Math.abs(skewMs) > SKEW_MS) return 'correct-clock';
    return saysExpired ? 'renew-credentials' : 'access-denied';
  }
  return BY_NAME.get(name) ?? byStatus(status);
};

/** Names count before numbers: services are not of one mind on the status of an error. */
export const remedyFor = (failure: Failure): Remedy => {
  if (failure.kind === 'refused') return forRefusal(failure);
  return failure.kind === 'unreachable' && failure.code === 'ENOTFOUND' ? 'retry-briefly' : 'retry';
};
