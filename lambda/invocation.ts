import * as z from 'zod/mini';
import {
  type AskedOutputs,
  type AuditRequest,
  attemptName,
  STORING_MS,
  storingMs,
  wholeSecond,
} from '../core/audit/request.ts';
import type { AuditResult } from '../core/audit/result.ts';
import type { Config } from '../core/config/config.ts';
import { notFullyJudged } from '../core/model/report.ts';
import { aheadProblem } from '../core/model/run-name.ts';

const environmentIdAmong = (ids: readonly string[]) =>
  z.enum(ids, { error: ({ input }) => `must be one of ${ids.join(', ')}, got ${JSON.stringify(input)}` });

const optionalFlag = z.optional(
  z.boolean({ error: ({ input }) => `must be true or false, got ${JSON.stringify(input)}` }),
);

/** The schedule's event; what accepts something is for people who invoke by hand. */
const auditEvent = (environmentIds: readonly string[]) =>
  z.strictObject({
    environmentId: environmentIdAmong(environmentIds),
    scheduledTime: z.iso.datetime({
      offset: true,
      error: ({ input }) => `must be an ISO 8601 time with its zone, got ${JSON.stringify(input)}`,
    }),
    acceptRosterDrop: optionalFlag,
    acceptHistory: z.optional(
      z.strictObject({
        sha256: z
          .string()
          .check(
            z.regex(/^[0-9a-f]{64}$/, {
              error: ({ input }) => `must be 64 hexadecimal digits in lower case, got ${JSON.stringify(input)}`,
            }),
          ),
        reason: z
          .string()
          .check(
            z.regex(/\S/, { error: ({ input }) => `must say why, got ${JSON.stringify(input)}` }),
            z.maxLength(500, { error: () => 'must be a text of at most 500 characters' }),
          ),
      }),
    ),
  });

/** The event of people who want to know whether an audit could be made. */
const doctorEvent = (environmentIds: readonly string[]) =>
  z.strictObject({
    doctor: z.literal(true, { error: ({ input }) => `must be true, got ${JSON.stringify(input)}` }),
    environmentId: environmentIdAmong(environmentIds),
    sendTestMail: optionalFlag,
  });

const parseEvent = <T>(schema: z.ZodMiniType<T>, event: unknown): T => {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${['event', ...path].join('.')} ${message}`);
  throw new Error(problems.join('; '));
};

/** The part of an invocation's context that is used, https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html. */
export interface InvocationContext {
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

const arnPartsOf = ({ invokedFunctionArn }: InvocationContext) => {
  const [, partition = 'aws', , region = '', accountId = ''] = invokedFunctionArn.split(':');
  return { partition, region, accountId };
};

/** A request for a diagnosis, and the function that makes it. */
export interface DoctorRequest {
  readonly environmentId: string;
  readonly sendTestMail: boolean;
  /** Of the function, whatever account the environment is in. */
  readonly accountId: string;
  /** Of the environment. */
  readonly region: string;
  /** Of the function. */
  readonly homeRegion: string;
  /** Without the version or alias that was invoked: the schedule names none. */
  readonly functionArn: string;
}

/** Reads the request for a diagnosis. Throws as `readAuditEvent` does. */
export const readDoctorEvent = (
  event: unknown,
  context: InvocationContext,
  { environments }: Config,
): DoctorRequest => {
  const { environmentId, sendTestMail = false } = parseEvent(doctorEvent(environments.map(({ id }) => id)), event);
  const { region: homeRegion, accountId } = arnPartsOf(context);
  const { region = homeRegion } = environments.find(({ id }) => id === environmentId) ?? {};
  const functionArn = context.invokedFunctionArn.split(':').slice(0, 7).join(':');
  return { environmentId, sendTestMail, accountId, region, homeRegion, functionArn };
};

type Work<T> = (event: unknown, context: InvocationContext) => Promise<T>;

/** Hands an event to the work that it asks for: one with a member `doctor` is none that the schedule sends. */
export const byEvent =
  <D, A>(doctor: Work<D>, audit: Work<A>): Work<D | A> =>
  (event, context) =>
    typeof event === 'object' && event !== null && 'doctor' in event ? doctor(event, context) : audit(event, context);

/** Gives the time kept back from the listing, in milliseconds: to judge the whole and to store it, and as long to tell people. */
export const reportingMs = (asked: AskedOutputs): number => storingMs(asked) + STORING_MS;

/**
 * Gives the time after the listing's deadline in which programs are told, in milliseconds: the rest is for the markers and
 * the metrics. It is all that is left where a listing ends before its deadline.
 */
export const tellingMs = (asked: AskedOutputs): number => reportingMs(asked) - 10_000;

/** Tells an attempt at a run from others. */
export interface Beginning {
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  /** Letters that no other attempt of the same second has. */
  readonly random: string;
}

/**
 * Reads the request for an audit. The schedule's own time names the run, so a retry carries the same.
 * @throws where the event is none that the schedule sends, naming the member, the value got and the values allowed
 */
export const readAuditEvent = (
  event: unknown,
  context: InvocationContext,
  config: Config,
  { startedAt, random }: Beginning,
): AuditRequest => {
  const { environments } = config;
  const {
    environmentId,
    scheduledTime,
    acceptRosterDrop = false,
    acceptHistory,
  } = parseEvent(auditEvent(environments.map(({ id }) => id)), event);
  const asOf = wholeSecond(Date.parse(scheduledTime));
  const problem = aheadProblem(asOf, startedAt);
  if (problem !== undefined) throw new Error(`event.scheduledTime ${problem}`);
  const { partition, region: ownRegion, accountId: ownAccount } = arnPartsOf(context);
  const {
    role,
    region = ownRegion,
    accountId = role?.accountId ?? ownAccount,
  } = environments.find(({ id }) => id === environmentId) ?? {};
  return {
    environmentId,
    accountId,
    ...(accountId !== ownAccount && { auditorAccountId: ownAccount }),
    region,
    partition,
    asOf,
    attempt: attemptName(startedAt, random),
    deadline: startedAt + context.getRemainingTimeInMillis() - reportingMs(config),
    acceptRosterDrop,
    acceptHistory,
  };
};

export type AuditAnswer = ReturnType<typeof auditAnswer>;

/**
 * Answers an invocation that asked for an audit.
 * @throws where the run is not complete, or not everybody could be notified: Errors, retries, the DLQ and the alarms work
 */
export const auditAnswer = ({ report, head, deliveries, unheard = [], wasDone }: AuditResult) => {
  const { run, environmentId, verdict, reason, message, counts, findings, late, source } = report;
  const unjudged = notFullyJudged(report);
  const name = `run ${run} of environment ${environmentId}`;
  if (verdict !== 'COMPLETE') throw new Error(`${name} is ${verdict}: ${reason}: ${message}`);
  const undelivered = [
    ...Object.entries(deliveries).flatMap(([channel, delivery]) =>
      delivery.outcome === 'failed' ? [`${channel}: ${delivery.message}`] : [],
    ),
    ...unheard,
  ];
  if (undelivered.length > 0)
    throw new Error(`${name} is COMPLETE, but not everybody was notified: ${undelivered.join('; ')}`);
  return {
    run,
    environmentId,
    verdict,
    ...(late && { late }),
    ...(source?.attestedBy !== undefined && { attested: true }),
    users: counts.users,
    findings: findings.bySeverity,
    ...(unjudged.length > 0 && { notFullyJudged: unjudged }),
    ...Object.fromEntries(Object.entries(deliveries).map(([channel, { outcome }]) => [channel, outcome])),
    wasDone,
    ...(head !== undefined && { head }),
  };
};
