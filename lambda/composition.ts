import type { STSClientConfig } from '@aws-sdk/client-sts';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { AuditRequest } from '../core/audit/request.ts';
import type { Config } from '../core/config/config.ts';
import { systemClock } from '../core/model/clock.ts';
import type { Channel } from '../core/notify/channel.ts';
import { digestChannel, type SendAlert } from '../core/notify/channels/digest.ts';
import { eventBridgeChannel } from '../core/notify/channels/event-bridge.ts';
import { assumedRole } from '../core/sources/finspace/assumed-role.ts';
import { finspaceEndpoint } from '../core/sources/finspace/endpoint.ts';
import type { AwsCredentials } from '../core/sources/finspace/signing.ts';
import { chooseSource } from '../core/sources/index.ts';
import type { ResumableSource } from '../core/sources/source.ts';

/** What the config makes of the function's edges. */
export const compose = (config: Config, env: NodeJS.ProcessEnv) => {
  const credentialsOf = configuredCredentials(config);
  return {
    credentialsOf,
    usersOf: configuredUsers(config, env, credentialsOf),
  };
};

/** The channels that the config asks for; everybody gets the digest. */
export const configuredChannels = ({ events }: Config, sendAlert: SendAlert): readonly Channel[] => [
  digestChannel(sendAlert),
  ...(events === undefined ? [] : [eventBridgeChannel(events.bus)]),
];

/** By environment, the keys that it is read with. */
export type CredentialsOf = (environmentId: string) => () => Promise<AwsCredentials>;

/**
 * The keys that an environment is read with: the function's own role's, or those of the one that the config names.
 * @param sts of the client that assumes a named role
 */
export const configuredCredentials = ({ environments }: Config, sts?: STSClientConfig): CredentialsOf => {
  const ownKeys = defaultProvider();
  return (environmentId) => {
    const role = environments.find(({ id }) => id === environmentId)?.role;
    return role === undefined
      ? ownKeys
      : assumedRole({ ...role, sessionName: `finspace-auditor-${environmentId}` }, systemClock, sts);
  };
};

/** Who lists the users of an environment. */
export const configuredUsers =
  (config: Config, env: NodeJS.ProcessEnv, credentialsOf: CredentialsOf) =>
  ({ environmentId, region }: Pick<AuditRequest, 'environmentId' | 'region'>): ResumableSource => {
    const endpoint = finspaceEndpoint(region, env);
    const loadCredentials = credentialsOf(environmentId);
    return chooseSource({ config, environmentId, region, endpoint, loadCredentials });
  };
