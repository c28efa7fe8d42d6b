import { statusOf } from '../aws/errors.ts';
import { within } from '../model/clock.ts';
import { plainLine } from '../text/plain-text.ts';

/** `not-checked` stands for whatever could not be checked: it is never passed over, and never `ok`. */
export type CheckOutcome = 'ok' | 'warn' | 'fail' | 'not-checked';

/** The answer of a check, in words for people that name no user. */
export interface CheckAnswer {
  readonly outcome: CheckOutcome;
  /** The message, by the name that it has in the JSON of a diagnosis. */
  readonly told: string;
  /** An action, in the imperative. */
  readonly remedy?: string;
}

export interface CheckResult extends CheckAnswer {
  readonly name: string;
}

/** One thing that an audit needs. */
export interface Check {
  readonly name: string;
  /** Names of earlier checks, without whose `ok` or `warn` this one is not made. */
  readonly needs: readonly string[];
  /** Changes nothing. An error that it throws is a failure of the check. */
  check(): Promise<CheckAnswer>;
}

const answering =
  (outcome: CheckOutcome) =>
  (message: string, remedy?: string): CheckAnswer => ({
    outcome,
    told: message,
    ...(remedy !== undefined && { remedy }),
  });

type NeedsRemedy = (message: string, remedy: string) => CheckAnswer;

export const ok: (message: string) => CheckAnswer = answering('ok');
export const warn: NeedsRemedy = answering('warn');
export const fail: NeedsRemedy = answering('fail');
export const notChecked = answering('not-checked');

/** The most that one check may take; those of FinSpace end earlier by themselves. */
const TIMEOUT_MS = 30_000;

const MOST_CHARACTERS = 400;

/** Gives name and message of an error, of the AWS SDK or of the system, on one line. */
export const errorText = (error: unknown): string => {
  const { name, message, code }: Readonly<Record<string, unknown>> = Object(error);
  // Where no address of a host answers, the error has no message of its own but a code.
  const text = message === undefined || message === '' ? code : message;
  return plainLine(`${String(name)}: ${String(text ?? error)}`, MOST_CHARACTERS);
};

export const isNamed = (error: unknown, ...names: readonly string[]): boolean => names.includes(Object(error).name);

export const isDenied = (error: unknown): boolean => statusOf(error) === 403 || isNamed(error, 'AccessDeniedException');

const answerTo = async ({ needs, check }: Check, results: readonly CheckResult[]): Promise<CheckAnswer> => {
  const missing = results.find(({ name, outcome }) => needs.includes(name) && outcome !== 'ok' && outcome !== 'warn');
  if (missing !== undefined) {
    return notChecked(`${missing.name} ${missing.outcome === 'fail' ? 'failed' : 'was not checked'}`);
  }
  try {
    return await within(TIMEOUT_MS, check(), () =>
      fail(
        `no answer within ${TIMEOUT_MS / 1000} seconds`,
        'look for a network, proxy or endpoint that swallows requests',
      ),
    );
  } catch (error) {
    return fail(errorText(error), 'mend what the message names, and look again');
  }
};

/** Makes the checks one after the other; every one of them has its result. */
export const runChecks = async (checks: readonly Check[]): Promise<readonly CheckResult[]> => {
  const results: CheckResult[] = [];
  for (const check of checks) results.push({ name: check.name, ...(await answerTo(check, results)) });
  return results;
};
