import * as z from 'zod/mini';
import { FINDING_STATES } from '../../rules/engine/finding.ts';
import { SEVERITIES } from '../../rules/engine/severity.ts';
import { AFTERWARDS } from '../model/retention.ts';
import { isCount } from '../model/trend.ts';
import type { LatestPointer } from './chain.ts';
import { isRecord } from './lines.ts';

const count = z.int().check(z.gte(0));
const text = z.string();

const isOneOf = (values: readonly string[], value: unknown): boolean => values.some((one) => one === value);

const isObject = (value: unknown): boolean =>
  isRecord(value) && typeof value.key === 'string' && typeof value.sha256 === 'string' && isCount(value.size);

/** A record of things that are all so. By hand: a manifest has dozens of them, and a history thousands of manifests. */
const recordOf = (isSo: (value: unknown) => boolean) =>
  z.custom((value) => isRecord(value) && Object.values(value).every(isSo));

const listOf = (isSo: (value: unknown) => boolean) => z.custom((value) => Array.isArray(value) && value.every(isSo));

const link = z.object({ run: text, key: text, sha256: text });
const signature = z.object({ scheme: z.optional(count), keyId: text, algorithm: text, value: text });

const acceptedHistory = z.object({ sha256: text, reason: text, problem: text });

const verdict = z.enum(['COMPLETE', 'INCOMPLETE', 'FAILED']);

const RULE_STATES = ['on', 'off', 'not-configured'];

const isRule = (value: unknown): boolean =>
  isRecord(value) &&
  isOneOf(RULE_STATES, value.state) &&
  (value.severity === undefined || isOneOf(SEVERITIES, value.severity)) &&
  isRecord(value.options);

const isJudgedRule = (value: unknown): boolean =>
  isRecord(value) && typeof value.id === 'string' && typeof value.state === 'string';

/** Every manifest has had this since the first version; what later versions add, others have not. */
const manifest = z.object({
  run: text,
  environmentId: text,
  accountId: text,
  region: text,
  asOf: text,
  verdict,
  reason: z.optional(text),
  counts: z.object({
    users: count,
    pages: count,
    duplicates: count,
    requests: count,
    throttled: count,
    retries: count,
  }),
  objects: recordOf(isObject),
  hashes: z.object({ ruleset: text, config: text, waivers: text }),
  rules: recordOf(isRule),
  trustedAccounts: z.array(text),
  retention: z.optional(z.object({ years: z.number().check(z.positive()), afterRetention: z.enum(AFTERWARDS) })),
  codeVersion: z.optional(text),
  code: z.optional(z.object({ version: text, sha256: text })),
  listing: z.optional(z.object({ startedAt: z.iso.datetime(), endedAt: z.iso.datetime() })),
  late: z.optional(z.literal(true)),
  source: z.optional(
    z.object({
      kind: text,
      endpoint: z.optional(text),
      file: z.optional(text),
      readAt: z.optional(z.iso.datetime()),
      attestedBy: z.optional(z.object({ name: text, statement: text, at: text })),
    }),
  ),
  sequence: z.optional(count),
  previous: z.optional(link),
  acceptedHistory: z.optional(acceptedHistory),
  unfinished: z.optional(listOf(isObject)),
  signature: z.optional(signature),
});

const completeRun = z.extend(manifest, { verdict: z.literal('COMPLETE') });

/** An entry of the chain that is no run. */
const milestone = z.object({
  kind: z.enum(['closing', 'reopened']),
  run: text,
  environmentId: text,
  asOf: text,
  sequence: count,
  reason: text,
  previous: link,
  runs: z.optional(count),
  head: z.optional(text),
  retentionUntil: z.optional(text),
  signature: z.optional(signature),
});

const report = z.object({
  run: text,
  verdict,
  reason: z.optional(text),
  message: z.optional(text),
  counts: z.object({ users: count }),
  rules: listOf(isJudgedRule),
  findings: z.object({ bySeverity: z.record(z.enum(SEVERITIES), count), byState: z.record(text, count) }),
  waiverTroubles: z.optional(z.array(z.object({ kind: text, rule: text, user: text }))),
  previousRun: z.optional(text),
  acceptedHistory: z.optional(acceptedHistory),
});

const digest = z.object({
  subject: text,
  body: text,
  attributes: z.object({ environment: text, verdict: text, maxSeverity: text }),
});

/** The words of rules; what judges by them is written anew from the text of each. */
const ruleset = z.array(z.object({ rule: z.object({ id: text, title: text, remediation: text }) }));

const pointer = z.object({ run: text, manifest: text, sha256: text, sequence: z.optional(count) });

const faultBy =
  (shape: z.ZodMiniType) =>
  (value: unknown): string | undefined => {
    const { error } = shape.safeParse(value);
    if (error === undefined) return undefined;
    const [issue] = error.issues;
    return `${issue?.path.join('.') || 'all of it'} is not what it has there`;
  };

/** Says what keeps a value from being a manifest; undefined where it is one. Anybody may have written it. */
export const manifestFault = faultBy(manifest);

/** Says what keeps an object from being an entry of the chain; undefined where it is one. */
export const entryFault = (value: object): string | undefined =>
  faultBy('kind' in value ? milestone : completeRun)(value);

/** Says what keeps a value from being a `report.json`; undefined where it is one. */
export const reportFault = faultBy(report);

/** Says what keeps a value from being a run's object of this name; undefined where it is one. */
export const objectFault = (name: string, value: unknown): string | undefined => {
  if (name === 'report') return reportFault(value);
  if (name === 'ruleset') return faultBy(ruleset)(value);
  return name === 'digest' ? faultBy(digest)(value) : undefined;
};

/** Tells whether a line is a finding, as far as whoever reads it counts on. By hand: there may be a million. */
export const isFinding = (line: unknown): boolean =>
  isRecord(line) &&
  [line.id, line.ruleId, line.message, line.firstSeen].every((member) => typeof member === 'string') &&
  typeof line.runs === 'number' &&
  isOneOf(SEVERITIES, line.severity) &&
  isOneOf(FINDING_STATES, line.state) &&
  isRecord(line.subject) &&
  typeof line.subject.kind === 'string' &&
  typeof line.subject.id === 'string';

/** Tells whether a value is a pointer to a run. */
export const isPointer = (value: unknown): value is LatestPointer => pointer.safeParse(value).success;
