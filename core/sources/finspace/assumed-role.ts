import type { STSClientConfig } from '@aws-sdk/client-sts';
import { awsClient } from '../../aws/clients.ts';
import type { Clock } from '../../model/clock.ts';
import { ListingStopped } from './listing-stopped.ts';
import type { AwsCredentials } from './signing.ts';

/** A role of another account, and the secret that both accounts have agreed upon. */
export interface NamedRole {
  readonly arn: string;
  readonly externalId: string;
  /** How CloudTrail of the other account names the session: 2 to 64 of `[A-Za-z0-9_+=,.@-]`. */
  readonly sessionName: string;
}

/** Keys are renewed so long before their end that no exchange is signed with dying ones. */
const MARGIN_MS = 5 * 60_000;

/** What STS answered, as opposed to no answer. */
const isRefusal = (error: unknown): boolean => {
  const status: unknown = Object(Object(error).$metadata).httpStatusCode;
  return typeof status === 'number' && status < 500;
};

/**
 * The keys of a role, assumed when they are asked for and kept until shortly before they expire. Rejects with a
 * ListingStopped that names the role.
 * @param config of the client, whose own keys assume the role
 */
export const assumedRole = (
  { arn, externalId, sessionName }: NamedRole,
  clock: Clock,
  config?: STSClientConfig,
): (() => Promise<AwsCredentials>) => {
  let cached: { readonly keys: AwsCredentials; readonly until: number } | undefined;

  const assume = async () => {
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
        until: (Expiration?.getTime() ?? 0) - MARGIN_MS,
      };
    } catch (error) {
      const problem = `role ${arn} could not be assumed (${Object(error).name ?? 'unknown error'})`;
      throw isRefusal(error)
        ? new ListingStopped(
            'access-denied',
            `${problem}: its trust policy must let the auditor's role in, with the externalId of audit.yaml`,
            { cause: error },
          )
        : new ListingStopped('source-unavailable', `${problem}: STS does not answer as it should`, {
            cause: error,
          });
    } finally {
      client.destroy();
    }
  };

  return async () => {
    if (cached === undefined || clock.now() >= cached.until) cached = await assume();
    return cached.keys;
  };
};
