import type { STSClientConfig } from '@aws-sdk/client-sts';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { eventBridgeEvents } from './alerts/event-bridge.ts';
import type { Config } from './config.ts';
import { assumedRole } from './finspace/assumed-role.ts';
import { finspaceEndpoint } from './finspace/endpoint.ts';
import type { AwsCredentials } from './finspace/signing.ts';
import { finspaceSource } from './finspace/source.ts';
import type { ResumableSource } from './ports.ts';
import type { AuditRequest, AuditSettings } from './run.ts';

/** What the config makes of the function's edges. */
export const compose = (config: Config, env: NodeJS.ProcessEnv) => {
  const credentialsOf = configuredCredentials(config);
  return {
    credentialsOf,
    usersOf: configuredUsers(config, env, credentialsOf),
    edges: configuredEdges(config),
  };
};

/** What the function does besides, where the config asks for it. */
export const configuredEdges = ({ events }: Config): Pick<AuditSettings, 'publishEvents'> =>
  events === undefined ? {} : { publishEvents: eventBridgeEvents(events.bus) };

/** By environment, the keys that it is read with. */
export type CredentialsOf = (environmentId: string) => () => Promise<AwsCredentials>;

/**
 * The keys that an environment is read with: the function's own role's, or those of the one that the config names.
 * @param sts of the client that assumes a named role
 */
export const configuredCredentials = ({ environments }: Config, sts: STSClientConfig = {}): CredentialsOf => {
  const ownKeys = defaultProvider();
  return (environmentId) => {
    const role = environments.find(({ id }) => id === environmentId)?.role;
    return role === undefined
      ? ownKeys
      : assumedRole({ ...role, sessionName: `finspace-auditor-${environmentId}` }, sts);
  };
};

/** Who lists the users of an environment. */
export const configuredUsers =
  ({ credentials: mode }: Config, env: NodeJS.ProcessEnv, credentialsOf: CredentialsOf) =>
  ({ environmentId, region }: Pick<AuditRequest, 'environmentId' | 'region'>): ResumableSource => {
    const endpoint = finspaceEndpoint(region, env);
    const loadCredentials = credentialsOf(environmentId);
    return finspaceSource({ environmentId, region, endpoint, mode, loadCredentials });
  };
