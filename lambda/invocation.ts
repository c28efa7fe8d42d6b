import * as z from 'zod/mini';
import type { AuditRequest } from '../core/audit/request.ts';
import { attemptName, wholeSecond } from '../core/audit/request.ts';
import type { AuditResult } from '../core/audit/result.ts';
import type { Config } from '../core/config/config.ts';

const environment = (ids: readonly string[]) =>
  z.enum(ids, { error: ({ input }) => `must be one of ${ids.join(', ')}, got ${JSON.stringify(input)}` });

const choice = z.optional(
  z.boolean({ error: ({ input }) => `must be true or false, got ${JSON.stringify(input)}` }),
);

/** What the schedule sends; `acceptRosterDrop` is for people who invoke by hand. */
const auditEvent = (environmentIds: readonly string[]) =>
  z.strictObject({
    environmentId: environment(environmentIds),
    scheduledTime: z.iso.datetime({
      offset: true,
      error: ({ input }) => `must be an ISO 8601 time with its zone, got ${JSON.stringify(input)}`,
    }),
    acceptRosterDrop: choice,
  });

/** What people send who want to know whether an audit could be made. */
const doctorEvent = (environmentIds: readonly string[]) =>
  z.strictObject({
    doctor: z.literal(true, { error: ({ input }) => `must be true, got ${JSON.stringify(input)}` }),
    environmentId: environment(environmentIds),
    sendTestMail: choice,
  });

const readEvent = <T>(schema: z.ZodMiniType<T>, event: unknown): T => {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${['event', ...path].join('.')} ${message}`,
  );
  throw new Error(problems.join('; '));
};

/** What the Lambda runtime tells of an invocation. */
export interface Invocation {
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

const placeOf = ({ invokedFunctionArn }: Invocation) => {
  const [, partition = 'aws', , region = '', accountId = ''] = invokedFunctionArn.split(':');
  return { partition, region, accountId };
};

/** What a diagnosis is asked for, and by which function. */
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

/** Reads the request for a diagnosis. Throws as `readInvocation` does. */
export const readDoctorInvocation = (
  event: unknown,
  invocation: Invocation,
  { environments }: Config,
): DoctorRequest => {
  const { environmentId, sendTestMail = false } = readEvent(
    doctorEvent(environments.map(({ id }) => id)),
    event,
  );
  const { region: homeRegion, accountId } = placeOf(invocation);
  const { region = homeRegion } = environments.find(({ id }) => id === environmentId) ?? {};
  const functionArn = invocation.invokedFunctionArn.split(':').slice(0, 7).join(':');
  return { environmentId, sendTestMail, accountId, region, homeRegion, functionArn };
};

type Work<T> = (event: unknown, invocation: Invocation) => Promise<T>;

/** Hands an event to the work that it asks for: whatever speaks of a doctor is none that the schedule sends. */
export const byEvent =
  <D, A>(doctor: Work<D>, audit: Work<A>): Work<D | A> =>
  (event, invocation) =>
    typeof event === 'object' && event !== null && 'doctor' in event
      ? doctor(event, invocation)
      : audit(event, invocation);

/**
 * Time kept back from the listing for judging the whole, writing and telling, in milliseconds: a million users take
 * the archive less than half of it.
 */
export const REPORTING_MARGIN_MS = 90_000;

/**
 * Reads the request that an invocation makes. The schedule's own time names the run, so a retry carries the same.
 * @param random letters that tell this invocation from others of the same run
 * @throws where the event is none that the schedule sends, naming the member, the value got and the values allowed
 */
export const readInvocation = (
  event: unknown,
  invocation: Invocation,
  { environments }: Config,
  now: number,
  random: string,
): AuditRequest => {
  const {
    environmentId,
    scheduledTime,
    acceptRosterDrop = false,
  } = readEvent(auditEvent(environments.map(({ id }) => id)), event);
  const { partition, region: ownRegion, accountId: ownAccount } = placeOf(invocation);
  const { role, region = ownRegion } = environments.find(({ id }) => id === environmentId) ?? {};
  const accountId = role?.accountId ?? ownAccount;
  return {
    environmentId,
    accountId,
    ...(accountId !== ownAccount && { auditorAccountId: ownAccount }),
    region,
    partition,
    asOf: wholeSecond(Date.parse(scheduledTime)),
    attempt: attemptName(now, random),
    deadline: now + invocation.getRemainingTimeInMillis() - REPORTING_MARGIN_MS,
    acceptRosterDrop,
  };
};

/** What the log keeps of a run: neither the rules' outcomes nor the trend, which the report has; names nobody. */
export const loggable = ({ report, deliveries, warnings }: AuditResult) => ({
  report: { ...report, rules: undefined, trend: undefined },
  ...deliveries,
  warnings,
});

export type Answer = ReturnType<typeof answerOf>;

/**
 * What an invocation answers.
 * @throws where the run is not complete, or not everybody could be told: Errors, retries, the DLQ and the alarms work
 */
export const answerOf = ({ report, deliveries, wasDone }: AuditResult) => {
  const { run, environmentId, verdict, reason, message, counts, findings } = report;
  const name = `run ${run} of environment ${environmentId}`;
  if (verdict !== 'COMPLETE') throw new Error(`${name} is ${verdict}: ${reason}: ${message}`);
  const undelivered = Object.entries(deliveries).flatMap(([channel, delivery]) =>
    delivery.outcome === 'failed' ? [`${channel}: ${delivery.message}`] : [],
  );
  if (undelivered.length > 0)
    throw new Error(`${name} is COMPLETE, but not everybody was notified: ${undelivered.join('; ')}`);
  return {
    run,
    environmentId,
    verdict,
    users: counts.users,
    findings: findings.bySeverity,
    ...Object.fromEntries(Object.entries(deliveries).map(([channel, { outcome }]) => [channel, outcome])),
    wasDone,
  };
};
