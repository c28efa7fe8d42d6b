import type { STSClientConfig } from '@aws-sdk/client-sts';
import { awsClient } from '../../aws/clients.ts';
import { isServiceFault } from '../../aws/errors.ts';
import type { Clock } from '../../model/clock.ts';
import { cachedKeys } from './cached-keys.ts';
import { givenKeys } from './credentials.ts';
import { awsFailure, RequestError } from './failure.ts';
import type { AwsCredentials } from './signing.ts';

/** A role of another account, and the secret that both accounts have agreed upon, where they have one. */
export interface NamedRole {
  readonly arn: string;
  readonly externalId?: string | undefined;
  /** The session's name in CloudTrail of the other account: 2 to 64 of `[A-Za-z0-9_+=,.@-]`. */
  readonly sessionName: string;
}

/** Shorter than keys are waited for: what STS does is to be known by its name, and its tries are made again by others. */
const PATIENCE_MS = 5000;

/**
 * Assumes a role when its keys are asked for, and keeps them until shortly before they expire. Rejects with a
 * RequestError that names the role.
 * @param config of the client, whose own keys assume the role
 */
export const assumedRole = (
  { arn, externalId, sessionName }: NamedRole,
  clock: Clock,
  config?: STSClientConfig,
): (() => Promise<AwsCredentials>) =>
  cachedKeys(clock, async () => {
    const request = `AssumeRole of ${arn}`;
    // Loaded where it is used: most audits stay in their own account.
    const { AssumeRoleCommand, STSClient } = await import('@aws-sdk/client-sts');
    const client = awsClient(STSClient, config, { patienceMs: PATIENCE_MS });
    try {
      const { Credentials } = await client.send(
        new AssumeRoleCommand({ RoleArn: arn, ExternalId: externalId, RoleSessionName: sessionName }),
      );
      const {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
      } = Object(Credentials);
      return {
        keys: givenKeys({ accessKeyId, secretAccessKey, sessionToken }, 'AssumeRole', request),
        expiresAt: Credentials?.Expiration?.getTime() ?? 0,
      };
    } catch (error) {
      // Where the caller's own keys are missing, STS was not asked.
      if (!isServiceFault(error)) throw error;
      throw new RequestError('AssumeRole', awsFailure(error), request);
    } finally {
      client.destroy();
    }
  }).current;
