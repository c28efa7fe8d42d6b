import { describe, expect, test } from '@jest/globals';
import { configureRules } from '../../rules/engine/configure.ts';
import type { Context, Options } from '../../rules/engine/context.ts';
import { beginEvaluation, type OutcomeSink, type RuleFailure, type RuleOutcome } from '../../rules/engine/evaluate.ts';
import type { EnrichmentName } from '../../rules/engine/facts.ts';
import type { Evidence, Rule } from '../../rules/engine/rule.ts';
import type { Severity } from '../../rules/engine/severity.ts';
import { readUser } from '../../rules/engine/user.ts';
import { aContext, soundFacts, type UserRecord } from './builders.ts';

/** The run that change rules compare with. */
export const EARLIER_RUN = '20261123T020000Z';

/** Values of `status`, `type` and `apiAccess` that no rule can make anything of, each with its name. */
export const UNKNOWN: readonly (readonly [name: string, value: unknown])[] = [
  ['missing', undefined],
  ['null', null],
  ['empty', ''],
  ['not documented', 'enabled'],
  ['no text', 7],
];

export const unknownStatus = 'status is missing or not a documented value';
export const unknownType = 'type is missing or not a documented value';
export const unknownApiAccess = 'apiAccess is missing or not a documented value';

/** The listings that a case judges. */
interface Given {
  /** The listing, as the service gave it. */
  readonly users: readonly unknown[];
  /** The listing of the last complete run; there was none where it is left out. */
  readonly earlierUsers?: readonly unknown[];
  /** Given where they differ from the rule's defaults. */
  readonly options?: Options;
  readonly context?: Partial<Context>;
  /** The facts that are read beside the listing; all where it is left out. */
  readonly read?: ReadonlySet<EnrichmentName>;
}

interface Case extends Given {
  readonly name: string;
}

interface FailingCase extends Case {
  /** Every subject that fails, and no other; of each, what the case is about. */
  readonly violations: Readonly<
    Record<string, { readonly message?: string; readonly severity?: Severity; readonly evidence?: Evidence }>
  >;
}

interface UnassessedCase extends Case {
  /** Every subject that gets no answer, and no other, with the reason. */
  readonly reasons: Readonly<Record<string, string>>;
}

interface Cases {
  readonly passes?: readonly Case[];
  readonly fails?: readonly FailingCase[];
  readonly notAssessed?: readonly UnassessedCase[];
}

interface Judged {
  readonly failures: ReadonlyMap<string, RuleFailure>;
  readonly reasons: Readonly<Record<string, string>>;
  readonly outcomes: readonly RuleOutcome[];
}

/** Judges listings as a run does: the same evaluation, fed the same way. */
export const judgeInto = (
  sink: OutcomeSink,
  rules: readonly Rule[],
  { users, earlierUsers, options, context, read = new Set(['iamRoles', 'permissionGroups'] as const) }: Given,
): readonly RuleOutcome[] => {
  const settings = Object.fromEntries(rules.map(({ id }) => [id, options ?? {}]));
  const configured = configureRules(rules, settings, read);
  // Sound facts are there for whoever needs some: the others are to be judged as where nobody reads any.
  const facts = rules.some(({ needs }) => needs !== undefined) ? soundFacts() : {};
  const given = aContext({ ...facts, ...context });
  const evaluation = beginEvaluation(configured, given, earlierUsers && EARLIER_RUN, sink);
  const before = new Map(
    (earlierUsers ?? []).map((record, position) => readUser(record, position)).map((user) => [user.id, user]),
  );
  const seen = users.map((record, position) => readUser(record, position));
  for (const user of seen) {
    evaluation.see(user, before.get(user.id));
    before.delete(user.id);
  }
  for (const user of before.values()) evaluation.vanished(user);
  return evaluation.conclude((position) => seen[position]?.id ?? 'nobody', true);
};

/** Judges listings by rules of which each subject fails one at most. */
export const judge = (rules: readonly Rule[], given: Given): Judged => {
  const failures = new Map<string, RuleFailure>();
  const reasons = new Map<string, string>();
  const sink: OutcomeSink = {
    fail(failure) {
      const { id } = failure.subject;
      if (failures.has(id)) throw new Error(`subject ${id} fails ${failure.rule.id} twice`);
      failures.set(id, failure);
    },
    notAssessed(_rule, { id }, reason) {
      reasons.set(id, reason);
    },
  };
  const outcomes = judgeInto(sink, rules, given);
  // A map until here: a subject may be called __proto__.
  return { outcomes, failures, reasons: Object.fromEntries(reasons) };
};

const isRecord = (value: unknown): value is UserRecord => typeof value === 'object' && value !== null;

/** The texts that no message may hold: names, and e-mail addresses and their parts. */
const personalTexts = (users: readonly unknown[]): readonly string[] =>
  users
    .filter(isRecord)
    .flatMap(({ firstName, lastName, emailAddress }) => [
      firstName,
      lastName,
      emailAddress,
      ...String(emailAddress).split('@'),
    ])
    .filter((text): text is string => typeof text === 'string' && text.trim().length > 3 && text !== 'undefined');

/** A message reads after its subject, in a mail: lower case, no full stop, and nobody named. */
export const expectMailable = (message: string, users: readonly unknown[]): void => {
  expect(message).toMatch(/^(?:[a-z0-9]|API )(?:.*[^.\s])$/);
  const told = message.toLowerCase();
  expect(personalTexts(users).filter((text) => told.includes(text.toLowerCase()))).toStrictEqual([]);
};

/** A case whose options the config would refuse proves nothing. */
const judgeCase = (rule: Rule, given: Given): Judged => {
  const options = { ...rule.options, ...given.options };
  expect(rule.optionsError?.(options)).toBeUndefined();
  return judge([rule], given);
};

/**
 * Tests one rule by listings. A passing case has no subject that fails and none that gets no answer; a failing one
 * names all that fail.
 */
export const testRule = (rule: Rule, { passes = [], fails = [], notAssessed = [] }: Cases): void => {
  describe(`rule ${rule.id}`, () => {
    for (const { name, ...given } of passes) {
      test(`passes: ${name}`, () => {
        const { failures, reasons, outcomes } = judgeCase(rule, given);
        // Strictly: what is undefined equals what is not there otherwise.
        expect(Object.fromEntries(failures)).toStrictEqual({});
        expect(reasons).toStrictEqual({});
        expect(outcomes).toMatchObject([{ state: 'ran', failed: 0, notAssessed: 0 }]);
      });
    }

    for (const { name, violations, ...given } of fails) {
      test(`fails: ${name}`, () => {
        const { failures, reasons, outcomes } = judgeCase(rule, given);
        expect([...failures.keys()].toSorted()).toStrictEqual(Object.keys(violations).toSorted());
        for (const [id, { severity, violation }] of failures) {
          expect({ ...violation, severity }).toMatchObject(violations[id] ?? {});
          expect(violation.severity).not.toBe(rule.severity);
          expectMailable(violation.message, [...given.users, ...(given.earlierUsers ?? [])]);
        }
        expect(reasons).toStrictEqual({});
        expect(outcomes).toMatchObject([{ state: 'ran', failed: failures.size }]);
      });
    }

    for (const { name, reasons: expected, ...given } of notAssessed) {
      test(`not assessed: ${name}`, () => {
        const { failures, reasons } = judgeCase(rule, given);
        expect(reasons).toStrictEqual(expected);
        expect([...failures.keys()]).toStrictEqual([]);
      });
    }
  });
};
