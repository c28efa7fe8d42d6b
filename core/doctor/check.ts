import { statusOf } from '../aws/errors.ts';
import { within } from '../model/clock.ts';
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
const TIMEOUT_MS = 30_000;

const MOST_CHARACTERS = 400;

const memberOf = (error: unknown, name: string): unknown => Object(error)[name];

/** Name and message of whatever was thrown, by a client of the AWS SDK or by the system, on one line. */
export const problemOf = (error: unknown): string => {
  const name = memberOf(error, 'name');
  const message = memberOf(error, 'message');
  // Where no address of a host answers, the error has no message of its own but a code.
  const text = message === undefined || message === '' ? memberOf(error, 'code') : message;
  return plainLine(`${String(name)}: ${String(text ?? error)}`, MOST_CHARACTERS);
};

export const isNamed = (error: unknown, ...names: readonly string[]): boolean =>
  names.some((name) => name === memberOf(error, 'name'));

export const isDenied = (error: unknown): boolean => statusOf(error) === 403;

const answerOf = async (check: Check, earlier: readonly CheckResult[]): Promise<Answer> => {
  const missing = earlier.find(
    ({ name, outcome }) => check.needs.includes(name) && outcome !== 'ok' && outcome !== 'warn',
  );
  if (missing !== undefined) {
    return notChecked(`${missing.name} ${missing.outcome === 'fail' ? 'failed' : 'was not checked'}`);
  }
  try {
    return await within(TIMEOUT_MS, check.look(), () =>
      fail(
        `no answer within ${TIMEOUT_MS / 1000} seconds`,
        'look for a network, proxy or endpoint that swallows requests',
      ),
    );
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
