import { type ReachedHub, securityHubClient } from '../notify/notify-security-hub.ts';
import { type Check, fail, isDenied, isNamed, notChecked, ok } from './check.ts';

export interface SecurityHubSettings {
  /** The Security Hub that is told, and who tells it; `function`: only the function itself knows. Undefined: none is. */
  readonly securityHub?: ReachedHub | 'function' | undefined;
}

/** Checks that Security Hub is on and lets findings in; it is given none. */
export const securityHubChecks = ({ securityHub }: SecurityHubSettings): readonly Check[] => {
  if (securityHub === undefined) return [];
  return [
    {
      name: 'security-hub',
      needs: [],
      async check() {
        if (securityHub === 'function')
          return notChecked('only the function can tell: invoke it with {"doctor":true,"environmentId":"ID"}');
        const { accountId, region } = securityHub;
        const hub = `Security Hub of account ${accountId} in ${region}`;
        const { BatchImportFindingsCommand, DescribeHubCommand } = await import('@aws-sdk/client-securityhub');
        const client = await securityHubClient(securityHub);
        try {
          await client.send(new DescribeHubCommand({}));
          await client.send(new BatchImportFindingsCommand({ Findings: [] }));
        } catch (error) {
          // Nothing is less than a batch may be: who is told so may send more.
          if (isNamed(error, 'InvalidInputException')) return ok(`${hub} is on and lets findings in`);
          if (isNamed(error, 'InvalidAccessException', 'ResourceNotFoundException'))
            return fail(`${hub} is not on`, 'turn on Security Hub CSPM there, or leave out securityHub');
          if (!isDenied(error)) throw error;
          return fail(
            `${hub} lets no findings in`,
            'allow securityhub:BatchImportFindings and securityhub:DescribeHub: deploy the stack, or the role of reader-role --security-hub',
          );
        } finally {
          client.destroy();
        }
        return fail(`${hub} took a batch without findings`, 'look for an endpoint that is not Security Hub');
      },
    },
  ];
};
