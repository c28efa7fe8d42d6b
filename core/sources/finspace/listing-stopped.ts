import type { StopReason } from '../../model/listing.ts';
import { describeFailure, type Operation, type RequestError, type RetryDecision } from './failure.ts';
import type { CredentialsMode } from './settings.ts';

/** Ends a listing before its time; the message is for people and names no user. */
export class ListingStopped extends Error {
  override readonly name = 'ListingStopped';
  readonly reason: StopReason;
  /** The message has the problem, and the remedy where one is known. */
  readonly problem: string;
  readonly remedy: string | undefined;

  constructor(reason: StopReason, problem: string, { remedy, ...options }: ErrorOptions & { remedy?: string } = {}) {
    super(remedy === undefined ? problem : `${problem}; ${remedy}`, options);
    this.reason = reason;
    this.problem = problem;
    this.remedy = remedy;
  }
}

export const SERVICE_ENDED =
  'Amazon ended FinSpace on 2026-10-07: set AWS_ENDPOINT_URL_FINSPACE_DATA to an endpoint that speaks its API, or replay an archived snapshot';

const onDenial = (operation: Operation, mode: CredentialsMode): string => {
  if (operation === 'GetProgrammaticAccessCredentials')
    return 'the role needs finspace-api:GetProgrammaticAccessCredentials on arn:PARTITION:finspace-api:REGION:ACCOUNT:/credentials/programmatic, and must be the IAM principal of an enabled FinSpace user';
  const user = mode === 'direct' ? 'the FinSpace user of the credentials' : 'the FinSpace user bound to the role';
  return `${user} must be a super user or hold Manage Users and Groups`;
};

const onStaleCredentials = (operation: Operation, mode: CredentialsMode): string => {
  if (operation === 'GetProgrammaticAccessCredentials')
    return "the caller's AWS credentials have expired or are unknown: renew them";
  return mode === 'direct'
    ? 'the FinSpace credentials have expired or are unknown: copy fresh ones from the FinSpace web app'
    : 'FinSpace refuses credentials that it has just given';
};

const isBadSignature = ({ failure }: RequestError): boolean =>
  failure.kind === 'refused' && /Signature/.test(failure.name ?? '');

const REASONS: Readonly<Record<RetryDecision, StopReason>> = {
  'slow-down': 'deadline',
  retry: 'deadline',
  'retry-briefly': 'source-unavailable',
  'correct-clock': 'access-denied',
  'renew-credentials': 'access-denied',
  'access-denied': 'access-denied',
  validation: 'validation',
  'source-unavailable': 'source-unavailable',
};

const remedyFor = (error: RequestError, decision: RetryDecision, mode: CredentialsMode): string => {
  const { operation } = error;
  switch (REASONS[decision]) {
    case 'source-unavailable':
      return SERVICE_ENDED;
    case 'validation':
      return operation === 'ListUsers'
        ? 'the service takes this request for wrong, be it the page token'
        : 'check the environment id';
    default:
      if (decision === 'correct-clock') return "set this machine's clock";
      if (decision === 'renew-credentials') return onStaleCredentials(operation, mode);
      return isBadSignature(error)
        ? 'the secret key is not that of the key id, or a proxy changes requests on the way'
        : onDenial(operation, mode);
  }
};

/** Ends the listing for a failure that no further request can mend. */
export const stoppedBy = (error: RequestError, decision: RetryDecision, mode: CredentialsMode): ListingStopped =>
  new ListingStopped(REASONS[decision], `${error.operation} failed: ${describeFailure(error.failure)}`, {
    cause: error,
    remedy: remedyFor(error, decision, mode),
  });
