import { allOf } from './condition.ts';
import type { ConfiguredRule } from './configure.ts';
import type { Context } from './context.ts';
import { beginDirectoryCheck, type DirectoryCheck, type IdAt } from './directory.ts';
import { Principals } from './principals.ts';
import {
  givesEvents,
  judgeBy,
  type Outcome,
  type PrincipalSubject,
  type Rule,
  type Subject,
  type UserChange,
  type Violation,
} from './rule.ts';
import { type Severity, severityRank } from './severity.ts';
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
  /** The fault that broke the rule, in its own words, which may name people; the run is then not complete. */
  readonly error?: string;
  /** The subject that it broke on. */
  readonly brokeOn?: Subject;
}

/** Takes the outcomes as they come, all but passes. */
export interface OutcomeSink {
  fail(failure: RuleFailure): void;
  notAssessed(rule: Rule, subject: Subject, reason: string): void;
  /** Tells whether an earlier run left a finding of the rule on the subject; left out where none did on any. */
  wasFailing?(rule: Rule, subject: Subject): boolean;
}

/** All rules at work on one listing. */
export interface Evaluation {
  /** Says when the users that follow were read, in milliseconds since the epoch; called once a page. */
  readAt(moment: number): void;
  /** Judges a user by itself, and by what the last complete run knew of it. */
  see(user: User, baseline: UserFacts | undefined): void;
  /** Judges a user of which there are records that differ: the worst outcome holds, and elsewhere the last record. */
  seeRecords(records: readonly [User, ...User[]], baseline: UserFacts | undefined): void;
  /** Judges a user that was there and is not. */
  vanished(baseline: UserFacts): void;
  /**
   * Judges what concerns the directory as a whole, and tells how each rule fared.
   * @param isWhole whether every user was seen; of a part, nothing is said about the whole
   */
  conclude(idAt: IdAt, isWhole: boolean): readonly RuleOutcome[];
  /** Tells how each rule fared, once more: something may have come up since. */
  outcomes(): readonly RuleOutcome[];
  /** Notes that a subject which passed, or of which nothing was said, could not be assessed after all. */
  notAssessed(rule: Rule, subject: Subject, reason: string): void;
  /** Notes that a failure was none: the rule broke on it. */
  breakDown(failure: RuleFailure, error: unknown): void;
  /**
   * Judges the roles that stand on users; `conclude` does so too.
   * @param isWhole whether every user was seen
   */
  judgePrincipals(idAt: IdAt, isWhole: boolean): void;
  /** The role of an ARN; undefined where it stands on nobody. */
  principalOf(arn: string, idAt: IdAt): PrincipalSubject | undefined;
  /** A directory rule at work on this listing, where it is on and did not break. */
  directoryCheck(ruleId: string): DirectoryCheck | undefined;
}

/** The reason of change rules, given once, where there is nothing to compare with. */
const NO_EARLIER_SNAPSHOT = 'no earlier snapshot';

/** The same of rules on what became of roles. */
const NO_EARLIER_ROLES = 'no earlier snapshot of roles';

/** The answer where a rule judges by groups of which this run knows nothing. */
const UNREAD_GROUPS = { unread: 'permission groups were not read' };

/** The reason for which a rule has no say, whatever the users are like. */
export const missingFacts = ({ needs }: Rule, { memberships }: Context): string | undefined =>
  needs === 'permissionGroups' ? (memberships ?? UNREAD_GROUPS).unread : undefined;

/** The reason of directory rules where users were not seen. */
const PART_OF_DIRECTORY = 'not every user was seen';

/** The reason of rules on one user where the listing gave none: zero of zero would look like success. */
const NOBODY_SEEN = 'no user was seen';

/** The words of whatever a rule threw, which need not have any. */
const wordsOf = (error: unknown): string => {
  try {
    return String(error);
  } catch {
    return 'something was thrown that has no words';
  }
};

/** Counts what comes of one rule, and passes it on. */
class Tally {
  readonly configured: ConfiguredRule;
  readonly #sink: OutcomeSink;
  checked = 0;
  #failed = 0;
  #notAssessed = 0;
  #reason: string | undefined;
  error: string | undefined;
  #brokeOn: Subject | undefined;

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
    this.#sink.fail({ rule, subject, violation: outcome, severity: severity ?? outcome.severity ?? rule.severity });
    this.checked += 1;
    this.#failed += 1;
  }

  /** @param isCounted the subject was counted as one that fails */
  breakDown(subject: Subject, error: unknown, isCounted = false): void {
    if (isCounted) {
      this.checked -= 1;
      this.#failed -= 1;
    }
    this.error ??= wordsOf(error);
    this.#brokeOn ??= subject;
    this.record(subject, { notAssessed: 'the rule failed' });
  }

  /** Gives the rank of an outcome: the worse, the higher. */
  rank(outcome: Outcome): number {
    if (outcome === undefined) return -2;
    if ('notAssessed' in outcome) return -1;
    return severityRank(outcome.severity ?? this.configured.rule.severity);
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
      ...(this.#brokeOn !== undefined && { brokeOn: this.#brokeOn }),
    };
  }
}

interface Judging<S> {
  readonly tally: Tally;
  readonly judge: (subject: S) => Outcome;
  /** The reason for which a subject that passes may do so only for want of what it failed by; undefined: it does not. */
  readonly lost?: (subject: S) => string | undefined;
}

/** Names the run that a change is a change from. */
const since = (outcome: Outcome, earlierRun: string | undefined): Outcome => {
  if (outcome === undefined || 'notAssessed' in outcome) return outcome;
  const { message, evidence } = outcome;
  return { ...outcome, message: `${message}, since run ${earlierRun}`, evidence: { ...evidence, earlierRun } };
};

/** Most users are known to be as they were, which few rules on change have anything against. */
const isUnchanged = (before: UserFacts | undefined, after: UserFacts | undefined): boolean =>
  before !== undefined &&
  after !== undefined &&
  before.status === after.status &&
  DOCUMENTED.status.includes(after.status) &&
  before.type === after.type &&
  after.isSuperUser !== undefined &&
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
  const principalRules: Judging<PrincipalSubject>[] = [];
  for (const tally of tallies) {
    const { rule, options, state } = tally.configured;
    if (state !== 'on' || missingFacts(rule, context) !== undefined) continue;
    if (rule.kind === 'user') {
      const judge = judgeBy(rule, options, context);
      const { cannotEnd } = rule;
      const isLost = cannotEnd && allOf(cannotEnd.when);
      userRules.push({
        tally,
        judge,
        ...(isLost && { lost: (user) => (isLost(user, options, context) === false ? undefined : cannotEnd.reason) }),
      });
    }
    if (rule.kind === 'change') {
      const judge = judgeBy(rule, options, context);
      changeRules.push({ tally, judge: (change) => since(judge(change), earlierRun) });
    }
    if (rule.kind === 'directory') directoryRules.push({ tally, check: beginDirectoryCheck(rule, options, context) });
    if (rule.kind === 'principal') {
      const judge = judgeBy(rule, options, context);
      principalRules.push({ tally, judge: rule.isEvent ? (subject) => since(judge(subject), earlierRun) : judge });
    }
  }
  const judgesUnchanged = ({ tally: { configured } }: Judging<UserChange>): boolean =>
    configured.rule.kind === 'change' && configured.rule.judgesUnchanged === true;
  const unchangedRules = changeRules.filter(judgesUnchanged);
  const passedUnchanged = changeRules.filter((judging) => !judgesUnchanged(judging));
  const principals = principalRules.length === 0 ? undefined : new Principals(context);

  const pass = <S>({ tally, lost }: Judging<S>, judged: S, subject: Subject): void => {
    const reason = lost?.(judged);
    if (reason === undefined || !sink.wasFailing?.(tally.configured.rule, subject)) tally.checked += 1;
    else tally.record(subject, { notAssessed: reason });
  };

  const judgeAll = <S>(judging: readonly Judging<S>[], judged: S, id: string, kind: Subject['kind'] = 'user'): void => {
    for (const one of judging) {
      const { tally, judge, lost } = one;
      if (tally.error !== undefined) continue;
      try {
        const outcome = judge(judged);
        if (outcome !== undefined) tally.record({ kind, id }, outcome);
        else if (lost === undefined) tally.checked += 1;
        else pass(one, judged, { kind, id });
      } catch (error) {
        tally.breakDown({ kind, id }, error);
      }
    }
  };

  /** Judges each of some records, and records the worst that is said of them. */
  const judgeWorst = (records: readonly User[], last: User): void => {
    const subject: Subject = { kind: 'user', id: last.id };
    for (const judging of userRules) {
      const { tally, judge, lost } = judging;
      if (tally.error !== undefined) continue;
      try {
        const worst = records
          .map((record) => judge(record))
          .reduce((one, other) => (tally.rank(other) > tally.rank(one) ? other : one));
        if (worst === undefined) pass(judging, records.find((record) => lost?.(record) !== undefined) ?? last, subject);
        else tally.record(subject, worst);
      } catch (error) {
        tally.breakDown(subject, error);
      }
    }
  };

  const judgeChange = (before: UserFacts | undefined, after: UserFacts | undefined): void => {
    const user = after ?? before;
    if (earlierRun === undefined || !user?.hasUserId) return;
    // A record with gaps may lack what was there.
    if (context.hasGaps || !isUnchanged(before, after)) {
      judgeAll(changeRules, { before, after }, user.id);
      return;
    }
    judgeAll(unchangedRules, { before, after }, user.id);
    for (const { tally } of passedUnchanged) if (tally.error === undefined) tally.checked += 1;
  };

  const showDirectoryRules = (user: User): void => {
    for (const { tally, check } of directoryRules) {
      if (tally.error !== undefined) continue;
      try {
        check.see(user);
      } catch (error) {
        tally.breakDown({ kind: 'user', id: user.id }, error);
      }
    }
  };

  /** Sees a user once all that is said of it by itself has been said. */
  const seeAmongOthers = (user: User, baseline: UserFacts | undefined): void => {
    showDirectoryRules(user);
    principals?.see(user);
    judgeChange(baseline, user);
    isAnySeen = true;
  };

  const judgeDirectory = ({ tally, check }: (typeof directoryRules)[number], idAt: IdAt): void => {
    let judged = (): Subject => environment;
    try {
      const { checked, outcomes: found } = check.judge(idAt, (subject) => {
        judged = subject;
      });
      for (const { subject, outcome } of found) {
        judged = () => subject;
        tally.record(subject, outcome);
      }
      tally.checked = checked;
    } catch (error) {
      tally.breakDown(judged(), error);
    }
  };

  const judgePrincipals = (idAt: IdAt, isWhole: boolean): void => {
    if (principals === undefined) return;
    const judging = principalRules.filter(({ tally }) => !isWithoutEarlier(tally.configured.rule));
    for (const subject of principals.subjects(idAt, isWhole)) judgeAll(judging, subject, subject.arn, 'principal');
  };

  let isAnySeen = false;
  let isAllSeen = false;

  /** A rule on what became of something has nothing to say where nothing is known of before. */
  const isWithoutEarlier = (rule: Rule): boolean =>
    givesEvents(rule) &&
    (earlierRun === undefined || (rule.kind === 'principal' && context.earlierRoles === undefined));

  const isUnjudged = (rule: Rule): boolean =>
    ((rule.kind === 'user' || rule.kind === 'principal') && !isAnySeen) ||
    isWithoutEarlier(rule) ||
    missingFacts(rule, context) !== undefined ||
    (rule.kind === 'directory' && !isAllSeen);

  const outcomes = (): readonly RuleOutcome[] =>
    tallies.map((tally) => tally.outcome(isUnjudged(tally.configured.rule)));

  const tallyOf = ({ id }: Rule): Tally | undefined => tallies.find(({ configured }) => configured.rule.id === id);

  return {
    outcomes,

    readAt(moment) {
      context.readAt = moment;
    },

    see(user, baseline) {
      judgeAll(userRules, user, user.id);
      seeAmongOthers(user, baseline);
    },

    seeRecords(records, baseline) {
      const last = records.at(-1) ?? records[0];
      if (records.length === 1) judgeAll(userRules, last, last.id);
      else judgeWorst(records, last);
      seeAmongOthers(last, baseline);
    },

    vanished(baseline) {
      judgeChange(baseline, undefined);
    },

    conclude(idAt, isWhole) {
      isAllSeen = isWhole;
      for (const judging of directoryRules) {
        if (judging.tally.error !== undefined) continue;
        if (isWhole) judgeDirectory(judging, idAt);
        else judging.tally.record(environment, { notAssessed: PART_OF_DIRECTORY });
      }
      judgePrincipals(idAt, isWhole);
      if (!isAnySeen) {
        for (const { tally } of [...userRules, ...principalRules])
          tally.record(environment, { notAssessed: NOBODY_SEEN });
      }
      for (const tally of tallies) {
        const { rule, state } = tally.configured;
        const noEarlier = rule.kind === 'change' ? NO_EARLIER_SNAPSHOT : NO_EARLIER_ROLES;
        const reason = isWithoutEarlier(rule) ? noEarlier : missingFacts(rule, context);
        if (state === 'on' && reason !== undefined) tally.record(environment, { notAssessed: reason });
      }
      return outcomes();
    },

    notAssessed(rule, subject, reason) {
      const tally = tallyOf(rule);
      if (tally === undefined) return;
      tally.checked = Math.max(0, tally.checked - 1);
      tally.record(subject, { notAssessed: reason });
    },

    breakDown({ rule, subject }, error) {
      tallyOf(rule)?.breakDown(subject, error, true);
    },

    judgePrincipals,

    principalOf: (arn, idAt) => principals?.subjectOf(arn, idAt),

    directoryCheck: (ruleId) =>
      directoryRules.find(({ tally }) => tally.configured.rule.id === ruleId && tally.error === undefined)?.check,
  };
};
