import type { SecurityHub } from '../notify/asff.ts';
import type { Config } from './config.ts';

/** An environment, as reports have it. */
export interface AuditedEnvironment {
  readonly environmentId: string;
  readonly accountId: string;
  /** The account that audits it, where it is another. */
  readonly auditorAccountId?: string | undefined;
  readonly region: string;
}

/** A Security Hub; `isByRole`: its account lets in the role that reads the environment there, and nobody else. */
type ChosenHub = SecurityHub & { readonly isByRole: boolean };

/**
 * Chooses the Security Hub that takes the findings of an environment; undefined where the config wants none. Users that
 * were saved are read by no role: then it is the auditor's.
 * @param ownRegion the auditor's
 */
export const securityHubOf = (
  { securityHub, environments }: Pick<Config, 'securityHub' | 'environments'>,
  { environmentId, accountId, auditorAccountId = accountId, region }: AuditedEnvironment,
  ownRegion: string | undefined,
): ChosenHub | undefined => {
  if (securityHub === undefined) return undefined;
  if (securityHub.account === 'auditor')
    return { accountId: auditorAccountId, region: ownRegion ?? region, isByRole: false };
  const isByRole = environments.find(({ id }) => id === environmentId)?.role !== undefined;
  return { accountId: isByRole ? accountId : auditorAccountId, region, isByRole };
};
