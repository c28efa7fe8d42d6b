import { connectionRemedy, proxyStatus, systemCode } from '../../aws/connection.ts';
import { statusOf } from '../../aws/errors.ts';

/** The operations that an audit asks for, by AWS's own names; and whatever the caller's own keys take. */
export type Operation =
  | 'GetProgrammaticAccessCredentials'
  | 'ListUsers'
  | 'ListPermissionGroups'
  | 'ListUsersByPermissionGroup'
  | 'AssumeRole'
  | 'AWS credentials';

/** Operations that take the keys that FinSpace gives. */
export const isOfLists = (operation: Operation): boolean => operation.startsWith('List');

/** A request that gave nothing usable. */
export type RequestFailure =
  | {
      /** The service answered with something else than 2xx. */
      readonly kind: 'refused';
      readonly status: number;
      /** The error's name, such as `ThrottlingException`, where the answer has one. */
      readonly name: string | undefined;
      /** Its text speaks of something expired. The text itself may name people and is not kept. */
      readonly saysExpired: boolean;
      readonly retryAfterMs: number | undefined;
      /** The lead of the service's clock over the one that signed, where the answer has a date. */
      readonly skewMs: number | undefined;
    }
  /** A 2xx answer that is broken off, or is not what the API gives. */
  | { readonly kind: 'unreadable'; readonly problem: string }
  | { readonly kind: 'timed-out'; readonly timeoutMs: number }
  /** No answer; `code` is the system's, such as `ECONNREFUSED`. */
  | { readonly kind: 'unreachable'; readonly code: string | undefined; readonly refusedBy?: number | undefined };

/** Carries a failure from one request to whoever decides on the next. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly operation: Operation;
  readonly failure: RequestFailure;
  /** The operation, and what it was to be done to. */
  readonly request: string;

  constructor(operation: Operation, failure: RequestFailure, request: string = operation) {
    super(`${request}: ${describeFailure(failure)}`);
    this.operation = operation;
    this.failure = failure;
    this.request = request;
  }
}

/** Describes a failure in a few words, which name no user: `ThrottlingException (429)`. */
export const describeFailure = (failure: RequestFailure): string => {
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

/** Reads a failure out of an error of the AWS SDK, whose client has made its own tries by then. */
export const awsFailure = (error: unknown): RequestFailure => {
  const status = statusOf(error);
  if (status === undefined) return { kind: 'unreachable', code: systemCode(error), refusedBy: proxyStatus(error) };
  // The SDK throws of a body that it can't read, whatever the status.
  if (status < 300) return { kind: 'unreadable', problem: 'it is torn' };
  const { name, message }: { name?: unknown; message?: unknown } = Object(error);
  return {
    kind: 'refused',
    status,
    name: typeof name === 'string' && /^\w{1,80}$/.test(name) ? name : undefined,
    saysExpired: /expired/i.test(String(message)),
    retryAfterMs: undefined,
    skewMs: undefined,
  };
};

/** The answer to a failure: a way to ask again, or the reason not to. */
export type RetryDecision =
  /** Ask more slowly. */
  | 'slow-down'
  /** Ask again later. */
  | 'retry'
  /** Ask again a few times: a host that never had an address seldom gets one. */
  | 'retry-briefly'
  /** Sign by the service's clock. */
  | 'correct-clock'
  /** Sign with fresh credentials. */
  | 'renew-credentials'
  | 'access-denied'
  | 'validation'
  /** No connection will come about: the certificate or the proxy refuse it. */
  | 'refuse-connection'
  | 'source-unavailable';

/**
 * The names in use for what can befall a request: FinSpace's own, https://docs.aws.amazon.com/finspace/latest/data-api/CommonErrors.html,
 * and those that AWS services give to the same things.
 */
const BY_NAME = new Map(
  Object.entries<RetryDecision>({
    ThrottlingException: 'slow-down',
    Throttling: 'slow-down',
    ThrottledException: 'slow-down',
    TooManyRequestsException: 'slow-down',
    RequestLimitExceeded: 'slow-down',
    RequestThrottled: 'slow-down',
    RequestThrottledException: 'slow-down',
    SlowDown: 'slow-down',
    LimitExceeded: 'slow-down',
    LimitExceededException: 'slow-down',
    BandwidthLimitExceeded: 'slow-down',
    PriorRequestNotComplete: 'slow-down',
    InternalServerException: 'retry',
    InternalFailure: 'retry',
    ServiceUnavailable: 'retry',
    RequestTimeout: 'retry',
    RequestTimeoutException: 'retry',
    RequestTimeTooSkewed: 'correct-clock',
    RequestExpired: 'correct-clock',
    RequestInTheFuture: 'correct-clock',
    ExpiredToken: 'renew-credentials',
    ExpiredTokenException: 'renew-credentials',
    InvalidClientTokenId: 'renew-credentials',
    UnrecognizedClientException: 'renew-credentials',
    AccessDenied: 'access-denied',
    AccessDeniedException: 'access-denied',
    NotAuthorized: 'access-denied',
    NotAuthorizedException: 'access-denied',
    UnauthorizedOperation: 'access-denied',
    IncompleteSignature: 'access-denied',
    MissingAuthenticationToken: 'access-denied',
    MissingAuthenticationTokenException: 'access-denied',
    OptInRequired: 'access-denied',
    ValidationException: 'validation',
    ResourceNotFoundException: 'validation',
    UnknownOperationException: 'source-unavailable',
  }),
);

const BAD_SIGNATURE: ReadonlySet<string> = new Set(['SignatureDoesNotMatch', 'InvalidSignatureException']);

/** A bad signature is put down to the clock only when it is off by more than this: services allow five minutes. */
const SKEW_MS = 60_000;

const byStatus = (status: number): RetryDecision => {
  if (status === 429) return 'slow-down';
  if (status >= 500 || status === 408) return 'retry';
  if (status === 401 || status === 403 || status === 407) return 'access-denied';
  if (status === 404 || status === 410 || status < 400) return 'source-unavailable';
  return 'validation';
};

type Refusal = RequestFailure & { kind: 'refused' };

const forRefusal = ({ status, name = '', saysExpired, skewMs }: Refusal): RetryDecision => {
  if (BAD_SIGNATURE.has(name)) {
    if (skewMs !== undefined && Math.abs(skewMs) > SKEW_MS) return 'correct-clock';
    return saysExpired ? 'renew-credentials' : 'access-denied';
  }
  return BY_NAME.get(name) ?? byStatus(status);
};

/** Decides by the name of an error before its status, on which services are not of one mind. */
export const retryDecision = (failure: RequestFailure): RetryDecision => {
  if (failure.kind === 'refused') return forRefusal(failure);
  if (failure.kind !== 'unreachable') return 'retry';
  if (connectionRemedy(failure.code, failure.refusedBy) !== undefined) return 'refuse-connection';
  return failure.code === 'ENOTFOUND' ? 'retry-briefly' : 'retry';
};
