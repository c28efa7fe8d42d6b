import { type CloudWatchClient, type MetricAlarm, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { GetAccountSettingsCommand, GetFunctionConcurrencyCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { Config } from '../config/config.ts';
import {
  type DeployedStacks,
  droppedEnvironments,
  reservedBy,
  STACKS_FILE,
  type StacksFile,
} from '../config/stacks.ts';
import { plural } from '../text/plain-text.ts';
import { type Check, errorText, fail, isDenied, isNamed, notChecked, ok, warn } from './check.ts';
import type { DeploymentChecks } from './schedule.ts';

/** The deployment as it is, or is about to be, and as it is meant to be. */
export interface DeploymentSettings {
  readonly cloudwatch: CloudWatchClient;
  readonly lambda: LambdaClient;
  readonly config: Pick<Config, 'name' | 'environments'>;
  /** Undefined where there is no such file. */
  readonly stacks: StacksFile | undefined;
  readonly environmentId: string;
  readonly alarmTopicArn: string | undefined;
}

const PUT_BACK = 'put it back by hand: a deploy without changes mends nothing';

/** The metric that tells that nobody would hear: an alarm of it that tells the same people alone tells nobody. */
const UNHEARD = 'UnheardTopics';

/** The measurements whose alarms every stack has, and without which nobody is told that nobody was told. */
const ALWAYS_WATCHED = ['SilentEnvironments', 'UnverifiedEnvironments', UNHEARD];

/** Tells whether an alarm rings where an environment has no run that was due. */
const isSilenceOf =
  (environmentId: string) =>
  ({ MetricName, Dimensions = [] }: MetricAlarm): boolean =>
    MetricName === 'Silent' && Dimensions.some(({ Name, Value }) => Name === 'environment' && Value === environmentId);

const MOST_NAMED = 3;

const named = (alarms: readonly MetricAlarm[]): string => {
  const names = alarms.slice(0, MOST_NAMED).map(({ AlarmName = '' }) => AlarmName);
  return `${names.join(', ')}${alarms.length > MOST_NAMED ? ` and ${alarms.length - MOST_NAMED} more` : ''}`;
};

/** The names that CloudFormation gives the alarms of an auditor's stacks: stack, logical id and random characters. */
const alarmNames = (name: string): RegExp => new RegExp(`^${name}(?:-\\d+)?-[A-Za-z\\d]+-[A-Za-z\\d]+$`);

const alarmsCheck = ({ cloudwatch, config: { name }, environmentId, alarmTopicArn }: DeploymentSettings): Check => ({
  name: 'alarms',
  needs: ['credentials'],
  async check() {
    const alarms: MetricAlarm[] = [];
    try {
      // CloudWatch gives alarms of metrics alone unless others are asked for.
      const asked = { AlarmNamePrefix: `${name}-` };
      for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client: cloudwatch }, asked))
        alarms.push(...MetricAlarms.filter(({ AlarmName = '' }) => alarmNames(name).test(AlarmName)));
    } catch (error) {
      if (isDenied(error)) return notChecked(errorText(error), 'allow cloudwatch:DescribeAlarms on all alarms');
      throw error;
    }
    if (alarms.length === 0)
      return fail(`stack ${name} has no alarm: nobody is told when audits fail or stop`, 'deploy the stack');
    const missing = [
      ...ALWAYS_WATCHED.filter((metric) => alarms.every(({ MetricName }) => MetricName !== metric)),
      ...(alarms.some(isSilenceOf(environmentId)) ? [] : [`Silent of ${environmentId}`]),
    ];
    if (missing.length > 0) return fail(`no alarm watches ${missing.join(', ')}`, PUT_BACK);
    const isSilent = ({ ActionsEnabled, AlarmActions = [] }: MetricAlarm): boolean =>
      ActionsEnabled === false ||
      AlarmActions.length === 0 ||
      (alarmTopicArn !== undefined && !AlarmActions.includes(alarmTopicArn));
    const silent = alarms.filter(isSilent);
    if (silent.length > 0)
      return fail(
        `${plural(silent.length, 'alarm')} of ${alarms.length} would tell nobody: ${named(silent)}`,
        `aws cloudwatch enable-alarm-actions, or ${PUT_BACK}`,
      );
    const circular = alarms.find(
      ({ MetricName, AlarmActions = [] }) => MetricName === UNHEARD && AlarmActions.length < 2,
    );
    if (circular !== undefined)
      return fail(`${named([circular])} would tell only those whom it says that nobody reaches`, PUT_BACK);
    const ringing = alarms.filter(({ StateValue }) => StateValue === 'ALARM');
    if (ringing.length > 0)
      return warn(`${ringing.length} of ${alarms.length} ring: ${named(ringing)}`, 'do what their descriptions say');
    return ok(`${plural(alarms.length, 'alarm')}, each with its action`);
  },
});

/** The executions that Lambda leaves to all functions without a reservation of their own. */
const LEAST_UNRESERVED = 100;

/**
 * The executions that each stack reserves for the watch of silence, and the first one for the verification of the
 * archive.
 */
const WATCH = 1;
const VERIFICATION = 1;

/** @param functionOf gives the function that the schedule invokes, where it was looked up */
const concurrencyCheck = (
  { lambda, config, stacks, environmentId }: DeploymentSettings,
  functionOf: () => string | undefined,
): Check => ({
  name: 'concurrency',
  needs: ['credentials'],
  async check() {
    const lists = Object.values(stacks?.[config.name]?.stacks ?? {});
    const all = lists.length === 0 ? [config.environments.map(({ id }) => id)] : lists;
    // Without its version or alias.
    const functionName = functionOf()?.split(':').slice(0, 7).join(':');
    try {
      let lacking = all.reduce((sum, { length }) => sum + reservedBy(length) + WATCH, VERIFICATION);
      let reserved: number | undefined;
      if (functionName !== undefined) {
        const found = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: functionName }));
        reserved = found.ReservedConcurrentExecutions;
        if (reserved === 0) return fail('0 are reserved for the function: no audit is started', PUT_BACK);
        if (reserved === undefined)
          return warn('none is reserved for the function: others may take all that the account has', PUT_BACK);
        const own = all.find((ids) => ids.includes(environmentId)) ?? [];
        lacking = Math.max(0, reservedBy(own.length) - reserved);
      }
      const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
      const { ConcurrentExecutions = 0, UnreservedConcurrentExecutions: left = 0 } = AccountLimit ?? {};
      const free = Math.max(0, left - LEAST_UNRESERVED);
      if (lacking > free)
        return fail(
          `${lacking} are to be reserved, of ${free} that can be: the account has ${ConcurrentExecutions}, and ${LEAST_UNRESERVED} stay unreserved`,
          'have the quota of concurrent executions of Lambda raised before you deploy',
        );
      return ok(
        reserved === undefined
          ? `${lacking} are to be reserved, of ${free} that can be`
          : `${reserved} are reserved for the function`,
      );
    } catch (error) {
      if (isDenied(error))
        return notChecked(
          errorText(error),
          'allow lambda:GetAccountSettings, and lambda:GetFunctionConcurrency on the function',
        );
      if (isNamed(error, 'ResourceNotFoundException'))
        return fail(`${functionName} is not there: no audit is started`, 'deploy the stack');
      throw error;
    }
  },
});

const stacksCheck = ({ config, stacks, environmentId }: DeploymentSettings): Check => ({
  name: 'stacks',
  needs: [],
  async check() {
    const deployed: DeployedStacks | undefined = stacks?.[config.name];
    if (stacks === undefined || deployed === undefined)
      return notChecked(
        `${stacks === undefined ? 'there is no' : `${config.name} is not in`} ${STACKS_FILE} here, which synthesis writes`,
        'look from the folder that is deployed',
      );
    const dropped = droppedEnvironments(config, stacks);
    if (dropped.length > 0)
      return fail(
        `a deploy would end the audits of ${dropped.map((one) => `${one.environmentId} (${one.stack})`).join(', ')}`,
        `list it in audit.yaml, or take it out of ${STACKS_FILE} if its audits shall end`,
      );
    const [stack] = Object.entries(deployed.stacks).find(([, ids]) => ids.includes(environmentId)) ?? [];
    return stack === undefined
      ? warn(`environment ${environmentId} is in no stack`, 'deploy, which assigns it to one')
      : ok(`environment ${environmentId} is in ${stack}, and no other would drop out`);
  },
});

/** Checks what was deployed, and what a deploy would do. */
export const deploymentChecks =
  (settings: DeploymentSettings): DeploymentChecks =>
  (functionOf) => [alarmsCheck(settings), concurrencyCheck(settings, functionOf), stacksCheck(settings)];
