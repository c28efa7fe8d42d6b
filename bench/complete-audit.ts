import type { Archive } from '../core/archive/archive.ts';
import { audit } from '../core/audit/audit.ts';
import type { AuditResult } from '../core/audit/result.ts';
import { type AuditSettings, configuredSettings } from '../core/audit/settings.ts';
import { parseConfig } from '../core/config/read-config.ts';
import type { OptionalOutputName } from '../core/model/optional-outputs.ts';
import { digestChannel } from '../core/notify/channels/digest.ts';
import { finspaceSource } from '../core/sources/finspace/source.ts';
import { chooseSource } from '../core/sources/index.ts';
import { openRoster } from '../core/sources/roster/open.ts';
import { rules } from '../rules/index.ts';
import { CALLER } from '../simulator/server.ts';

export const ACCOUNT = '111122223333';
const REGION = 'us-east-1';

/** A listing to be audited. */
export interface Target {
  /** A URL, or the path of a saved roster. */
  readonly endpoint: string;
  readonly environmentId: string;
  readonly asOf: Date;
}

/** An operator's wishes besides: facts beside the listing, and files for other tools. */
export interface Asked {
  readonly isEnriched?: boolean;
  readonly outputs?: readonly OptionalOutputName[];
}

/** The settings of an operator who asks for nothing or for that: the whole catalogue as it comes. */
export const settingsOf = (environmentId: string, { isEnriched = false, outputs = [] }: Asked = {}) => {
  const enrich = isEnriched ? ', enrich: { iamRoles: true, permissionGroups: true }' : '';
  const text = `environments: [{ id: ${environmentId}${enrich} }]\noutputs: [${outputs.join(', ')}]`;
  const config = parseConfig(text, 'audit.yaml', rules);
  return configuredSettings(config, [], environmentId);
};

const openedRoster = ({ endpoint, environmentId, asOf }: Target) =>
  openRoster({
    from: [endpoint],
    environmentId,
    asOf,
    attestation: { name: 'bench', statement: 'it was made for this' },
    s3: () => Promise.reject(new Error('a file needs no S3')),
    now: Date.now(),
  });

/** Audits what a source lists, and throws where the run is not complete: it would measure something else. */
export const auditListed = async (
  archive: Archive,
  { environmentId, asOf }: Omit<Target, 'endpoint'>,
  settings: Omit<AuditSettings, 'archive' | 'channels'>,
): Promise<AuditResult> => {
  const result = await audit(
    {
      environmentId,
      accountId: ACCOUNT,
      region: REGION,
      partition: 'aws',
      asOf,
      attempt: 'measured',
      deadline: Number.POSITIVE_INFINITY,
      acceptRosterDrop: false,
    },
    { ...settings, archive, channels: [digestChannel(async () => 'message')] },
  );
  const { verdict, message } = result.report;
  if (verdict !== 'COMPLETE') throw new Error(`the audit is ${verdict}: ${message}`);
  return result;
};

/** Audits as the function does; throws where the run is not complete. */
export const completeAudit = async (
  archive: Archive,
  target: Target,
  settings: Omit<AuditSettings, 'listUsers' | 'archive' | 'channels'> = settingsOf(target.environmentId),
): Promise<AuditResult> => {
  const { endpoint, environmentId } = target;
  const listUsers = endpoint.startsWith('/')
    ? chooseSource(await openedRoster(target))
    : finspaceSource({
        environmentId,
        region: REGION,
        endpoint,
        mode: 'exchange',
        loadCredentials: async () => CALLER,
      });
  return auditListed(archive, target, { ...settings, listUsers });
};
