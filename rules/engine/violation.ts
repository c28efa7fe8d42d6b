import { kindOf } from './condition.ts';
import { SEVERITIES, type Severity } from './severity.ts';

/** Observed values behind a finding, verbatim. They stay in the archive, so they may name people. */
export type Evidence = Readonly<Record<string, unknown>>;

/** The reason for which one subject fails one rule. */
export interface Violation {
  /** Reads after the subject and goes into alerts, so it names nobody: "last login 91 days ago; at most 90 allowed". */
  readonly message: string;
  /** The values that were observed, for whoever reads the archive. */
  readonly evidence: Evidence;
  /** Given where it differs from the rule's own; the higher one where it depends on something unknown. */
  readonly severity?: Severity;
}

const isSeverity = (value: unknown): value is Severity => SEVERITIES.some((severity) => severity === value);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object.prototype.toString.call(value) === '[object Object]';

const isUnwritable = (value: unknown): boolean =>
  typeof value === 'object'
    ? value instanceof Promise || value instanceof Map || value instanceof Set
    : typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint';

/** Names the first thing that JSON has no words for, and would leave out or make nothing of. What goes round, it refuses. */
const unwritableIn = (answer: object): string | undefined => {
  let first: string | undefined;
  const holders = new Set([answer]);
  for (const holder of holders) {
    for (const value of Object.values(holder)) {
      if (isUnwritable(value)) {
        // Of each, since there may be several promises.
        const kind = kindOf(value);
        first ??= kind;
      } else if (typeof value === 'object' && value !== null) holders.add(value);
    }
  }
  return first;
};

/** Reads the answer of a rule on a subject that fails, once; throws a TypeError for what is no violation. */
export const readViolation = (answer: unknown): Violation => {
  if (!isObject(answer)) throw new TypeError(`a violation must be an object, got ${kindOf(answer)}`);
  const unwritable = unwritableIn(answer);
  const { message, evidence, severity } = answer;
  if (typeof message !== 'string') throw new TypeError(`message of a violation must be a text, got ${kindOf(message)}`);
  if (!isObject(evidence) || typeof evidence.toJSON === 'function')
    throw new TypeError(`evidence of a violation must be an object, got ${kindOf(evidence)}`);
  if (unwritable !== undefined) throw new TypeError(`evidence of a violation must be JSON, got ${unwritable} in it`);
  if (severity === undefined) return { message, evidence };
  if (!isSeverity(severity)) {
    throw new TypeError(
      `severity of a violation must be one of ${SEVERITIES.join(', ')}, got ${JSON.stringify(severity)}`,
    );
  }
  return { message, evidence, severity };
};
