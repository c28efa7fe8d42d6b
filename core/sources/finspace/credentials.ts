import { MINUTE_MS } from '../../../rules/engine/time.ts';
import { credentialsFault } from '../../aws/credentials.ts';
import { type Clock, within } from '../../model/clock.ts';
import { cachedKeys } from './cached-keys.ts';
import type { Client } from './client.ts';
import { awsFailure, type Operation, RequestError } from './failure.ts';
import { ListingStopped } from './listing-stopped.ts';
import type { JsonObject } from './request.ts';
import type { CredentialsMode, ListingEvent } from './settings.ts';
import type { AwsCredentials } from './signing.ts';

/** The keys that ListUsers is signed with. */
export interface FinspaceCredentials {
  /** Rejects with a RequestError where an exchange fails, and with a ListingStopped where the caller has no keys. */
  current(): Promise<AwsCredentials>;
  /** Forgets them, so that the next are fresh; false where there are no others to be had. */
  renew(): boolean;
}

export interface CredentialsSettings {
  readonly environmentId: string;
  readonly mode: CredentialsMode;
  readonly loadCredentials: () => Promise<AwsCredentials>;
  readonly loadTimeoutMs: number;
  readonly clock: Clock;
  readonly onEvent: (event: ListingEvent) => void;
}

/**
 * The only duration that older and newer versions of the API both allow,
 * https://docs.aws.amazon.com/finspace/latest/data-api/API_GetProgrammaticAccessCredentials.html.
 */
const DURATION_MINUTES = 60;

/** Accepts what can stand in a header; a line break copied along with a key can't. */
const isKey = (value: unknown): value is string => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);

const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';

const readKeys = ({ accessKeyId, secretAccessKey, sessionToken }: JsonObject): AwsCredentials | undefined => {
  if (!isKey(accessKeyId) || !isKey(secretAccessKey)) return undefined;
  if (isAbsent(sessionToken)) return { accessKeyId, secretAccessKey };
  return isKey(sessionToken) ? { accessKeyId, secretAccessKey, sessionToken } : undefined;
};

/** Reads the keys that a service gave. Throws a RequestError for what are none, as for any other broken answer. */
export const givenKeys = (given: JsonObject, operation: Operation, request: string = operation): AwsCredentials => {
  const keys = readKeys(given);
  if (keys !== undefined) return keys;
  const problem = 'credentials are missing or are no keys';
  throw new RequestError(operation, { kind: 'unreadable', problem }, request);
};

const callerKeys = async ({ loadCredentials, loadTimeoutMs }: CredentialsSettings) => {
  let loaded: AwsCredentials;
  try {
    loaded = await within(loadTimeoutMs, loadCredentials(), () => {
      throw new RequestError('AWS credentials', { kind: 'timed-out', timeoutMs: loadTimeoutMs });
    });
  } catch (error) {
    if (error instanceof RequestError) throw error;
    const missing = credentialsFault(error);
    if (missing === undefined) throw new RequestError('AWS credentials', awsFailure(error));
    // The provider's own words may hold paths and profile names.
    const { problem, remedy } = missing;
    throw new ListingStopped('config', `${problem}, so nobody was asked`, { cause: error, remedy });
  }
  const keys = readKeys({ ...loaded });
  if (keys === undefined)
    throw new ListingStopped(
      'config',
      "nobody was asked: the caller's AWS credentials must be keys of visible characters: one is missing, or holds a space or a line break",
    );
  return keys;
};

const readDurationMs = (minutes: unknown): number =>
  typeof minutes === 'number' && minutes > 0 && minutes <= DURATION_MINUTES
    ? minutes * MINUTE_MS
    : DURATION_MINUTES * MINUTE_MS;

const exchanged = (settings: CredentialsSettings, client: Client): FinspaceCredentials => {
  const { clock, environmentId, onEvent } = settings;
  return cachedKeys(clock, async () => {
    const caller = await callerKeys(settings);
    // The answer gives no instant of expiry; counted from here it can only come out too early.
    const startedAt = clock.now();
    const answer = await client.ask(
      'GetProgrammaticAccessCredentials',
      { path: '/credentials/programmatic', parameters: { environmentId, durationInMinutes: String(DURATION_MINUTES) } },
      caller,
    );
    const keys = givenKeys(Object(answer.credentials), 'GetProgrammaticAccessCredentials');
    onEvent({ kind: 'credentials-exchanged' });
    return { keys, expiresAt: startedAt + readDurationMs(answer.durationInMinutes) };
  });
};

export const finspaceCredentials = (settings: CredentialsSettings, client: Client): FinspaceCredentials => {
  if (settings.mode === 'exchange') return exchanged(settings, client);
  return { current: () => callerKeys(settings), renew: () => false };
};
