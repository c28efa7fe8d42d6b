import type { Severity } from './severity.ts';
import type { User, UserFacts } from './user.ts';

/** The limits a rule works with: their defaults with the rule, set by the operator in the config. */
export type Options = Readonly<Record<string, number | readonly string[]>>;

/** Observed values behind a finding, verbatim. They stay in the archive, so they may name people. */
export type Evidence = Readonly<Record<string, unknown>>;

/** Who or what a finding is about. */
export interface Subject {
  readonly kind: 'user' | 'principal' | 'environment';
  /** A user id, an ARN, or the environment's id. */
  readonly id: string;
}

/** Why one subject fails one rule. */
export interface Violation {
  /** Reads after the subject and goes into alerts, so it names nobody: "last login 91 days ago; at most 90 allowed". */
  readonly message: string;
  readonly evidence: Evidence;
  /** Where it differs from the rule's own. */
  readonly severity?: Severity;
}

/** A rule's answer where the data that it needs is missing or unusable. It is never counted as a pass. */
export interface NotAssessed {
  readonly notAssessed: string;
}

/** One condition of a failure, as one record meets it. */
export interface Clause {
  /** In plain words, with its limit: "lastLoginTime is older than 90 days". It names nobody. */
  readonly text: string;
  /** Undefined: it can't be told, since what it needs is missing or unusable. */
  readonly holds: boolean | undefined;
  /** Of which one is enough for the clause to hold. */
  readonly alternatives?: readonly Clause[];
}

/** `undefined` is a pass. */
export type Outcome = Violation | NotAssessed | undefined;

/** The facts of a run that are not about one user. */
export interface Context {
  /** The instant the run speaks for, in milliseconds since the epoch. Rules have no other clock. */
  readonly now: number;
  readonly environmentId: string;
  /** The partition of the environment, such as `aws`. */
  readonly partition: string;
  /** The environment's own account, and those that the config trusts. */
  readonly trustedAccounts: ReadonlySet<string>;
}

/** The texts that every rule carries, whoever judges. */
export interface RuleText {
  /** Kebab-case, equal to the file's name, never reused: waivers and reports refer to it. */
  readonly id: string;
  /** The requirement, stated as it should be: "Users have logged in recently". */
  readonly title: string;
  /** The exact condition of a failure, for the catalogue page. */
  readonly failsWhen: string;
  readonly severity: Severity;
  /** When the severity differs from `severity`, for the catalogue page. */
  readonly severityNote?: string;
  /** Why the requirement exists: the risk of ignoring it. */
  readonly rationale: string;
  /** What the owner does about a finding, in the imperative. */
  readonly remediation: string;
  /** Framework clauses that this rule gives evidence for, such as `NIST-800-53-r5:AC-2(3)`; see `controls.ts`. */
  readonly controls: readonly string[];
}

interface Configurable<O extends Options> extends RuleText {
  readonly options: O;
  /** False where the rule can't judge without a setting; it is then listed as not configured. */
  isConfigured?(options: O): boolean;
  /** What is wrong with the options beyond their types, as `maxDays must be ..., got ...`. */
  optionsError?(options: O): string | undefined;
}

interface UserRuleDefinition<O extends Options> extends Configurable<O> {
  /**
   * The condition of `check`, clause by clause, for `explain`. The rule fails exactly when all of them hold; it does
   * not assess exactly when none is false and one can't be told.
   */
  clauses(user: User, options: O, context: Context): readonly Clause[];
  check(user: User, options: O, context: Context): Outcome;
}

/** Judges each user as it streams by. */
export interface UserRule<O extends Options = Options> extends UserRuleDefinition<O> {
  readonly kind: 'user';
}

/** What a directory rule found when every user was seen. */
export interface DirectoryJudgement {
  /** How many subjects got an answer. */
  readonly checked: number;
  readonly violations: readonly { readonly subject: Subject; readonly violation: Violation }[];
}

/** The id of the user that was seen at a place. */
export type IdAt = (place: number) => string;

/** One directory rule at work on one listing; keeps only the compact facts that it needs. */
export interface DirectoryCheck {
  /** @param place how many users were seen before: a number to remember the user by, instead of its id */
  see(user: User, place: number): void;
  judge(idAt: IdAt): DirectoryJudgement;
}

interface DirectoryRuleDefinition<O extends Options> extends Configurable<O> {
  /** What its findings are about. */
  readonly about: Subject['kind'];
  /** Whom the rule counts: those of whom all clauses hold. Left out where it is not about users. */
  clauses?(user: User, options: O, context: Context): readonly Clause[];
  /**
   * By what users are counted together, by its name: each its own group. Left out where all who count are one group,
   * and a finding is about the environment.
   */
  keys?(user: User): Readonly<Record<string, string | undefined>>;
  /** The condition on a group of so many users: the rule fails exactly when it holds. */
  limit(count: number, options: O, context: Context): Clause;
  begin(options: O, context: Context): DirectoryCheck;
}

/** Judges the directory as a whole, at the end of the listing. */
export interface DirectoryRule<O extends Options = Options> extends DirectoryRuleDefinition<O> {
  readonly kind: 'directory';
}

interface ChangeRuleDefinition<O extends Options> extends Configurable<O> {
  /** As those of a rule on one user. */
  clauses(
    before: UserFacts | undefined,
    after: UserFacts | undefined,
    options: O,
    context: Context,
  ): readonly Clause[];
  check(before: UserFacts | undefined, after: UserFacts | undefined, options: O, context: Context): Outcome;
}

/** Judges what became of a user since the last complete run; its findings are events. */
export interface ChangeRule<O extends Options = Options> extends ChangeRuleDefinition<O> {
  readonly kind: 'change';
}

/** A rule of the catalogue whose data is not read: always off, and said to be off. */
export interface UnavailableRule extends RuleText {
  readonly kind: 'unavailable';
  /** The operations that would give its data. */
  readonly needs: string;
}

export type Rule = UserRule | DirectoryRule | ChangeRule | UnavailableRule;

// A rule is written against its own options and run by an engine that knows only `Options`. The config is checked
// against the defaults' types before any rule runs, which is what makes these three widenings sound.
export const defineUserRule = <O extends Options>(rule: UserRuleDefinition<O>): UserRule =>
  ({ kind: 'user', ...rule }) as unknown as UserRule;

export const defineDirectoryRule = <O extends Options>(rule: DirectoryRuleDefinition<O>): DirectoryRule =>
  ({ kind: 'directory', ...rule }) as unknown as DirectoryRule;

export const defineChangeRule = <O extends Options>(rule: ChangeRuleDefinition<O>): ChangeRule =>
  ({ kind: 'change', ...rule }) as unknown as ChangeRule;

export const defineUnavailableRule = (rule: Omit<UnavailableRule, 'kind'>): UnavailableRule => ({
  kind: 'unavailable',
  ...rule,
});
