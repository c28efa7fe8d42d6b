import { randomUUID } from 'node:crypto';
import { type DurableContext, StepSemantics } from '@aws/durable-execution-sdk-js';
import { readHead } from '../core/archive/head.ts';
import { audit } from '../core/audit/audit.ts';
import type { AuditRequest } from '../core/audit/request.ts';
import type { AuditResult } from '../core/audit/result.ts';
import type { AuditSettings } from '../core/audit/settings.ts';
import type { Config } from '../core/config/config.ts';
import type { Clock } from '../core/model/clock.ts';
import { runName } from '../core/model/run-name.ts';
import { type ListingPart, listPart, partsSource } from '../core/sources/parts/listing-parts.ts';
import type { ResumableSource } from '../core/sources/source.ts';
import { messageOf } from '../core/text/error-message.ts';
import { HOUR_MS, MINUTE_MS } from '../rules/engine/time.ts';
import { type AuditAnswer, auditAnswer, readAuditEvent } from './invocation.ts';

/** The auditor of a function whose executions take as many invocations as they need. */
export interface PartwiseAuditor {
  readonly config: Config;
  settingsOf(request: AuditRequest): Omit<AuditSettings, 'listUsers'>;
  sourceOf(request: AuditRequest): ResumableSource;
  /** Called once an audit; its execution began at `startedAt`, in milliseconds since the epoch. */
  onResult(result: AuditResult, startedAt: number): void;
  readonly clock: Clock;
  /** The time that one invocation lists, in milliseconds; ten minutes where undefined. */
  readonly partMs?: number;
  /** The most tries at a step that the archive fails, or whose invocation dies. */
  readonly mostTries?: number;
}

/** Two thirds of an invocation: a page that needs its retries still fits, and the alarm of a near time-out stays quiet. */
const PART_MS = 10 * MINUTE_MS;

/** The longest listing, all of its invocations together: by then the next night is nearer than the last. */
export const LONGEST_LISTING_MS = 12 * HOUR_MS;

/** Each try is in the journal before it begins, so that one whose invocation dies counts, and no step dies for ever. */
const retrying = (most: number, pauseSeconds: (tries: number) => number) => ({
  semantics: StepSemantics.AtMostOncePerRetry,
  retryStrategy: (_error: unknown, tries: number) => ({
    shouldRetry: tries < most,
    delay: { seconds: pauseSeconds(tries) },
  }),
});

/** Tries again, over about a minute, what the archive or the code itself failed: what the service does is no error. */
const listingRetries = (mostTries = 6) => retrying(mostTries, (tries) => 2 ** tries);

/** Tries as Lambda does a plain function, and no more often: people are mailed of each try that the archive fails. */
const judgingRetries = (mostTries = 3) => retrying(mostTries, (tries) => tries * 60);

/** Foresees whether the audit comes to a listing: it does not where its run is there, or a later one is. */
const isDue = async (
  { archive }: Pick<AuditSettings, 'archive'>,
  { environmentId, asOf }: AuditRequest,
): Promise<boolean> => {
  const { last } = await readHead(archive, environmentId);
  return last === undefined || last.manifest.run < runName(asOf);
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
  const { archive } = auditor.settingsOf(request);
  const listUsers = auditor.sourceOf(request);
  const settings = { archive, listUsers, deadline: request.deadline, partMs, clock };
  const parts: ListingPart[] = [];
  try {
    if (!(await context.step('is it due', () => isDue({ archive }, request), listingRetries(mostTries))))
      return { parts };
    for (;;) {
      const previous = parts.at(-1);
      const part = await context.step(
        `list part ${parts.length + 1}`,
        () => listPart(settings, request, previous),
        listingRetries(mostTries),
      );
      parts.push(part);
      // To wait is to end the invocation: the next one has all of its time.
      await context.wait('a fresh invocation', { seconds: 1 });
      if (part.next === 'nothing') return { parts };
    }
  } catch (error) {
    return { parts, trouble: `the listing could not be kept: ${messageOf(error)}` };
  }
};

/** The answer of an execution, or why there is none that another try would change. */
type Conclusion = { readonly answer: AuditAnswer } | { readonly failure: string };

const concluded = (result: AuditResult): Conclusion => {
  try {
    return { answer: auditAnswer(result) };
  } catch (error) {
    const { verdict, reason } = result.report;
    // Worth another try is a run that nobody heard of, which then notifies only, and one that was not archived.
    if (verdict === 'COMPLETE' || reason === 'archive-unavailable') throw error;
    return { failure: messageOf(error) };
  }
};

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
  const { parts, trouble } = await listInParts(context, auditor, request);
  const conclusion = await context.step(
    'judge and tell',
    async (): Promise<Conclusion> => {
      const settings = auditor.settingsOf(request);
      const listUsers = partsSource(settings.archive, parts, trouble);
      const result = await audit(request, { ...settings, listUsers });
      auditor.onResult(result, beginning.startedAt);
      return concluded(result);
    },
    judgingRetries(mostTries),
  );
  if ('failure' in conclusion) throw new Error(conclusion.failure);
  return conclusion.answer;
};
