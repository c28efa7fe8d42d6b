import { randomUUID } from 'node:crypto';
import { type DurableContext, StepInterruptedError, StepSemantics } from '@aws/durable-execution-sdk-js';
import { ifSound } from '../core/archive/errors.ts';
import { readHead } from '../core/archive/head.ts';
import { audit } from '../core/audit/audit.ts';
import type { AuditRequest } from '../core/audit/request.ts';
import type { AuditResult } from '../core/audit/result.ts';
import type { AuditSettings } from '../core/audit/settings.ts';
import type { Config } from '../core/config/config.ts';
import type { Clock } from '../core/model/clock.ts';
import { runName } from '../core/model/run-name.ts';
import type { Channel } from '../core/notify/channel.ts';
import {
  findListing,
  type ListingPart,
  listPart,
  partsSource,
  pauseAfter,
} from '../core/sources/parts/listing-parts.ts';
import type { ResumableSource, UserSource } from '../core/sources/source.ts';
import { messageOf } from '../core/text/error-message.ts';
import { HOUR_MS, MINUTE_MS } from '../rules/engine/time.ts';
import { type AuditAnswer, auditAnswer, readAuditEvent } from './invocation.ts';

/** The auditor of a function whose executions take as many invocations as they need. */
export interface PartwiseAuditor {
  readonly config: Config;
  /** @param request its deadline is that of the invocation, as far as it lists */
  settingsOf(request: AuditRequest): Omit<AuditSettings, 'listUsers'>;
  sourceOf(request: AuditRequest): ResumableSource;
  /** Undefined: the environment is listed, in parts. */
  openRoster?(
    request: AuditRequest,
  ): Promise<{ readonly request: AuditRequest; readonly listUsers: UserSource } | undefined>;
  /** Called once an audit; its execution began at `startedAt`, in milliseconds since the epoch. */
  onResult(result: AuditResult, startedAt: number): void;
  /** Called for each part that was listed: whoever waits is told that it runs. */
  onPart(part: ListingPart, request: AuditRequest): void;
  /** Called where the archive did not take the run, which is tried again. */
  onSetback(message: string, request: AuditRequest): void;
  readonly clock: Clock;
  /** The time that one invocation lists, in milliseconds; ten minutes where undefined. */
  readonly partMs?: number;
  /** The most tries at a step that the archive fails, or whose invocation dies; undefined: as long as there is time. */
  readonly mostTries?: number;
}

/** Two thirds of an invocation: a page that needs its retries still fits, and the alarm of a near time-out stays quiet. */
const PART_MS = 10 * MINUTE_MS;

/** The longest listing, all of its invocations together: by then the next night is nearer than the last. */
export const LONGEST_LISTING_MS = 12 * HOUR_MS;

/** The time after the listing's own in which the archive may still come to itself: an execution may take an hour more. */
const LONGEST_STORING_MS = 45 * MINUTE_MS;

/** The try at which people are told that the archive takes nothing: what it took by then was soon over. */
const NOTIFYING_TRY = 3;

const LONGEST_PAUSE_SECONDS = 900;

/** Each try is in the journal before it begins, so that one whose invocation dies counts, and no step dies for ever. */
const retrying = (most: number, pauseSeconds: (tries: number) => number) => ({
  semantics: StepSemantics.AtMostOncePerRetry,
  retryStrategy: (_error: unknown, tries: number) => ({
    shouldRetry: tries < most,
    delay: { seconds: pauseSeconds(tries) },
  }),
});

/** Invocations that may die at one step, for want of memory, and are made again. */
const MOST_DEATHS = 6;

/**
 * Tries again what the archive failed, as long as there is time: what was listed is there, and what the service does is
 * no error. What an invocation dies of is tried a few times only.
 */
const listingRetries = (clock: Clock, deadline: number, mostTries = Number.POSITIVE_INFINITY) => ({
  semantics: StepSemantics.AtMostOncePerRetry,
  retryStrategy: (error: Error, tries: number) => ({
    shouldRetry:
      tries < (error instanceof StepInterruptedError ? Math.min(MOST_DEATHS, mostTries) : mostTries) &&
      clock.now() < deadline,
    delay: { seconds: Math.min(LONGEST_PAUSE_SECONDS, 2 ** tries) },
  }),
});

/** Tries as Lambda does a plain function: what the archive fails is no error of the step, and is tried for longer. */
const judgingRetries = (mostTries = 3) => retrying(mostTries, (tries) => tries * 60);

/** Foresees whether the audit comes to a listing: it does not where its run is there, or a later one, or all is closed. */
const isDue = async (
  { archive }: Pick<AuditSettings, 'archive'>,
  { environmentId, asOf }: AuditRequest,
): Promise<boolean> => {
  // A history that does not hold is told by the audit, which keeps tonight's roster.
  const head = await ifSound(
    () => readHead(archive, environmentId),
    () => undefined,
  );
  if (head === undefined) return true;
  const { last, closing } = head;
  return closing === undefined && (last === undefined || last.manifest.run < runName(asOf));
};

/** The parts of a listing, and why there are no more of them where the archive is to blame. */
interface ListedParts {
  readonly parts: readonly ListingPart[];
  readonly trouble?: string;
}

/** Lists part by part, each in an invocation of its own. */
const listInParts = async (
  context: DurableContext,
  auditor: PartwiseAuditor,
  request: AuditRequest,
): Promise<ListedParts> => {
  const { clock, partMs = PART_MS, mostTries } = auditor;
  const { archive } = auditor.settingsOf({ ...request, deadline: clock.now() + partMs });
  const listUsers = auditor.sourceOf(request);
  const settings = { archive, listUsers, deadline: request.deadline, partMs, clock };
  const parts: ListingPart[] = [];
  try {
    const retries = listingRetries(clock, request.deadline, mostTries);
    if (!(await context.step('is it due', () => isDue({ archive }, request), retries))) return { parts };
    // Whoever accepts a drop has looked into what was read: it is not read again.
    const found = request.acceptRosterDrop
      ? await context.step('find a listing', async () => (await findListing(archive, request)) ?? '', retries)
      : '';
    const attempt = found === '' ? request : { ...request, attempt: found };
    for (;;) {
      const previous = parts.at(-1);
      const part = await context.step(
        `list part ${parts.length + 1}`,
        async () => {
          const listed = await listPart(settings, attempt, previous);
          auditor.onPart(listed, request);
          return listed;
        },
        retries,
      );
      parts.push(part);
      // To wait is to end the invocation: the next one has all of its time.
      await context.wait('a fresh invocation', { seconds: pauseAfter(part) });
      if (part.next === 'nothing') return { parts };
    }
  } catch (error) {
    return { parts, trouble: `the listing could not be kept: ${messageOf(error)}` };
  }
};

/** The answer of an execution, or why there is none; `isAgain` where another try may change that. */
type Conclusion = { readonly answer: AuditAnswer } | { readonly failure: string; readonly isAgain: boolean };

const concluded = (result: AuditResult, isAgain: boolean): Conclusion => {
  try {
    return { answer: auditAnswer(result) };
  } catch (error) {
    // Worth another try at once is a run that nobody heard of, which then notifies only.
    if (result.report.verdict === 'COMPLETE') throw error;
    return { failure: messageOf(error), isAgain };
  }
};

/** Keeps it from people that the archive took nothing, where it is tried again anyhow. */
const quietened = (channel: Channel): Channel => ({
  ...channel,
  prepare: (notification) =>
    notification.report.reason === 'archive-unavailable' ? undefined : channel.prepare(notification),
});

/**
 * Audits one environment in as many invocations as its listing takes. Whatever a step gives is in the engine's journal:
 * an invocation that dies is made again, from the last step that ended.
 * @throws where the run is not complete or nobody was notified
 */
export const auditInParts = async (
  event: unknown,
  context: DurableContext,
  auditor: PartwiseAuditor,
): Promise<AuditAnswer> => {
  const { clock, mostTries } = auditor;
  const beginning = await context.step('begin', async () => ({ startedAt: clock.now(), random: randomUUID() }));
  const request = {
    ...readAuditEvent(event, context.lambdaContext, auditor.config, beginning),
    deadline: beginning.startedAt + LONGEST_LISTING_MS,
  };
  const isSaved = auditor.config.environments.some(
    ({ id, source }) => id === request.environmentId && source !== undefined,
  );
  const { parts, trouble } = isSaved ? { parts: [] } : await listInParts(context, auditor, request);
  const lastTryAt = request.deadline + LONGEST_STORING_MS;

  const judge = async (tries: number): Promise<Conclusion> => {
    // A saved roster is read within the invocation, as what was listed is judged.
    const timely = { ...request, deadline: clock.now() + (auditor.partMs ?? PART_MS) };
    const settings = auditor.settingsOf(timely);
    const isTimeLeft = mostTries === undefined && clock.now() < lastTryAt;
    const isNotifying = tries === NOTIFYING_TRY || !isTimeLeft;
    const channels = isNotifying ? settings.channels : settings.channels.map(quietened);
    const asked = (await auditor.openRoster?.(timely)) ?? {
      request,
      listUsers: partsSource(settings.archive, parts, trouble),
    };
    const result = await audit(asked.request, { ...settings, channels, listUsers: asked.listUsers });
    const { reason, message = '' } = result.report;
    const isAgain = reason === 'archive-unavailable' && isTimeLeft;
    if (isAgain) auditor.onSetback(message, request);
    if (isNotifying || !isAgain) auditor.onResult(result, beginning.startedAt);
    return concluded(result, isAgain);
  };

  for (let tries = 1; ; tries += 1) {
    const name = tries === 1 ? 'judge and tell' : `judge and tell, try ${tries}`;
    const conclusion = await context.step(name, () => judge(tries), judgingRetries(mostTries));
    if ('answer' in conclusion) return conclusion.answer;
    if (!conclusion.isAgain) throw new Error(conclusion.failure);
    const seconds = Math.min(LONGEST_PAUSE_SECONDS, 30 * 2 ** tries);
    await context.wait('until the archive takes it', { seconds });
  }
};
