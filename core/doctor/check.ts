import { plainLine } from '../text/plain-text.ts';

/** `not-checked` is said of whatever could not be looked at: it is never passed over, and never `ok`. */
export type Outcome = 'ok' | 'warn' | 'fail' | 'not-checked';

/** What a check came to, in words for people that name no user. */
export interface Answer {
  readonly outcome: Outcome;
  readonly told: string;
  /** What to do about it, in the imperative. */
  readonly remedy?: string;
}

export interface CheckResult extends Answer {
  readonly name: string;
}

/** One thing that an audit needs. */
export interface Check {
  readonly name: string;
  /** Names of earlier checks that must have been looked at and not have failed. */
  readonly needs: readonly string[];
  /** Looks and changes nothing. What it throws is a failure of the check. */
  look(): Promise<Answer>;
}

export const ok = (told: string): Answer => ({ outcome: 'ok', told });
export const warn = (told: string, remedy: string): Answer => ({ outcome: 'warn', told, remedy });
export const fail = (told: string, remedy: string): Answer => ({ outcome: 'fail', told, remedy });
export const notChecked = (told: string, remedy?: string): Answer => ({
  outcome: 'not-checked',
  told,
  ...(remedy !== undefined && { remedy }),
});

/** The most that one check may take; those of FinSpace end earlier by themselves. */
const PATIENCE_MS = 30_000;

const MOST_CHARACTERS = 400;

const memberOf = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;

/** Name and message of whatever was thrown, by a client of the AWS SDK or by the system, on one line. */
export const problemOf = (error: unknown): string => {
  const name = memberOf(error, 'name');
  const message = memberOf(error, 'message');
  // Where no address of a host answers, the error has no message of its own but a code.
  const text = message === undefined || message === '' ? memberOf(error, 'code') : message;
  return plainLine(`${String(name)}: ${String(text ?? error)}`, MOST_CHARACTERS);
};

/** The HTTP status that a service of AWS answered with; undefined where there was no answer. */
export const statusOf = (error: unknown): number | undefined => {
  const status = memberOf(memberOf(error, '$metadata'), 'httpStatusCode');
  return typeof status === 'number' ? status : undefined;
};

export const isNamed = (error: unknown, ...names: readonly string[]): boolean =>
  names.some((name) => name === memberOf(error, 'name'));

export const isDenied = (error: unknown): boolean => statusOf(error) === 403;

const within = async (looking: Promise<Answer>): Promise<Answer> => {
  const { promise: late, resolve } = Promise.withResolvers<Answer>();
  const answer = fail(
    `no answer within ${PATIENCE_MS / 1000} seconds`,
    'look for a network, proxy or endpoint that swallows requests',
  );
  const timer = setTimeout(() => resolve(answer), PATIENCE_MS);
  return Promise.race([looking, late]).finally(() => clearTimeout(timer));
};

const answerOf = async (check: Check, earlier: readonly CheckResult[]): Promise<Answer> => {
  const missing = earlier.find(
    ({ name, outcome }) => check.needs.includes(name) && outcome !== 'ok' && outcome !== 'warn',
  );
  if (missing !== undefined) {
    return notChecked(`${missing.name} ${missing.outcome === 'fail' ? 'failed' : 'was not checked'}`);
  }
  try {
    return await within(check.look());
  } catch (error) {
    return fail(problemOf(error), 'mend what the message names, and look again');
  }
};

/** Makes the checks one after the other; every one of them has its result. */
export const runChecks = async (checks: readonly Check[]): Promise<readonly CheckResult[]> => {
  const results: CheckResult[] = [];
  for (const check of checks) results.push({ name: check.name, ...(await answerOf(check, results)) });
  return results;
};
