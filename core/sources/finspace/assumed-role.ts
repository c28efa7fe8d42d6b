import type { STSClientConfig } from '@aws-sdk/client-sts';
import { awsClient } from '../../aws/clients.ts';
import { statusOf } from '../../aws/errors.ts';
import type { Clock } from '../../model/clock.ts';
import { cachedKeys } from './cached-keys.ts';
import { ListingStopped } from './listing-stopped.ts';
import type { AwsCredentials } from './signing.ts';

/** A role of another account, and the secret that both accounts have agreed upon. */
export interface NamedRole {
  readonly arn: string;
  readonly externalId: string;
  /** The session's name in CloudTrail of the other account: 2 to 64 of `[A-Za-z0-9_+=,.@-]`. */
  readonly sessionName: string;
}

/** Tells a refusal by STS from an STS that is ill or does not answer. */
const isRefusal = (error: unknown): boolean => (statusOf(error) ?? 500) < 500;

/**
 * Assumes a role when its keys are asked for, and keeps them until shortly before they expire. Rejects with a
 * ListingStopped that names the role.
 * @param config of the client, whose own keys assume the role
 */
export const assumedRole = (
  { arn, externalId, sessionName }: NamedRole,
  clock: Clock,
  config?: STSClientConfig,
): (() => Promise<AwsCredentials>) =>
  cachedKeys(clock, async () => {
    // Loaded where it is used: most audits stay in their own account.
    const { AssumeRoleCommand, STSClient } = await import('@aws-sdk/client-sts');
    const client = awsClient(STSClient, config);
    try {
      const { Credentials } = await client.send(
        new AssumeRoleCommand({ RoleArn: arn, ExternalId: externalId, RoleSessionName: sessionName }),
      );
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '', Expiration } = Credentials ?? {};
      return {
        keys: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
        expiresAt: Expiration?.getTime() ?? 0,
      };
    } catch (error) {
      const problem = `role ${arn} could not be assumed (${Object(error).name ?? 'unknown error'})`;
      throw isRefusal(error)
        ? new ListingStopped(
            'access-denied',
            `${problem}: its trust policy must let the auditor's role in, with the externalId of audit.yaml`,
            { cause: error },
          )
        : new ListingStopped('source-unavailable', `${problem}: STS does not answer as it should`, { cause: error });
    } finally {
      client.destroy();
    }
  }).current;
