import { connectionRemedy } from '../../aws/connection.ts';
import type { ServiceStopReason } from '../../model/listing.ts';
import {
  describeFailure,
  isOfLists,
  type Operation,
  type RequestError,
  type RequestFailure,
  type RetryDecision,
  retryDecision,
} from './failure.ts';
import type { CredentialsMode } from './settings.ts';

/** Ends a listing before its time; the message is for people and names no user. */
export class ListingStopped extends Error {
  override readonly name = 'ListingStopped';
  readonly reason: ServiceStopReason;
  /** The message has the problem, and the remedy where one is known. */
  readonly problem: string;
  readonly remedy: string | undefined;

  constructor(
    reason: ServiceStopReason,
    problem: string,
    { remedy, ...options }: ErrorOptions & { remedy?: string } = {},
  ) {
    super(remedy === undefined ? problem : `${problem}; ${remedy}`, options);
    this.reason = reason;
    this.problem = problem;
    this.remedy = remedy;
  }
}

const SERVICE_ENDED =
  'Amazon ended FinSpace on 2026-10-07: audit a roster that somebody saved, by --roster FILE or by source in audit.yaml, or set AWS_ENDPOINT_URL_FINSPACE_DATA to an endpoint that speaks its API';

const isAmazons = ({ hostname }: URL): boolean => /\.amazonaws\.com(?:\.cn)?$/.test(hostname);

/** The time in words, in the largest unit that leaves no long fraction. */
const lengthOf = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} seconds`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
};

/** Adds what a service asked for, where that is longer than there is time. */
export const askedToWait = (ms: number): string => `; the service asked to wait ${lengthOf(ms)} (Retry-After)`;

/** Says what to do about a service that can't be reached, or answers as none that speaks the API. */
export const reachRemedy = (failure: RequestFailure, endpoint: URL, wasRead: boolean): string => {
  if (failure.kind === 'unreachable') {
    const remedy = connectionRemedy(failure.code, failure.refusedBy);
    if (remedy !== undefined) return remedy;
  }
  const isGone =
    (failure.kind === 'unreachable' && failure.code === 'ENOTFOUND') ||
    (failure.kind === 'refused' && retryDecision(failure) === 'source-unavailable' && failure.status >= 400);
  // What answered this night, or yesterday's part of it, has not ended.
  if (isGone && isAmazons(endpoint) && !wasRead) return SERVICE_ENDED;
  if (failure.kind === 'refused')
    return `${endpoint.host} does not answer as the FinSpace Data API does: check AWS_ENDPOINT_URL_FINSPACE_DATA, and what stands between`;
  return `let this machine reach ${endpoint.host}: check the endpoint and the network, and set HTTPS_PROXY where a proxy leads out of it`;
};

const onDenial = ({ operation }: RequestError, mode: CredentialsMode): string => {
  switch (operation) {
    case 'GetProgrammaticAccessCredentials':
      return 'the role needs finspace-api:GetProgrammaticAccessCredentials on arn:PARTITION:finspace-api:REGION:ACCOUNT:/credentials/programmatic, and must be the IAM principal of an enabled FinSpace user';
    case 'AssumeRole':
      return "its trust policy must let the auditor's role in, with the externalId of audit.yaml";
    case 'AWS credentials':
      return 'let the AWS profile have the credentials that it asks for';
    default: {
      const user = mode === 'direct' ? 'the FinSpace user of the credentials' : 'the FinSpace user bound to the role';
      return `${user} must be a super user or hold Manage Users and Groups`;
    }
  }
};

const onStaleCredentials = ({ operation }: RequestError, mode: CredentialsMode): string => {
  if (!isOfLists(operation)) return "the caller's AWS credentials have expired or are unknown: renew them";
  return mode === 'direct'
    ? 'the FinSpace credentials have expired or are unknown: copy fresh ones from the FinSpace web app'
    : 'FinSpace refuses credentials that it has just given';
};

const isBadSignature = ({ failure }: RequestError): boolean =>
  failure.kind === 'refused' && /Signature/.test(failure.name ?? '');

const REASONS: Readonly<Record<RetryDecision, ServiceStopReason>> = {
  'slow-down': 'deadline',
  retry: 'deadline',
  'retry-briefly': 'source-unavailable',
  'correct-clock': 'access-denied',
  'renew-credentials': 'access-denied',
  'access-denied': 'access-denied',
  validation: 'validation',
  'refuse-connection': 'source-unavailable',
  'source-unavailable': 'source-unavailable',
};

/** The circumstances of a failure, by which its remedy is chosen. */
export interface Circumstances {
  readonly mode: CredentialsMode;
  readonly endpoint: URL;
  /** Pages were read, by this listing or by the one that it goes on with. */
  readonly wasRead: boolean;
}

const VALIDATION_REMEDIES: Readonly<Record<Operation, string>> = {
  ListUsers: 'the service takes this request for wrong, be it the page token',
  ListPermissionGroups: 'the service takes this request for wrong, be it the page token',
  ListUsersByPermissionGroup: 'the service takes this request for wrong, or the group is gone since it was listed',
  GetProgrammaticAccessCredentials: 'check the environment id',
  AssumeRole: 'check assumeRoleArn and externalId in audit.yaml',
  'AWS credentials': 'check the AWS profile',
};

const isOfFinspace = ({ operation }: RequestError): boolean =>
  isOfLists(operation) || operation === 'GetProgrammaticAccessCredentials';

const remedyFor = (
  error: RequestError,
  decision: RetryDecision,
  { mode, endpoint, wasRead }: Circumstances,
): string => {
  const { operation, failure } = error;
  switch (REASONS[decision]) {
    case 'source-unavailable': {
      if (isOfFinspace(error)) return reachRemedy(failure, endpoint, wasRead);
      const remedy = failure.kind === 'unreachable' ? connectionRemedy(failure.code, failure.refusedBy) : undefined;
      return remedy ?? 'let this machine reach STS, and set HTTPS_PROXY where a proxy leads out of its network';
    }
    case 'validation':
      return VALIDATION_REMEDIES[operation];
    default:
      if (decision === 'correct-clock') return "set this machine's clock";
      if (decision === 'renew-credentials') return onStaleCredentials(error, mode);
      return isBadSignature(error)
        ? 'the secret key is not that of the key id, or a proxy changes requests on the way'
        : onDenial(error, mode);
  }
};

/** Ends the listing for a failure that no further request can mend. */
export const stoppedBy = (error: RequestError, decision: RetryDecision, circumstances: Circumstances): ListingStopped =>
  new ListingStopped(REASONS[decision], `${error.request} failed: ${describeFailure(error.failure)}`, {
    cause: error,
    remedy: remedyFor(error, decision, circumstances),
  });
