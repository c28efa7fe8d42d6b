import { type Condition, firstReason, refuseAnswer, type Truth } from './condition.ts';
import type { Context, Options } from './context.ts';
import type { EnrichmentName, RoleFacts } from './facts.ts';
import type { Severity } from './severity.ts';
import type { User, UserFacts } from './user.ts';
import { type Evidence, readViolation, type Violation } from './violation.ts';

export type { Evidence, Violation } from './violation.ts';

/** The user, principal or environment that a finding is about. */
export interface Subject {
  readonly kind: 'user' | 'principal' | 'environment';
  /** A user id, an ARN, or the environment's id. */
  readonly id: string;
}

/** A rule's answer where the data that it needs is missing or unusable. It is never counted as a pass. */
export interface NotAssessed {
  /** The reason, with the member that is missing or unusable. */
  readonly notAssessed: string;
}

/** The outcome of a rule on one subject; `undefined` is a pass. */
export type Outcome = Violation | NotAssessed | undefined;

/** The texts that every rule carries, whatever it judges. */
export interface RuleText {
  /** Kebab-case, equal to the file's name, never reused: waivers and reports refer to it. */
  readonly id: string;
  /** The requirement, stated as it should be: "Users have logged in recently". */
  readonly title: string;
  /** The fault as a heading over those who have it; left out where the words of the id say it. */
  readonly fault?: string;
  /** The exact condition of a failure in prose, for people who read the catalogue. */
  readonly failsWhen: string;
  /** The weight of a failure; `audit.yaml` may set another, and a violation its own. */
  readonly severity: Severity;
  /** Tells when the severity differs from `severity`, for the catalogue page. */
  readonly severityNote?: string;
  /** The reason for which the requirement exists: the risk of ignoring it. */
  readonly rationale: string;
  /** The advice to the owner of a finding, in the imperative. */
  readonly remediation: string;
  /** The controls that this rule gives evidence for, such as `NIST-800-53-r5:AC-2(3)`. */
  readonly controls: readonly string[];
  /** The facts beside the listing without which it can't judge: it is off, and said to be off, where they are not read. */
  readonly needs?: EnrichmentName;
  /** The file of a rule that an operator wrote, as it stands: a part of what a run is judged by. */
  readonly text?: string;
  /** Its messages name people, as the config lets them: nothing masks what is read as an address. */
  readonly names?: true;
}

interface Configurable<O extends Options> extends RuleText {
  /** The defaults of its limits, which give them their types; `audit.yaml` sets others. */
  readonly options: O;
  /** False where the rule can't judge without a setting; it is then listed as not configured. */
  isConfigured?(options: O): boolean;
  /** The fault of options beyond their types, as `maxDays must be ..., got ...`. */
  optionsError?(options: O): string | undefined;
}

/** A rule that has a list of conditions on each subject by itself. */
interface SubjectRule<S, O extends Options> extends Configurable<O> {
  /** The rule fails a subject of which all of this holds, and passes one of which something does not. */
  readonly when: readonly Condition<S, NoInfer<O>>[];
  /** Tells why a subject fails, of which all of it holds. */
  violation(subject: S, options: O, context: Context): Violation;
}

interface UserRuleDefinition<O extends Options> extends SubjectRule<User, O> {
  /**
   * States when a user passes for want of what it failed by, which nobody can have undone: a finding that stands is then
   * carried. None of it is false of such a user.
   */
  readonly cannotEnd?: { readonly when: readonly Condition<User>[]; readonly reason: string };
}

/** Judges each user as it streams by. */
export interface UserRule<O extends Options = Options> extends UserRuleDefinition<O> {
  /** Set by `defineUserRule`. */
  readonly kind: 'user';
}

/** A user in the last complete run and in this one; undefined in a run that did not list it. */
export interface UserChange {
  /** As the last complete run knew it. */
  readonly before: UserFacts | undefined;
  /** As it is now. */
  readonly after: UserFacts | undefined;
}

interface ChangeRuleDefinition<O extends Options> extends SubjectRule<UserChange, O> {
  /** It is asked about users that are known to be as they were too, since it goes by more than what is kept of them. */
  readonly judgesUnchanged?: true;
}

/**
 * Judges what became of a user since the last complete run; its findings are events. It is not asked about users that
 * are known to be as they were, unless it says so.
 */
export interface ChangeRule<O extends Options = Options> extends ChangeRuleDefinition<O> {
  /** Set by `defineChangeRule`. */
  readonly kind: 'change';
}

/** The number of users that count, and that of those out of whom they count. */
export interface GroupFacts {
  /** The number of users that count. */
  readonly count: number;
  /** The number of those out of whom they count. */
  readonly outOf: number;
  /** The text of its key; undefined where it has none, or where that can't be told. */
  readonly key?: string | undefined;
}

/** The two ends of what a group may be like: all that is unknown decided against its count, and for it. */
export interface Bounds {
  readonly low: GroupFacts;
  readonly high: GroupFacts;
  /** Names the members for lack of which the ends differ. */
  doubt(): string;
}

/** The condition on a group, as a group with such facts meets it. */
export interface Limit {
  /** In plain words, with its limit and the facts. It names nobody. */
  readonly text: string;
  /** Whether the rule fails the group. */
  readonly holds: boolean;
}

/** Users that a directory rule counts together, where they break its limit. */
export interface UserGroup extends GroupFacts {
  /** The name of the key that they share; empty where all who count are one group. */
  readonly sharing: string;
  /** The text of that key. */
  readonly key: string;
  /** As evidence: the lowest ids by code unit, and the number of all. */
  readonly users: { readonly userCount: number; readonly userIds: readonly string[] };
}

/** Something that users may have in common. */
export interface Key {
  /** States, in plain words, that a user has it. */
  readonly text: string;
  /** Gives it as a text; undefined where the user has none. */
  of(user: User, options: Options, context: Context): string | undefined;
  /**
   * Names what is missing of a user without one, who may then be in any group; and whoever shares a key with nobody is a
   * group as well. Left out, such a user is in none, and groups are of two or more.
   */
  readonly unknown?: (user: User, options: Options, context: Context) => string;
  /**
   * The members that it is made of, where it is unknown for want of one: a finding that ends for that is carried. Left
   * out where to have none is a value like others.
   */
  readonly unknownWithout?: readonly (keyof User)[];
}

interface Counting<O extends Options> extends Configurable<O> {
  /** Counts the users of whom all of this holds. Left out where the rule is not about users. */
  readonly counts?: readonly Condition<User, NoInfer<O>>[];
  /** Counts them out of the users of whom all of this holds; left out, out of all that are listed. */
  readonly outOf?: readonly Condition<User, NoInfer<O>>[];
  /**
   * States the condition on a group; the rule fails where it holds. With one more user that counts, or one fewer that
   * does not, it may begin to hold or cease to, and which of the two does not depend on the numbers: so a group of
   * which not all is known is judged at its two ends.
   */
  readonly limit?: ((facts: GroupFacts, options: O, context: Context) => Limit) | undefined;
  /**
   * In place of a limit: the rule fails where all of this holds of whatever a group may be like. Where nobody is counted
   * it has no answer.
   */
  readonly clauses?: readonly Condition<Bounds, NoInfer<O>>[];
  /** Tells why a group fails that breaks the limit. */
  violation(group: UserGroup, options: O, context: Context): Violation;
  /** Makes one violation of those of one subject, which may stand in a group by each key. */
  merge?(violations: readonly Violation[]): Violation;
}

/** The subject of findings: the environment, or the principal or the lowest userId of users with a key in common. */
type About =
  | {
      /** The subject of findings: the environment, or one finding for each group's principal or user. */
      readonly about: 'environment';
      readonly keys?: never;
    }
  | {
      readonly about: 'principal' | 'user';
      /** The keys, by name, of which a user must have one; the users of a key are a group if they are two or more. */
      readonly keys: Readonly<Record<string, Key>>;
    };

type DirectoryRuleDefinition<O extends Options> = Counting<O> & About;

/** Judges the directory as a whole, at the end of the listing. */
export type DirectoryRule<O extends Options = Options> = DirectoryRuleDefinition<O> & {
  /** Set by `defineDirectoryRule`. */
  readonly kind: 'directory';
};

/** A role of an own or trusted account that stands on users. */
export interface PrincipalSubject {
  /** The ARN of the role. */
  readonly arn: string;
  /** It stands on an active, API-bound user; undefined: on one that may be. */
  readonly isInUse: Truth;
  /** Not every user was seen, and none of those that were uses it: another may. */
  readonly isUseUnseen?: true;
  /** As evidence: the lowest ids by code unit, and the number of all. */
  readonly users: { readonly userCount: number; readonly userIds: readonly string[] };
  /** The run's knowledge of it. */
  readonly facts: RoleFacts;
  /** As the last complete run knew it; undefined where no user had it then. */
  readonly before: RoleFacts | undefined;
}

interface PrincipalRuleDefinition<O extends Options> extends SubjectRule<PrincipalSubject, O> {
  /** It judges what became of the role since the last complete run: its findings are events. */
  readonly isEvent?: true;
}

/** Judges each role that stands on users, at the end of the listing. */
export type PrincipalRule<O extends Options = Options> = PrincipalRuleDefinition<O> & {
  /** Set by `definePrincipalRule`. */
  readonly kind: 'principal';
};

/** A rule of any kind. */
export type Rule = UserRule | DirectoryRule | ChangeRule | PrincipalRule;

/** Tells whether the findings of a rule are events: reported once, they neither persist nor resolve. */
export const givesEvents = (rule: Rule | undefined): boolean =>
  rule?.kind === 'change' || (rule?.kind === 'principal' && rule.isEvent === true);

/** Prepares a rule that has a list of conditions on each subject to judge one after another. */
export const judgeBy = <S>(
  { when, violation }: SubjectRule<S, Options>,
  options: Options,
  context: Context,
): ((subject: S) => Outcome) => {
  const tests = when.map(({ holds }) => holds);
  return (subject) => {
    let isKnown = true;
    for (const test of tests) {
      const truth = test(subject, options, context);
      if (truth === false) return undefined;
      if (truth === true) continue;
      if (truth !== undefined) refuseAnswer(truth);
      isKnown = false;
    }
    if (isKnown) return readViolation(violation(subject, options, context));
    return { notAssessed: firstReason(when, subject, options, context) };
  };
};

// A rule is written against its own options and run by an engine that knows only `Options`. The config is checked
// against the defaults' types before any rule runs, which is what makes these four widenings sound.
/** Makes a rule that judges each user: takes the members of a `UserRule` but its kind. */
export const defineUserRule = <O extends Options>(rule: UserRuleDefinition<O>): UserRule =>
  ({ kind: 'user', ...rule }) as unknown as UserRule;

/** Makes a rule that counts users: takes the members of a `DirectoryRule` but its kind. */
export const defineDirectoryRule = <O extends Options>(rule: DirectoryRuleDefinition<O>): DirectoryRule =>
  ({ kind: 'directory', ...rule }) as unknown as DirectoryRule;

/** Makes a rule on what became of a user: takes the members of a `ChangeRule` but its kind. */
export const defineChangeRule = <O extends Options>(rule: ChangeRuleDefinition<O>): ChangeRule =>
  ({ kind: 'change', ...rule }) as unknown as ChangeRule;

/** The instant of an answer of IAM, and that it stands in for one of this run where it does. */
const answerEvidence = ({ answer, unread }: RoleFacts): Evidence => ({
  ...(answer && { roleReadAt: new Date(answer.readAt).toISOString() }),
  ...(unread !== undefined && { roleNotReadInThisRun: unread }),
});

/**
 * Makes a rule that judges each role that stands on users: takes the members of a `PrincipalRule` but its kind and what it
 * needs. A role that nobody reaches the API by is of less weight, whatever is wrong with it.
 */
export const definePrincipalRule = <O extends Options>(
  rule: Omit<PrincipalRuleDefinition<O>, 'needs'>,
): PrincipalRule =>
  ({
    kind: 'principal',
    needs: 'iamRoles',
    ...rule,
    violation(subject: PrincipalSubject, options: O, context: Context): Violation {
      const found = rule.violation(subject, options, context);
      const { arn, users, facts, isInUse } = subject;
      return {
        ...found,
        evidence: { apiAccessPrincipalArn: arn, ...users, ...answerEvidence(facts), ...found.evidence },
        ...(isInUse === false && { severity: 'LOW' }),
      };
    },
  }) as unknown as PrincipalRule;
