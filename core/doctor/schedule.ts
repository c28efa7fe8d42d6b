import type { GetScheduleOutput, SchedulerClient } from '@aws-sdk/client-scheduler';
import type { Clock } from '../model/clock.ts';
import { schedulerExpression } from '../schedule/cron.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { plainLine } from '../text/plain-text.ts';
import { type Check, type CheckAnswer, errorText, fail, isDenied, isNamed, notChecked, ok, warn } from './check.ts';

/**
 * Makes the checks of what was deployed, which only the command line has the clients for.
 * @param functionOf gives the function that the schedule invokes, once that was looked at
 */
export type DeploymentChecks = (functionOf: () => string | undefined) => readonly Check[];

const notFromHere: DeploymentChecks = () =>
  ['alarms', 'concurrency', 'stacks'].map((name) => ({
    name,
    needs: [],
    check: () => Promise.resolve(notChecked('the command line looks at it, with --config')),
  }));

export interface ScheduleSettings {
  /** Undefined: what was deployed is not looked at. */
  readonly deployment: DeploymentChecks | undefined;
  readonly scheduler: SchedulerClient;
  /** Undefined: not given. */
  readonly scheduleName: string | undefined;
  readonly environmentId: string;
  /** The function that the schedule must invoke; undefined: not known. */
  readonly functionArn: string | undefined;
  /** The times that it must have; undefined: not known. */
  readonly expected: Schedule | undefined;
  readonly clock: Clock;
}

const DEPLOY = 'deploy the stack; the runbook\'s "A schedule was changed" says how to find who changed it';

/** Reads the environment that the schedule's event names; undefined where it is no such event. */
const environmentOf = (input: string | undefined): unknown => {
  try {
    return Object(JSON.parse(input ?? '')).environmentId;
  } catch {
    return undefined;
  }
};

const stateOf = (schedule: GetScheduleOutput, settings: ScheduleSettings): CheckAnswer => {
  const { State, EndDate, Target } = schedule;
  const { environmentId, functionArn, clock } = settings;
  const target = Target?.Arn ?? 'nothing';
  const environment = environmentOf(Target?.Input);
  if (State !== 'ENABLED') return fail(`it is ${State ?? 'in no state'}: no audit is started`, DEPLOY);
  if (EndDate !== undefined && EndDate.getTime() <= clock.now())
    return fail(`it ended at ${EndDate.toISOString()}: no audit is started`, DEPLOY);
  if (environment !== environmentId)
    return fail(`it asks for environment ${plainLine(String(environment), 40)}`, DEPLOY);
  if (functionArn !== undefined && target !== functionArn)
    return fail(`it invokes ${target}, not ${functionArn}`, DEPLOY);
  const invoked = functionArn === undefined ? `invokes ${target}` : 'invokes this function';
  if (EndDate !== undefined) return warn(`it is ENABLED, and ends at ${EndDate.toISOString()}`, DEPLOY);
  return ok(`ENABLED, ${invoked}`);
};

/** Checks that audits start of themselves, when they should, and by what was deployed. */
export const scheduleChecks = (settings: ScheduleSettings): readonly Check[] => {
  const { scheduler, scheduleName, expected, deployment = notFromHere } = settings;
  let found: GetScheduleOutput = {};

  return [
    {
      name: 'schedule',
      needs: ['credentials'],
      async check() {
        if (scheduleName === undefined)
          return notChecked(
            "no schedule was given: --schedule takes the stack's SchedulePrefix and the environment's id",
          );
        // Loaded where it is used: an audit needs none of it.
        const { GetScheduleCommand } = await import('@aws-sdk/client-scheduler');
        try {
          found = await scheduler.send(new GetScheduleCommand({ Name: scheduleName }));
          return stateOf(found, settings);
        } catch (error) {
          if (isNamed(error, 'ResourceNotFoundException'))
            return fail(`${scheduleName} is not there: no audit is started`, DEPLOY);
          if (isDenied(error))
            return notChecked(errorText(error), 'allow scheduler:GetSchedule on it, which an audit does not need');
          return fail(errorText(error), 'let this machine reach EventBridge Scheduler, and look again');
        }
      },
    },
    {
      name: 'schedule-time',
      needs: ['schedule'],
      async check() {
        // UTC is what Scheduler takes where no zone is given.
        const { ScheduleExpression = 'nothing', ScheduleExpressionTimezone: timezone = 'UTC' } = found;
        const set = `${ScheduleExpression} ${timezone}`;
        if (expected === undefined) return notChecked(`${set}; no --config was given to compare it with`);
        // To the letter: whoever wrote the same time in other words still changed what the stack made.
        const expression = schedulerExpression(expected.cron);
        if (ScheduleExpression === expression && timezone === expected.timezone)
          return ok(`${set}, as audit.yaml says`);
        return fail(`${set}, where audit.yaml makes it ${expression} ${expected.timezone}`, DEPLOY);
      },
    },
    ...deployment(() => found.Target?.Arn),
  ];
};
