import type { ConfiguredRule } from './configure.ts';
import type {
  Context,
  DirectoryCheck,
  DirectoryRule,
  IdAt,
  Outcome,
  Rule,
  Subject,
  Violation,
} from './rule.ts';
import type { Severity } from './severity.ts';
import type { User, UserFacts } from './user.ts';

/** One subject failing one rule. */
export interface Failure {
  readonly rule: Rule;
  readonly severity: Severity;
  readonly subject: Subject;
  readonly violation: Violation;
}

/** How one rule fared in a run. */
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
  /** Why the rule did not run, or what subjects lacked. */
  readonly reason?: string;
  /** What the rule threw; the run is then not complete. */
  readonly error?: string;
}

/** Where the answers go as they come. */
export interface Answers {
  fail(failure: Failure): void;
  notAssessed(rule: Rule, subject: Subject, reason: string): void;
}

/** All rules at work on one listing. */
export interface Evaluation {
  /** Judges a user; `before` is what the last complete run knew of it. */
  see(user: User, before: UserFacts | undefined): void;
  /** Judges a user that was there and is not. */
  vanished(before: UserFacts): void;
  /**
   * Judges what concerns the directory as a whole, and tells how each rule fared.
   * @param idAt gives the ids of the users in the order in which they were seen
   * @param isWhole whether every user was seen; of a part, nothing is said about the whole
   */
  conclude(idAt: IdAt, isWhole: boolean): readonly RuleOutcome[];
}

interface Tally {
  readonly configured: ConfiguredRule;
  checked: number;
  failed: number;
  notAssessed: number;
  reason: string | undefined;
  error: string | undefined;
}

/** What a change rule answers, once, where there is nothing to compare with. */
const NO_EARLIER_SNAPSHOT = 'no earlier snapshot';

/** What a directory rule answers where users were not seen. */
const PART_OF_DIRECTORY = 'not every user was seen';

/** What a rule on one user answers where the listing gave none: zero of zero would look like success. */
const NOBODY_SEEN = 'no user was seen';

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/**
 * Begins to judge a listing. A rule that throws is a rule that has not judged: its outcome carries the error and
 * the other rules go on.
 * @param earlierRun the last complete run, which change rules compare with; undefined where there is none
 */
export const beginEvaluation = (
  rules: readonly ConfiguredRule[],
  context: Context,
  earlierRun: string | undefined,
  answers: Answers,
): Evaluation => {
  const tallies = rules.map(
    (configured): Tally => ({
      configured,
      checked: 0,
      failed: 0,
      notAssessed: 0,
      reason: configured.reason,
      error: undefined,
    }),
  );
  const environment: Subject = { kind: 'environment', id: context.environmentId };
  const on = tallies.filter(({ configured }) => configured.state === 'on');

  const fail = (tally: Tally, subject: Subject, violation: Violation): void => {
    const { rule, severity } = tally.configured;
    tally.checked += 1;
    tally.failed += 1;
    answers.fail({ rule, subject, violation, severity: severity ?? violation.severity ?? rule.severity });
  };

  const lacks = (tally: Tally, subject: Subject, reason: string): void => {
    tally.notAssessed += 1;
    tally.reason ??= reason;
    answers.notAssessed(tally.configured.rule, subject, reason);
  };

  const breakDown = (tally: Tally, subject: Subject, error: unknown): void => {
    tally.error = describe(error);
    lacks(tally, subject, 'the rule failed');
  };

  /** What each user goes through does without: it can't afford a closure a rule and user. */
  const guard = (tally: Tally, judge: () => void): void => {
    if (tally.error !== undefined) return;
    try {
      judge();
    } catch (error) {
      breakDown(tally, environment, error);
    }
  };

  const settle = (tally: Tally, user: UserFacts, outcome: Outcome): void => {
    if (outcome === undefined) {
      tally.checked += 1;
      return;
    }
    const subject: Subject = { kind: 'user', id: user.id };
    if ('notAssessed' in outcome) {
      lacks(tally, subject, outcome.notAssessed);
      return;
    }
    fail(tally, subject, outcome);
  };

  const userRules = on.flatMap((tally) => {
    const { rule, options } = tally.configured;
    return rule.kind === 'user' ? [{ tally, rule, options }] : [];
  });
  const changeRules = on.flatMap((tally) => {
    const { rule, options } = tally.configured;
    return rule.kind === 'change' ? [{ tally, rule, options }] : [];
  });
  const directoryRules = on.flatMap((tally) => {
    const { rule, options } = tally.configured;
    return rule.kind === 'directory' ? [beginDirectoryRule(tally, rule, options)] : [];
  });

  function beginDirectoryRule(tally: Tally, rule: DirectoryRule, options: ConfiguredRule['options']) {
    let check: DirectoryCheck | undefined;
    guard(tally, () => {
      check = rule.begin(options, context);
    });
    return { tally, check };
  }

  const judgeChange = (before: UserFacts | undefined, after: UserFacts | undefined): void => {
    const user = after ?? before;
    if (earlierRun === undefined || user === undefined || !user.hasUserId) return;
    for (const { tally, rule, options } of changeRules) {
      if (tally.error !== undefined) continue;
      try {
        const outcome = rule.check(before, after, options, context);
        const isChange = outcome !== undefined && 'message' in outcome;
        settle(tally, user, isChange ? since(outcome, earlierRun) : outcome);
      } catch (error) {
        breakDown(tally, { kind: 'user', id: user.id }, error);
      }
    }
  };

  let seen = 0;

  const isUnjudged = (rule: Rule, isWhole: boolean): boolean =>
    (rule.kind === 'user' && seen === 0) ||
    (rule.kind === 'change' && earlierRun === undefined) ||
    (rule.kind === 'directory' && !isWhole);

  return {
    see(user, before) {
      for (const { tally, rule, options } of userRules) {
        if (tally.error !== undefined) continue;
        try {
          settle(tally, user, rule.check(user, options, context));
        } catch (error) {
          breakDown(tally, { kind: 'user', id: user.id }, error);
        }
      }
      for (const { tally, check } of directoryRules) {
        if (tally.error !== undefined) continue;
        try {
          check?.see(user, seen);
        } catch (error) {
          breakDown(tally, environment, error);
        }
      }
      judgeChange(before, user);
      seen += 1;
    },

    vanished(before) {
      judgeChange(before, undefined);
    },

    conclude(idAt, isWhole) {
      for (const { tally, check } of directoryRules) {
        if (!isWhole) {
          lacks(tally, environment, PART_OF_DIRECTORY);
          continue;
        }
        guard(tally, () => {
          if (check === undefined) return;
          const { checked, violations } = check.judge(idAt);
          for (const { subject, violation } of violations) fail(tally, subject, violation);
          tally.checked = checked;
        });
      }
      if (seen === 0) {
        for (const { tally } of userRules) lacks(tally, environment, NOBODY_SEEN);
      }
      if (earlierRun === undefined) {
        for (const { tally } of changeRules) lacks(tally, environment, NO_EARLIER_SNAPSHOT);
      }
      return tallies.map((tally) => outcomeOf(tally, isUnjudged(tally.configured.rule, isWhole)));
    },
  };
};

/** The change as told: with the run that it is a change from. */
const since = ({ message, evidence, ...rest }: Violation, earlierRun: string): Violation => ({
  ...rest,
  message: `${message}, since run ${earlierRun}`,
  evidence: { ...evidence, earlierRun },
});

const outcomeOf = (tally: Tally, isUnjudged: boolean): RuleOutcome => {
  const { configured, checked, failed, notAssessed, reason, error } = tally;
  const { rule } = configured;
  const ran = error !== undefined || isUnjudged ? 'not-assessed' : 'ran';
  return {
    id: rule.id,
    severity: configured.severity ?? rule.severity,
    state: configured.state === 'on' ? ran : configured.state,
    checked,
    failed,
    notAssessed,
    ...(reason !== undefined && { reason }),
    ...(error !== undefined && { error }),
  };
};
