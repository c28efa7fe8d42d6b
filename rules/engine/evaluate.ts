import type { ConfiguredRule } from './configure.ts';
import type { Context } from './context.ts';
import { beginDirectoryCheck, type DirectoryCheck, type IdAt } from './directory.ts';
import { judgeBy, type Outcome, type Rule, type Subject, type UserChange, type Violation } from './rule.ts';
import type { Severity } from './severity.ts';
import { DOCUMENTED, type User, type UserFacts } from './user.ts';

/** The failure of one rule by one subject. */
export interface RuleFailure {
  readonly rule: Rule;
  readonly severity: Severity;
  readonly subject: Subject;
  readonly violation: Violation;
}

/** The sum of what one rule made of a listing. */
export interface RuleOutcome {
  readonly id: string;
  /** The rule's own severity, or the operator's. */
  readonly severity: Severity;
  readonly state: 'ran' | 'off' | 'not-configured' | 'not-assessed';
  /** Subjects that got an answer: passes are `checked - failed`. */
  readonly checked: number;
  readonly failed: number;
  /** Subjects that got none; never counted as passes. */
  readonly notAssessed: number;
  /** The reason for which the rule did not run, or some subject was not assessed. */
  readonly reason?: string;
  /** The error that the rule threw; the run is then not complete. */
  readonly error?: string;
}

/** Takes the outcomes as they come, all but passes. */
export interface OutcomeSink {
  fail(failure: RuleFailure): void;
  notAssessed(rule: Rule, subject: Subject, reason: string): void;
}

/** All rules at work on one listing. */
export interface Evaluation {
  /** Says when the users that follow were read, in milliseconds since the epoch; called once a page. */
  readAt(moment: number): void;
  /** Judges a user by itself, and by what the last complete run knew of it. */
  see(user: User, baseline: UserFacts | undefined): void;
  /** Judges a user that was there and is not. */
  vanished(baseline: UserFacts): void;
  /**
   * Judges what concerns the directory as a whole, and tells how each rule fared.
   * @param isWhole whether every user was seen; of a part, nothing is said about the whole
   */
  conclude(idAt: IdAt, isWhole: boolean): readonly RuleOutcome[];
}

/** The reason of change rules, given once, where there is nothing to compare with. */
const NO_EARLIER_SNAPSHOT = 'no earlier snapshot';

/** The reason of directory rules where users were not seen. */
const PART_OF_DIRECTORY = 'not every user was seen';

/** The reason of rules on one user where the listing gave none: zero of zero would look like success. */
const NOBODY_SEEN = 'no user was seen';

/** Counts what comes of one rule, and passes it on. */
class Tally {
  readonly configured: ConfiguredRule;
  readonly #sink: OutcomeSink;
  checked = 0;
  #failed = 0;
  #notAssessed = 0;
  #reason: string | undefined;
  error: string | undefined;

  constructor(configured: ConfiguredRule, sink: OutcomeSink) {
    this.configured = configured;
    this.#sink = sink;
    this.#reason = configured.reason;
  }

  record(subject: Subject, outcome: Exclude<Outcome, undefined>): void {
    const { rule, severity } = this.configured;
    if ('notAssessed' in outcome) {
      this.#notAssessed += 1;
      this.#reason ??= outcome.notAssessed;
      this.#sink.notAssessed(rule, subject, outcome.notAssessed);
      return;
    }
    this.checked += 1;
    this.#failed += 1;
    this.#sink.fail({ rule, subject, violation: outcome, severity: severity ?? outcome.severity ?? rule.severity });
  }

  breakDown(subject: Subject, error: unknown): void {
    this.error = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.record(subject, { notAssessed: 'the rule failed' });
  }

  outcome(isUnjudged: boolean): RuleOutcome {
    const { rule, severity, state } = this.configured;
    const ran = this.error !== undefined || isUnjudged ? 'not-assessed' : 'ran';
    return {
      id: rule.id,
      severity: severity ?? rule.severity,
      state: state === 'on' ? ran : state,
      checked: this.checked,
      failed: this.#failed,
      notAssessed: this.#notAssessed,
      ...(this.#reason !== undefined && { reason: this.#reason }),
      ...(this.error !== undefined && { error: this.error }),
    };
  }
}

interface Judging<S> {
  readonly tally: Tally;
  readonly judge: (subject: S) => Outcome;
}

/** Names the run that a change is a change from. */
const since = (outcome: Outcome, earlierRun: string | undefined): Outcome => {
  if (outcome === undefined || 'notAssessed' in outcome) return outcome;
  const { message, evidence } = outcome;
  return { ...outcome, message: `${message}, since run ${earlierRun}`, evidence: { ...evidence, earlierRun } };
};

/** Most users are known to be as they were, which no rule on change has anything against. */
const isUnchanged = ({ before, after }: UserChange): boolean =>
  before !== undefined &&
  after !== undefined &&
  before.status === after.status &&
  DOCUMENTED.status.includes(after.status) &&
  before.type === after.type &&
  after.isPrivileged !== undefined &&
  before.isApiBound === after.isApiBound &&
  after.isApiBound !== undefined &&
  before.principalArn === after.principalArn;

/**
 * Begins to judge a listing. A rule that throws is a rule that has not judged: its outcome carries the error and
 * the other rules go on.
 * @param given the context; rules see a copy that `readAt` moves on
 * @param earlierRun the last complete run, which change rules compare with; undefined where there is none
 */
export const beginEvaluation = (
  rules: readonly ConfiguredRule[],
  given: Context,
  earlierRun: string | undefined,
  sink: OutcomeSink,
): Evaluation => {
  const context = { ...given };
  const environment: Subject = { kind: 'environment', id: context.environmentId };
  const tallies = rules.map((configured) => new Tally(configured, sink));
  const userRules: Judging<User>[] = [];
  const changeRules: Judging<UserChange>[] = [];
  const directoryRules: { readonly tally: Tally; readonly check: DirectoryCheck }[] = [];
  for (const tally of tallies) {
    const { rule, options, state } = tally.configured;
    if (state !== 'on') continue;
    if (rule.kind === 'user') userRules.push({ tally, judge: judgeBy(rule, options, context) });
    if (rule.kind === 'change') {
      const judge = judgeBy(rule, options, context);
      changeRules.push({ tally, judge: (change) => since(judge(change), earlierRun) });
    }
    if (rule.kind === 'directory') directoryRules.push({ tally, check: beginDirectoryCheck(rule, options, context) });
  }

  const judgeAll = <S>(judging: readonly Judging<S>[], subject: S, id: string): void => {
    for (const { tally, judge } of judging) {
      if (tally.error !== undefined) continue;
      try {
        const outcome = judge(subject);
        if (outcome === undefined) tally.checked += 1;
        else tally.record({ kind: 'user', id }, outcome);
      } catch (error) {
        tally.breakDown({ kind: 'user', id }, error);
      }
    }
  };

  const judgeChange = (change: UserChange, { id, hasUserId }: UserFacts): void => {
    if (earlierRun === undefined || !hasUserId) return;
    if (!isUnchanged(change)) judgeAll(changeRules, change, id);
    else for (const { tally } of changeRules) if (tally.error === undefined) tally.checked += 1;
  };

  const showDirectoryRules = (user: User): void => {
    for (const { tally, check } of directoryRules) {
      if (tally.error !== undefined) continue;
      try {
        check.see(user);
      } catch (error) {
        tally.breakDown(environment, error);
      }
    }
  };

  const judgeDirectory = ({ tally, check }: (typeof directoryRules)[number], idAt: IdAt): void => {
    try {
      const { checked, outcomes } = check.judge(idAt);
      for (const { subject, outcome } of outcomes) tally.record(subject, outcome);
      tally.checked = checked;
    } catch (error) {
      tally.breakDown(environment, error);
    }
  };

  let seen = 0;

  const isUnjudged = (rule: Rule, isWhole: boolean): boolean =>
    (rule.kind === 'user' && seen === 0) ||
    (rule.kind === 'change' && earlierRun === undefined) ||
    (rule.kind === 'directory' && !isWhole);

  return {
    readAt(moment) {
      context.readAt = moment;
    },

    see(user, baseline) {
      judgeAll(userRules, user, user.id);
      showDirectoryRules(user);
      judgeChange({ before: baseline, after: user }, user);
      seen += 1;
    },

    vanished(baseline) {
      judgeChange({ before: baseline, after: undefined }, baseline);
    },

    conclude(idAt, isWhole) {
      for (const judging of directoryRules) {
        if (judging.tally.error !== undefined) continue;
        if (isWhole) judgeDirectory(judging, idAt);
        else judging.tally.record(environment, { notAssessed: PART_OF_DIRECTORY });
      }
      if (seen === 0) {
        for (const { tally } of userRules) tally.record(environment, { notAssessed: NOBODY_SEEN });
      }
      if (earlierRun === undefined) {
        for (const { tally } of changeRules) tally.record(environment, { notAssessed: NO_EARLIER_SNAPSHOT });
      }
      return tallies.map((tally) => tally.outcome(isUnjudged(tally.configured.rule, isWhole)));
    },
  };
};
