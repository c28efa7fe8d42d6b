import type { StopReason } from '../../model/listing.ts';
import { describe, type Failure, type Operation, type Remedy, type RequestError } from './failure.ts';

/** `exchange`: the caller's keys are exchanged for FinSpace's. `direct`: the caller's keys are FinSpace's. */
export type CredentialsMode = 'exchange' | 'direct';

/** Ends a listing before its time; the message is for people and names no user. */
export class ListingStopped extends Error {
  override readonly name = 'ListingStopped';
  readonly reason: StopReason;
  /** What happened, and what to do about it where that is known; the message tells both. */
  readonly problem: string;
  readonly remedy: string | undefined;

  constructor(
    reason: StopReason,
    problem: string,
    { remedy, ...options }: ErrorOptions & { remedy?: string } = {},
  ) {
    super(remedy === undefined ? problem : `${problem}; ${remedy}`, options);
    this.reason = reason;
    this.problem = problem;
    this.remedy = remedy;
  }
}

export const ENDED =
  'Amazon ended FinSpace on 2026-10-07: set AWS_ENDPOINT_URL_FINSPACE_DATA to an endpoint that speaks its API, or replay an archived snapshot';

const onDenial = (operation: Operation, mode: CredentialsMode): string => {
  if (operation === 'GetProgrammaticAccessCredentials')
    return 'the role needs finspace-api:GetProgrammaticAccessCredentials on arn:PARTITION:finspace-api:REGION:ACCOUNT:/credentials/programmatic, and must be the IAM principal of an enabled FinSpace user';
  const user =
    mode === 'direct' ? 'the FinSpace user of the credentials' : 'the FinSpace user bound to the role';
  return `${user} must be a super user or hold Manage Users and Groups`;
};

const onStaleCredentials = (operation: Operation, mode: CredentialsMode): string => {
  if (operation === 'GetProgrammaticAccessCredentials')
    return "the caller's AWS credentials have expired or are unknown: renew them";
  return mode === 'direct'
    ? 'the FinSpace credentials have expired or are unknown: copy fresh ones from the FinSpace web app'
    : 'FinSpace refuses credentials that it has just given';
};

const isBadSignature = (failure: Failure): boolean =>
  failure.kind === 'refused' && /Signature/.test(failure.name ?? '');

const REASONS: Readonly<Record<Remedy, StopReason>> = {
  'slow-down': 'deadline',
  retry: 'deadline',
  'retry-briefly': 'source-unavailable',
  'correct-clock': 'access-denied',
  'renew-credentials': 'access-denied',
  'access-denied': 'access-denied',
  validation: 'validation',
  'source-unavailable': 'source-unavailable',
};

const advice = ({ operation, failure }: RequestError, remedy: Remedy, mode: CredentialsMode): string => {
  switch (REASONS[remedy]) {
    case 'source-unavailable':
      return ENDED;
    case 'validation':
      return operation === 'ListUsers'
        ? 'the service takes this request for wrong, be it the page token'
        : 'check the environment id';
    default:
      if (remedy === 'correct-clock') return "set this machine's clock";
      if (remedy === 'renew-credentials') return onStaleCredentials(operation, mode);
      return isBadSignature(failure)
        ? 'the secret key is not that of the key id, or a proxy changes requests on the way'
        : onDenial(operation, mode);
  }
};

/** The cut for a failure that no further request can mend. */
export const cutBy = (error: RequestError, remedy: Remedy, mode: CredentialsMode): ListingStopped =>
  new ListingStopped(REASONS[remedy], `${error.operation} failed: ${describe(error.failure)}`, {
    cause: error,
    remedy: advice(error, remedy, mode),
  });
