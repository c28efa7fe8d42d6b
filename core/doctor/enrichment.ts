import { assumedRole } from '../sources/finspace/assumed-role.ts';
import { PERMISSION_GROUPS } from '../sources/finspace/permission-groups.ts';
import { openReader, readerSettings } from '../sources/finspace/reader.ts';
import type { FinspaceSettings } from '../sources/finspace/settings.ts';
import type { AwsCredentials } from '../sources/finspace/signing.ts';
import { type IamEdges, openIam } from '../sources/iam/client.ts';
import type { Enrich } from '../sources/index.ts';
import { plural } from '../text/plain-text.ts';
import { type Check, type CheckAnswer, fail, notChecked, ok } from './check.ts';
import { unlessStopped } from './finspace.ts';

export interface EnrichmentSettings extends FinspaceSettings {
  /** The environment's account; undefined: not said. */
  readonly accountId: string | undefined;
  /** The facts that the config has read beside the listing. */
  readonly enrich: Enrich | undefined;
  /** Replaced by tests. */
  readonly iamEdges?: Pick<IamEdges, 'iam' | 'sts'>;
}

const CHECK_MS = 20_000;

/** A role that nobody has: whoever may read roles is told that there is none, and whoever may not is refused. */
const NOBODYS_ROLE = 'finspace-auditor-doctor-asks-for-no-role';

const rolesAnswer = async (
  account: string,
  loadCredentials: () => Promise<AwsCredentials>,
  { region, clock, iamEdges }: EnrichmentSettings & { readonly clock: IamEdges['clock'] },
): Promise<CheckAnswer> => {
  const deadline = clock.now() + CHECK_MS;
  const client = await openIam({ region, loadCredentials, deadline, clock, random: Math.random, ...iamEdges });
  const confirmed = await client.account();
  if (!('answer' in confirmed)) return fail(confirmed.failed, `give credentials that are of account ${account}`);
  if (confirmed.answer !== account)
    return fail(
      `the credentials are of account ${confirmed.answer}: no role of ${account} would be judged`,
      'let enrich.iamRoles.accounts name a role in that account, or assumeRoleArn one of the environment',
    );
  const asked = await client.role(NOBODYS_ROLE);
  return 'answer' in asked
    ? ok(`IAM of account ${account} tells of roles`)
    : fail(asked.failed, `allow iam:GetRole on the roles of account ${account}`);
};

/** Checks that the facts beside the listing can be read; of those that the config does not ask for, that it does not. */
export const enrichmentChecks = (settings: EnrichmentSettings): readonly Check[] => {
  const { enrich, accountId, environmentId, loadCredentials, iamEdges } = settings;
  const reading = readerSettings(settings);
  const asking = { ...settings, clock: reading.clock };
  const accounts = enrich?.iamRoles?.accounts ?? [];
  return [
    {
      name: 'iam-roles',
      needs: ['credentials'],
      async check() {
        if (enrich?.iamRoles === undefined) return notChecked('enrich.iamRoles is not set: rules on roles are off');
        if (accountId === undefined) return notChecked("the environment's account is not known");
        return rolesAnswer(accountId, loadCredentials, asking);
      },
    },
    ...accounts.map(
      ({ id, roleArn, externalId }): Check => ({
        name: `iam-roles-${id}`,
        needs: ['credentials'],
        check: () => {
          const role = { arn: roleArn, externalId, sessionName: `finspace-auditor-${environmentId}` };
          return rolesAnswer(
            id,
            assumedRole(role, reading.clock, { region: settings.region, ...iamEdges?.sts }),
            asking,
          );
        },
      }),
    ),
    {
      name: 'permission-groups',
      needs: ['credentials', 'endpoint'],
      check: () =>
        unlessStopped(async () => {
          if (enrich?.permissionGroups === undefined)
            return notChecked('enrich.permissionGroups is not set: rules on groups are off');
          const deadline = reading.clock.now() + CHECK_MS;
          const reader = openReader({ ...reading, deadline }, { list: PERMISSION_GROUPS });
          const { records, nextToken } = await reader.page(undefined);
          return ok(
            `${plural(records.length, 'permission group')}, ${nextToken === undefined ? 'and no more' : 'and more to come'}`,
          );
        }),
    },
  ];
};
