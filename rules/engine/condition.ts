import type { Context, Options } from './context.ts';

/** True, false, or undefined where it can't be told. */
export type Truth = boolean | undefined;

/** A statement about a subject that a rule makes once: rules judge by it, and `explain` shows it. */
export interface Condition<S, O = Options> {
  /** In plain words, with its limit: "lastLoginTime is older than 90 days". It names nobody. */
  readonly text: (options: O, context: Context) => string;
  /** Answers whether it holds of a subject. */
  readonly holds: (subject: S, options: O, context: Context) => Truth;
  /** Names the member for lack of which it can't be told; left out where it always can be. */
  readonly unknown?: (subject: S, options: O, context: Context) => string;
  /** The conditions of which one is enough. */
  readonly alternatives?: readonly Condition<S, O>[];
  /** The condition that it comes down to for one subject, where its limit depends on the subject and can be told. */
  readonly applied?: (subject: S, options: O, context: Context) => Condition<S, O> | undefined;
}

// The functions below look up the tests of their conditions beforehand: to do so for every user, in objects of several
// shapes, takes as long as the tests.

/** Names what an answer of a rule is, where it is none that is asked for. */
export const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (!(value instanceof Promise)) return typeof value;
  // Nobody waits for it, and if it is rejected that must not end the process.
  value.catch(() => {});
  return 'a promise';
};

/** Refuses an answer that is none: a promise would be taken for whatever suits whoever asks. */
export const refuseAnswer = (answer: unknown): never => {
  throw new TypeError(`a condition must answer true, false or undefined, got ${kindOf(answer)}`);
};

/** Gives a reason for which something can't be told, where it is a text: others read it in mails. */
export const checkReason = (reason: string): string => {
  if (typeof reason !== 'string') throw new TypeError(`a reason must be a text, got ${kindOf(reason)}`);
  return reason;
};

/** Gives a condition's answer, where it is one. */
export const truthOf = (answer: Truth): Truth =>
  answer === true || answer === false || answer === undefined ? answer : refuseAnswer(answer);

/** Joins conditions to one test: true where all hold, false where one does not, else undefined. */
export const allOf = <S, O>(conditions: readonly Condition<S, O>[]): Condition<S, O>['holds'] => {
  const tests = conditions.map(({ holds }) => holds);
  return (subject, options, context) => {
    let all: Truth = true;
    for (const test of tests) {
      const truth = test(subject, options, context);
      if (truth === true) continue;
      if (truth === false) return false;
      if (truth !== undefined) refuseAnswer(truth);
      all = undefined;
    }
    return all;
  };
};

/** Names the reason for which it can't be told whether a condition holds. */
export const reasonOf = <S, O>(condition: Condition<S, O>, subject: S, options: O, context: Context): string =>
  checkReason(
    condition.unknown?.(subject, options, context) ?? `it can't be told whether ${condition.text(options, context)}`,
  );

/** Names the reason for which it can't be told whether all conditions hold: that of the first such condition. */
export const firstReason = <S, O>(
  conditions: readonly Condition<S, O>[],
  subject: S,
  options: O,
  context: Context,
): string => {
  const unknown = conditions.find(({ holds }) => holds(subject, options, context) === undefined);
  return unknown === undefined ? '' : reasonOf(unknown, subject, options, context);
};

/** Holds where the condition does not. */
export const not = <S, O>(text: string, condition: Condition<S, O>): Condition<S, O> => {
  const { holds: test } = condition;
  return {
    text: () => text,
    holds(subject, options, context) {
      const truth = truthOf(test(subject, options, context));
      return truth === undefined ? undefined : !truth;
    },
    unknown: (subject, options, context) => reasonOf(condition, subject, options, context),
  };
};

/** Holds where one of the alternatives does. */
export const anyOf = <S, O>(text: string, alternatives: readonly Condition<S, O>[]): Condition<S, O> => {
  const tests = alternatives.map(({ holds }) => holds);
  return {
    text: () => text,
    holds(subject, options, context) {
      let any: Truth = false;
      for (const test of tests) {
        const truth = test(subject, options, context);
        if (truth === false) continue;
        if (truth === true) return true;
        if (truth !== undefined) refuseAnswer(truth);
        any = undefined;
      }
      return any;
    },
    unknown: (subject, options, context) => firstReason(alternatives, subject, options, context),
    alternatives,
  };
};

/**
 * Comes down to `yes` where a condition holds and to `no` where it does not: for limits that depend on the subject.
 * Where that can't be told both are asked, and it holds, or does not, where they agree.
 */
export const byWhether = <S, Y, N>(
  condition: Condition<S, Y & N>,
  yes: Condition<S, Y>,
  no: Condition<S, N>,
): Condition<S, Y & N> => {
  const [test, testYes, testNo] = [condition.holds, yes.holds, no.holds];
  return {
    text: (options, context) =>
      `${no.text(options, context)} (where ${condition.text(options, context)}: ${yes.text(options, context)})`,
    holds(subject, options, context) {
      const truth = truthOf(test(subject, options, context));
      if (truth !== undefined) return (truth ? testYes : testNo)(subject, options, context);
      const agreed = truthOf(testYes(subject, options, context));
      return agreed === truthOf(testNo(subject, options, context)) ? agreed : undefined;
    },
    unknown: (subject, options, context) => firstReason([yes, no, condition], subject, options, context),
    applied(subject, options, context) {
      const truth = test(subject, options, context);
      if (truth === undefined) return undefined;
      return truth ? yes : no;
    },
  };
};
