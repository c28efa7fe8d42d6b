import type { GetScheduleOutput, SchedulerClient } from '@aws-sdk/client-scheduler';
import { parsedJson } from '../archive/lines.ts';
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

/** The time for which Scheduler invokes, as the event asks for it. */
const OWN_TIME = '<aws.scheduler.scheduled-time>';

/** Says what the event of a schedule asks for other than one audit of its environment each time; undefined where it is that. */
const eventFault = (input: string | undefined, wanted: string): string | undefined => {
  const { environmentId, scheduledTime, ...more }: Readonly<Record<string, unknown>> = Object(parsedJson(input ?? ''));
  const shown = (value: unknown): string => plainLine(String(value), 40);
  if (environmentId !== wanted) return `it asks for environment ${shown(environmentId)}`;
  // The run of a time that has one is not made again.
  if (scheduledTime !== OWN_TIME)
    return `it asks for the run of ${shown(scheduledTime)} each time, not for that of its time`;
  const names = Object.keys(more);
  return names.length === 0 ? undefined : `it asks for ${shown(names.join(', '))} each time`;
};

const stateOf = (schedule: GetScheduleOutput, settings: ScheduleSettings): CheckAnswer => {
  const { State, StartDate, EndDate, Target } = schedule;
  const { environmentId, functionArn, clock } = settings;
  const { Arn: target, Input } = Target ?? {};
  const fault = eventFault(Input, environmentId);
  if (State !== 'ENABLED') return fail(`it is ${State}: no audit is started`, DEPLOY);
  if (EndDate !== undefined && EndDate.getTime() <= clock.now())
    return fail(`it ended at ${EndDate.toISOString()}: no audit is started`, DEPLOY);
  if (StartDate !== undefined && StartDate.getTime() > clock.now())
    return fail(`it starts at ${StartDate.toISOString()}: no audit is started before`, DEPLOY);
  if (fault !== undefined) return fail(fault, DEPLOY);
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
        const { ScheduleExpression, ScheduleExpressionTimezone: timezone = 'UTC' } = found;
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
