import type { STSClientConfig } from '@aws-sdk/client-sts';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { eventBridgeEvents } from './alerts/event-bridge.ts';
import type { AuditRequest, AuditSettings } from './audit.ts';
import type { Config } from './config.ts';
import { assumedRole } from './finspace/assumed-role.ts';
import { finspaceEndpoint } from './finspace/endpoint.ts';
import { finspaceSource } from './finspace/source.ts';
import type { UserSource } from './ports.ts';

/** What the function does besides, where the config asks for it. */
export const configuredEdges = ({ events }: Config): Pick<AuditSettings, 'publishEvents'> =>
  events === undefined ? {} : { publishEvents: eventBridgeEvents(events.bus) };

/**
 * Who lists the users of an environment: the function's own role, or the one that the config names.
 * @param sts of the client that assumes a named role
 */
export const configuredUsers = (
  { credentials: mode, environments }: Config,
  env: NodeJS.ProcessEnv,
  sts: STSClientConfig = {},
) => {
  const ownKeys = defaultProvider();
  return ({ environmentId, region }: Pick<AuditRequest, 'environmentId' | 'region'>): UserSource => {
    const role = environments.find(({ id }) => id === environmentId)?.role;
    const loadCredentials =
      role === undefined
        ? ownKeys
        : assumedRole({ ...role, sessionName: `finspace-auditor-${environmentId}` }, sts);
    const endpoint = finspaceEndpoint(region, env);
    return finspaceSource({ environmentId, region, endpoint, mode, loadCredentials });
  };
};
