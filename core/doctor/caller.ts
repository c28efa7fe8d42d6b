import type { STSClient } from '@aws-sdk/client-sts';
import { connectionRemedyOf } from '../aws/connection.ts';
import { credentialsFault } from '../aws/credentials.ts';
import { isTokenExpired, statusOf } from '../aws/errors.ts';
import type { CredentialsMode } from '../sources/finspace/settings.ts';
import type { AwsCredentials } from '../sources/finspace/signing.ts';
import { plainLine } from '../text/plain-text.ts';
import { type Check, errorText, fail, notChecked, ok, warn } from './check.ts';

export interface CallerSettings {
  readonly mode: CredentialsMode;
  readonly loadCredentials: () => Promise<AwsCredentials>;
  readonly sts: STSClient;
  /** The environment's account; undefined: not said. */
  readonly accountId: string | undefined;
  readonly region: string;
  /** FinSpace is asked elsewhere than at Amazon's host of the region. */
  readonly isEndpointGiven: boolean;
}

/** Regions in which the FinSpace Data API was offered, https://docs.aws.amazon.com/general/latest/gr/finspace.html. */
const FINSPACE_REGIONS = ['ca-central-1', 'eu-west-1', 'us-east-1', 'us-east-2', 'us-west-2'];

/** STS refuses keys that it does not know. */
const UNKNOWN_KEYS = 403;

/** Checks the caller: without keys nothing else can be checked. */
export const callerChecks = (settings: CallerSettings): readonly Check[] => {
  const { mode, loadCredentials, sts, accountId, region, isEndpointGiven } = settings;
  return [
    {
      name: 'credentials',
      needs: [],
      async check() {
        try {
          const { sessionToken } = await loadCredentials();
          return ok(sessionToken === undefined ? 'keys without an end' : 'keys of a session');
        } catch (error) {
          // The provider's own words may hold paths and profile names.
          const missing = credentialsFault(error);
          if (missing !== undefined) return fail(missing.problem, missing.remedy);
          return fail(errorText(error), connectionRemedyOf(error) ?? 'mend what the message names, and look again');
        }
      },
    },
    {
      name: 'account',
      needs: ['credentials'],
      async check() {
        if (mode === 'direct') return notChecked('the keys are FinSpace keys, of which STS tells nothing');
        // Loaded where it is used: an audit needs none of it.
        const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
        try {
          // Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
          const { Account: account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
          if (account === undefined)
            return fail('STS names no account', 'look for an endpoint or a proxy that answers in place of STS');
          const who = `${account}, as ${plainLine(String(Arn), 200)}`;
          if (accountId === undefined) return ok(`${who}; an audit takes it for the environment's`);
          if (account === accountId) return ok(who);
          return fail(
            `${who}, where ${accountId} was expected`,
            `use credentials of account ${accountId}, or correct the account`,
          );
        } catch (error) {
          if (isTokenExpired(error) || statusOf(error) === UNKNOWN_KEYS)
            return fail(errorText(error), 'renew the credentials: STS does not know them');
          if (statusOf(error) !== undefined) return fail(errorText(error), 'look again when STS is well');
          const remedy =
            connectionRemedyOf(error) ??
            `let this machine reach STS in ${region}, which tells whose the credentials are, and set HTTPS_PROXY where a proxy leads out of its network`;
          return accountId === undefined
            ? fail(errorText(error), `${remedy}, or give --account`)
            : warn(errorText(error), remedy);
        }
      },
    },
    {
      name: 'region',
      needs: [],
      async check() {
        if (isEndpointGiven) return ok(`${region}, with an endpoint of its own`);
        if (FINSPACE_REGIONS.includes(region)) return ok(region);
        return warn(
          `${region}, where FinSpace has not been known to be`,
          `check the region: FinSpace was in ${FINSPACE_REGIONS.join(', ')}`,
        );
      },
    },
  ];
};
