import { randomUUID } from 'node:crypto';
import { type DurableContext, StepSemantics } from '@aws/durable-execution-sdk-js';
import { runKeys } from '../core/archive/keys.ts';
import { lastCompleteRun } from '../core/archive/manifest.ts';
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
import { type Answer, answerOf, readInvocation } from './invocation.ts';

export interface PartwiseAuditor {
  readonly config: Config;
  settingsOf(request: AuditRequest): Omit<AuditSettings, 'listUsers'>;
  listUsersOf(request: AuditRequest): ResumableSource;
  /** Told once of each audit; `startedAt` is when its execution began, in milliseconds since the epoch. */
  onResult(result: AuditResult, startedAt: number): void;
  readonly clock: Clock;
  /** How long one invocation lists, in milliseconds. */
  readonly partMs?: number;
  /** How often a step is tried that the archive fails, or whose invocation dies. */
  readonly mostTries?: number;
}

const MINUTE_MS = 60_000;

/** Two thirds of an invocation: a page that needs its retries still fits, and the alarm of a near time-out stays quiet. */
const PART_MS = 10 * MINUTE_MS;

/** How long a listing may take, all of its invocations together: by then the next night is nearer than the last. */
export const LONGEST_LISTING_MS = 12 * 60 * MINUTE_MS;

/** Each try is in the journal before it begins, so that one whose invocation dies counts, and no step dies for ever. */
const trying = (most: number, pauseSeconds: (tries: number) => number) => ({
  semantics: StepSemantics.AtMostOncePerRetry,
  retryStrategy: (_error: unknown, tries: number) => ({
    shouldRetry: tries < most,
    delay: { seconds: pauseSeconds(tries) },
  }),
});

/** What failed by the archive or by ourselves is tried again over about a minute; what the service does is no error. */
const toList = (mostTries = 6) => trying(mostTries, (tries) => 2 ** tries);

/** As Lambda tries a plain function, and no more often: people are told of each try that the archive fails. */
const toJudge = (mostTries = 3) => trying(mostTries, (tries) => tries * 60);

/** Whether the audit will come to a listing at all: not where its run is there, or a later one is. */
const isDue = async (
  { archive }: Pick<AuditSettings, 'archive'>,
  { environmentId, asOf }: AuditRequest,
): Promise<boolean> => {
  if (await archive.has(runKeys(environmentId, asOf).manifest)) return false;
  const last = await lastCompleteRun(archive, environmentId);
  return last === undefined || last.manifest.run < runName(asOf);
};

/** What the listing left, and why it left no more where the archive is to blame. */
interface Listed {
  readonly parts: readonly ListingPart[];
  readonly trouble?: string;
}

/** Lists part by part, each in an invocation of its own. */
const listInParts = async (
  context: DurableContext,
  auditor: PartwiseAuditor,
  request: AuditRequest,
): Promise<Listed> => {
  const { clock, partMs = PART_MS, mostTries } = auditor;
  const { archive } = auditor.settingsOf(request);
  const listUsers = auditor.listUsersOf(request);
  const settings = { archive, listUsers, deadline: request.deadline, partMs, clock };
  const parts: ListingPart[] = [];
  try {
    if (!(await context.step('is it due', () => isDue({ archive }, request), toList(mostTries))))
      return { parts };
    for (;;) {
      const previous = parts.at(-1);
      const part = await context.step(
        `list part ${parts.length + 1}`,
        () => listPart(settings, request, previous),
        toList(mostTries),
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

/** What became of the audit: an answer, or why there is none that another try would change. */
type Outcome = { readonly answer: Answer } | { readonly failure: string };

const outcomeOf = (result: AuditResult): Outcome => {
  try {
    return { answer: answerOf(result) };
  } catch (error) {
    const { verdict, reason } = result.report;
    // What was not told, or not archived, is worth another try: it tells and does nothing else, or judges the parts anew.
    if (verdict === 'COMPLETE' || reason === 'archive-unavailable') throw error;
    return { failure: messageOf(error) };
  }
};

/**
 * Audits one environment in as many invocations as its listing takes. Whatever a step gives is in the engine's journal:
 * an invocation that dies is made again, from the last step that ended.
 * @throws where the run is not complete or nobody was told
 */
export const auditInParts = async (
  event: unknown,
  context: DurableContext,
  auditor: PartwiseAuditor,
): Promise<Answer> => {
  const { clock, mostTries } = auditor;
  const { startedAt, random } = await context.step('begin', async () => ({
    startedAt: clock.now(),
    random: randomUUID(),
  }));
  const request = {
    ...readInvocation(event, context.lambdaContext, auditor.config, startedAt, random),
    deadline: startedAt + LONGEST_LISTING_MS,
  };
  const { parts, trouble } = await listInParts(context, auditor, request);
  const outcome = await context.step(
    'judge and tell',
    async (): Promise<Outcome> => {
      const settings = auditor.settingsOf(request);
      const listUsers = partsSource(settings.archive, parts, trouble);
      const result = await audit(request, { ...settings, listUsers });
      auditor.onResult(result, startedAt);
      return outcomeOf(result);
    },
    toJudge(mostTries),
  );
  if ('failure' in outcome) throw new Error(outcome.failure);
  return outcome.answer;
};
