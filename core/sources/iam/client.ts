import type { GetRoleCommandOutput, IAMClientConfig, Role as IamRole } from '@aws-sdk/client-iam';
import type { STSClientConfig } from '@aws-sdk/client-sts';
import { MINUTE_MS } from '../../../rules/engine/time.ts';
import { awsClient } from '../../aws/clients.ts';
import { noCredentials } from '../../aws/credentials.ts';
import type { Clock } from '../../model/clock.ts';
import { awsFailure, describeFailure, RequestError, type RequestFailure, retryDecision } from '../finspace/failure.ts';
import { granted, refused, sent, UNPACED, waitMs } from '../finspace/pacing.ts';
import type { AwsCredentials } from '../finspace/signing.ts';

/** An answer about a role: the role, that there is none, or why nobody can tell. */
export type Asked<T> =
  | { readonly answer: T }
  | { readonly failed: string; readonly isDenied?: true; readonly isOver?: true };

/** A role as every answer of IAM has it. */
export interface KnownRole extends IamRole {
  readonly Arn: string;
  readonly RoleId: string;
}

const isKnown = (role: IamRole | undefined): role is KnownRole => role?.Arn !== undefined && role.RoleId !== undefined;

/** IAM of one account: signed by the SDK, at our pace, one request after the other. */
export interface IamClient {
  /** The account that the credentials are of. */
  account(): Promise<Asked<string>>;
  /** Undefined: there is no role of that name. */
  role(name: string): Promise<Asked<KnownRole | undefined>>;
  /** @param marker undefined: the first page */
  roles(
    marker: string | undefined,
  ): Promise<Asked<{ readonly roles: readonly KnownRole[]; readonly marker: string | undefined }>>;
}

/** Replaced by tests. */
export interface IamEdges {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly iam?: IAMClientConfig;
  readonly sts?: STSClientConfig;
}

export interface IamSettings extends IamEdges {
  readonly region: string;
  readonly loadCredentials: () => Promise<AwsCredentials>;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
}

/** The least time from one request to the next: others in the account ask IAM too, and its rate can't be raised. */
const LEAST_GAP_MS = 200;
const REQUEST_TIMEOUT_MS = 10_000;
/** The times that a request is made which fails for anything but its rate. */
const MOST_TRIES = 4;
const PAUSE_MS = 500;
/** The life that credentials are given: they are asked for again before, of whoever caches them. */
const CREDENTIALS_MS = 10 * MINUTE_MS;

const OVER = { failed: 'there was no time left to read it', isOver: true } as const;

/** IAM says so in this word only: a 404 of whatever stands between is another. */
const isNoSuchRole = (error: unknown): boolean => Object(error).name === 'NoSuchEntityException';

/** Opens IAM of the account that credentials are of; nothing is asked yet. Loaded where it is used: most audits ask no IAM. */
export const openIam = async ({
  region,
  loadCredentials,
  deadline,
  clock,
  random,
  iam,
  sts,
}: IamSettings): Promise<IamClient> => {
  const [{ GetRoleCommand, IAMClient, ListRolesCommand }, { GetCallerIdentityCommand, STSClient }] = await Promise.all([
    import('@aws-sdk/client-iam'),
    import('@aws-sdk/client-sts'),
  ]);
  const credentials = async () => ({ ...(await loadCredentials()), expiration: new Date(Date.now() + CREDENTIALS_MS) });
  const common = { region, credentials, maxAttempts: 1 };
  const iamClient = awsClient(IAMClient, { ...common, ...iam });
  const stsClient = awsClient(STSClient, { ...common, ...sts });
  let pace = UNPACED;
  let lastAt = Number.NEGATIVE_INFINITY;

  /** Waits for the pace; false where there is no time for the request. */
  const isDue = async (): Promise<boolean> => {
    const now = clock.now();
    const wait = Math.max(waitMs(pace, now), lastAt + LEAST_GAP_MS - now);
    if (now + wait >= deadline) return false;
    if (wait > 0) await clock.sleep(wait);
    lastAt = clock.now();
    return true;
  };

  /** Makes a request until it is answered, is refused for good, or there is no time: refusals for the rate are no tries. */
  const ask = async <T>(operation: string, send: (abort: AbortSignal) => Promise<T>): Promise<Asked<T>> => {
    let failures = 0;
    let throttled = false;
    for (;;) {
      if (!(await isDue()))
        return throttled ? { ...OVER, failed: `${operation} was throttled until there was no time` } : OVER;
      pace = sent(pace, clock.now());
      const timeoutMs = Math.ceil(Math.min(REQUEST_TIMEOUT_MS, Math.max(1, deadline - clock.now())));
      try {
        const answer = await send(AbortSignal.timeout(timeoutMs));
        pace = granted(pace, clock.now());
        return { answer };
      } catch (error) {
        const failure = failureOf(error, timeoutMs);
        const decision = retryDecision(failure);
        if (decision === 'slow-down') {
          throttled = true;
          pace = refused(pace, clock.now(), random());
          continue;
        }
        pace = granted(pace, clock.now());
        // Of keys that can't be had, the request for them failed.
        const request = error instanceof RequestError ? error.request : operation;
        const failed = `${request} failed: ${describeFailure(failure)}`;
        if (decision === 'access-denied' || decision === 'renew-credentials') return { failed, isDenied: true };
        failures += 1;
        // The SDK has noted the service's clock by then.
        const isWorthIt = decision === 'retry' || decision === 'retry-briefly' || decision === 'correct-clock';
        if (!isWorthIt || failures === MOST_TRIES) return { failed };
        const pauseMs = random() * PAUSE_MS * 2 ** failures;
        if (clock.now() + pauseMs >= deadline) return { failed: `${failed}; ${OVER.failed} again` };
        await clock.sleep(pauseMs);
      }
    }
  };

  return {
    account: () =>
      ask('sts:GetCallerIdentity', async (abortSignal) => {
        const { Account } = await stsClient.send(new GetCallerIdentityCommand({}), { abortSignal });
        return Account ?? '';
      }),
    role: (name) =>
      ask('iam:GetRole', async (abortSignal) => {
        try {
          const { Role }: GetRoleCommandOutput = await iamClient.send(new GetRoleCommand({ RoleName: name }), {
            abortSignal,
          });
          if (!isKnown(Role)) throw new Unreadable();
          return Role;
        } catch (error) {
          if (isNoSuchRole(error)) return undefined;
          throw error;
        }
      }),
    roles: (marker) =>
      ask('iam:ListRoles', async (abortSignal) => {
        const { Roles, IsTruncated, Marker } = await iamClient.send(
          new ListRolesCommand({ MaxItems: MOST_ITEMS, ...(marker !== undefined && { Marker: marker }) }),
          { abortSignal },
        );
        if (Roles === undefined || (IsTruncated === true && Marker === undefined)) throw new Unreadable();
        return { roles: Roles.filter(isKnown), marker: IsTruncated === true ? Marker : undefined };
      }),
  };
};

/** The most that IAM lists at once. */
const MOST_ITEMS = 1000;

const NO_CREDENTIALS: RequestFailure = {
  kind: 'refused',
  status: 401,
  name: 'NoCredentials',
  saysExpired: false,
  retryAfterMs: undefined,
  skewMs: undefined,
};

/** An answer of 200 that lacks what each has. */
class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

const failureOf = (error: unknown, timeoutMs: number): RequestFailure => {
  if (error instanceof RequestError) return error.failure;
  if (error instanceof Unreadable) return { kind: 'unreadable', problem: 'the role is missing' };
  if (Object(error).name === 'AbortError') return { kind: 'timed-out', timeoutMs };
  if (noCredentials(error) !== undefined) return NO_CREDENTIALS;
  return awsFailure(error);
};
