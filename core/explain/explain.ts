import { allOf } from '../../rules/engine/condition.ts';
import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { Context } from '../../rules/engine/context.ts';
import {
  beginDirectoryCheck,
  breaksLimit,
  type DirectoryCheck,
  type IdAt,
  type SharedText,
} from '../../rules/engine/directory.ts';
import { missingFacts } from '../../rules/engine/evaluate.ts';
import type { Finding } from '../../rules/engine/finding.ts';

import { Principals } from '../../rules/engine/principals.ts';
import { recordAsGiven } from '../../rules/engine/record.ts';
import {
  type Bounds,
  type GroupFacts,
  givesEvents,
  type PrincipalSubject,
  type Rule,
  type Subject,
} from '../../rules/engine/rule.ts';
import { severityRank } from '../../rules/engine/severity.ts';
import { isPositionName, type User } from '../../rules/engine/user.ts';
import {
  type ConfiguredDirectoryRule,
  type CountedGroup,
  countedGroup,
  countsInAny,
  type Explanation,
  explainChange,
  explainGroups,
  explainPrincipal,
  explainUser,
  type RecordChange,
  sharedBy,
} from '../../rules/explain/explain.ts';
import { LEAVING_CHANGES, remediesFor, type Setting, usersAmiss } from '../../rules/explain/remedy.ts';
import type { Archive } from '../archive/archive.ts';
import type { Manifest } from '../archive/manifest.ts';
import { readRunLines } from '../archive/read-run.ts';
import { findRecords, findUser, lastOf, previousManifest, usersOf, usersWithRecords } from '../archive/read-users.ts';
import type { ArchivedUser, UserRecords } from '../archive/repeated-records.ts';
import {
  type ClearingChange,
  choicesFor,
  clearingChanges,
  type Excess,
  gentlest,
  type TriedChange,
  tryOnGroup,
  tryOnHolders,
  tryOnUser,
} from './what-if.ts';

/** The criteria that a subject is judged by. */
export interface ExplainCriteria {
  readonly rules: readonly ConfiguredRule[];
  readonly context: Context;
}

export interface ExplainRequest {
  readonly archive: Archive;
  readonly manifest: Manifest;
  readonly subject: Subject;
  /** Undefined: every rule that concerns the subject. */
  readonly ruleId: string | undefined;
  /** As the run judged, from its manifest. */
  readonly then: ExplainCriteria;
  /** As a run would judge by the config of today; undefined where there is none to compare with. */
  readonly today: ExplainCriteria | undefined;
}

/** One rule, explained. */
export interface ExplainedRule {
  readonly rule: Rule;
  /** The reason for which there is no explanation. */
  readonly unjudged: string | undefined;
  readonly explanation: Explanation | undefined;
  /** The users that a directory rule counted. */
  readonly groups: readonly CountedGroup[];
  /** As it stands in the run's findings. */
  readonly finding: Finding | undefined;
  /** The subject's own that is carried, where it fails in another group. */
  readonly besides: Finding | undefined;
  /** The smallest that clears the finding, and where it makes another rule fail, the smallest that does not. */
  readonly smallestChanges: readonly ClearingChange[];
  /** The outcome that the config of today gives to the same facts. */
  readonly today: Pick<Explanation, 'outcome' | 'severity'> | { readonly unjudged: string } | undefined;
}

export interface Explained {
  readonly subject: Subject;
  readonly previousRun: string | undefined;
  /** The records of the user that the run listed, which differ where there are several. */
  readonly records: number;
  readonly rules: readonly ExplainedRule[];
}

const isNamedIn = (evidence: unknown, id: string): boolean =>
  evidence === id ||
  (typeof evidence === 'object' && evidence !== null && Object.values(evidence).some((value) => isNamedIn(value, id)));

const isDirectoryRule = (configured: ConfiguredRule): configured is ConfiguredDirectoryRule =>
  configured.rule.kind === 'directory';

/** The findings of one rule that a run has about a subject. */
interface RuleFindings {
  /** The one that says most. */
  readonly finding: Finding;
  /** The subject's own that stands, where another says more. */
  readonly besides?: Finding;
}

/**
 * Of two findings of one rule, that which says more about a subject is first: what stands goes before what has resolved,
 * what was judged before what was carried, and of those alike the subject's own.
 */
const orderOf =
  (subject: Subject) =>
  (finding: Finding): number =>
    (finding.state === 'resolved' ? 0 : 4) + (finding.carried ? 0 : 2) + (finding.subject.id === subject.id ? 1 : 0);

const mostOf = (findings: readonly [Finding, ...Finding[]], subject: Subject): RuleFindings => {
  const order = orderOf(subject);
  const finding = findings.reduce((one, other) => (order(other) > order(one) ? other : one));
  const besides = findings.find(
    (one) => one !== finding && one.state !== 'resolved' && one.subject.id === subject.id && one.carried,
  );
  return { finding, ...(besides !== undefined && { besides }) };
};

/**
 * The run's findings about a subject, by rule: those of which it is the subject, and those on a group that name it or
 * that it counts in.
 */
const findingsAbout = async (
  { archive, manifest, subject, then }: ExplainRequest,
  target: ArchivedUser | undefined,
  counted: Counted['groups'],
): Promise<ReadonlyMap<string, RuleFindings>> => {
  const found = new Map<string, RuleFindings>();
  const directory = new Map(then.rules.filter(isDirectoryRule).map((configured) => [configured.rule.id, configured]));
  const isOnGroupOf = (user: User, { ruleId, subject: { kind, id }, evidence }: Finding): boolean => {
    const configured = directory.get(ruleId);
    if (configured === undefined) return kind === 'principal' && id === user.principalArn;
    if (isNamedIn(evidence, user.id)) return true;
    const groups = counted.get(ruleId) ?? [];
    return (
      kind === 'principal' && id === user.principalArn && countsInAny(configured, groups, user, then.context) === true
    );
  };
  for await (const line of readRunLines(archive, manifest, 'findings')) {
    const finding = line as Finding;
    const { ruleId } = finding;
    const isOwn = finding.subject.kind === subject.kind && finding.subject.id === subject.id;
    if (!isOwn && (target === undefined || !isOnGroupOf(target.user, finding))) continue;
    const { finding: most, besides } = found.get(ruleId) ?? {};
    found.set(ruleId, mostOf([finding, ...[most, besides].filter((one) => one !== undefined)], subject));
  }
  return found;
};

/** The groups that a rule is explained by: those of the user, or that of the environment or the principal. */
const groupsOf = (
  configured: ConfiguredDirectoryRule,
  subject: Subject,
  user: User | undefined,
  context: Context,
): readonly (SharedText | undefined)[] => {
  if (user !== undefined) return sharedBy(configured, user, context);
  if (subject.kind !== 'principal') return [undefined];
  return Object.keys(configured.rule.keys ?? {}).map((name) => ({ name, key: subject.id }));
};

/**
 * Explains what a run made of a subject; undefined where neither it nor the run before had such a user, nor a finding on
 * it, or where no user that counts has such a principal.
 */
export const explain = async (request: ExplainRequest): Promise<Explained | undefined> => {
  const { archive, manifest, subject, ruleId, then, today } = request;
  const previous = await previousManifest(archive, manifest);
  const isUser = subject.kind === 'user';
  const records = isUser ? await findRecords(archive, manifest, subject.id) : undefined;
  const target = records && lastOf(records);
  const earlier = isUser && !isPositionName(subject.id) ? await findUser(archive, previous, subject.id) : undefined;

  const asked = then.rules.filter(({ rule }) => (ruleId === undefined ? concerns(rule, subject) : rule.id === ruleId));
  const askedToday = today?.rules.filter(({ rule }) => asked.some((other) => other.rule.id === rule.id)) ?? [];
  const { counted, countedToday } = await countUsers(request, { asked, askedToday }, target?.user);
  const { groups, role } = counted;
  const findings = await findingsAbout(request, target, groups);
  if (isUser && target === undefined && earlier === undefined && findings.size === 0) return undefined;
  const isUnknown = [...groups.values()].flat().every(({ bounds }) => bounds.high.count === 0);
  if (subject.kind === 'principal' && isUnknown && role === undefined && findings.size === 0) return undefined;
  const facts: Facts = {
    subject,
    target,
    records,
    change: previous && {
      before: earlier?.user,
      after: target?.user,
      beforeRecord: recordAsGiven(earlier?.record),
      afterRecord: recordAsGiven(target?.record),
    },
  };
  const judgedBy = (configured: ConfiguredRule, by: Counted, context: Context): JudgedRule =>
    orCarried(
      judge(configured, facts, by, context),
      configured,
      findings.get(configured.rule.id)?.finding,
      target?.user,
      context,
    );
  const judged = asked.map((configured) => ({ configured, ...judgedBy(configured, counted, then.context) }));
  const changes = await tryChanges(request, facts, counted, judged);
  const outcomesToday =
    today &&
    countedToday &&
    new Map(askedToday.map((one) => [one.rule.id, outcomeOf(judgedBy(one, countedToday, today.context))]));
  const explained = judged.map(({ configured: { rule }, unjudged, explanation }): ExplainedRule => {
    const { finding, besides } = findings.get(rule.id) ?? {};
    return {
      rule,
      unjudged,
      explanation,
      groups: groups.get(rule.id) ?? [],
      finding,
      besides,
      smallestChanges: changes.get(rule.id) ?? [],
      today: outcomesToday?.get(rule.id),
    };
  });
  return { subject, previousRun: previous?.run, records: records?.length ?? 0, rules: explained };
};

const outcomeOf = ({ unjudged, explanation }: JudgedRule): NonNullable<ExplainedRule['today']> =>
  explanation === undefined
    ? { unjudged: unjudged ?? '' }
    : { outcome: explanation.outcome, severity: explanation.severity };

/** Tells whether a rule has anything to say of such a subject. */
export const concerns = (rule: Rule, { kind }: Subject): boolean => {
  if (kind === 'user') return rule.kind !== 'directory' || rule.counts !== undefined;
  if (kind === 'principal' && rule.kind === 'principal') return true;
  return rule.kind === 'directory' && rule.about === kind;
};

/** The facts that the rules are asked about. */
interface Facts {
  readonly subject: Subject;
  /** By its last record, which counts where users are compared or counted. */
  readonly target: ArchivedUser | undefined;
  readonly records: UserRecords | undefined;
  /** Undefined where there is no earlier run. */
  readonly change: RecordChange | undefined;
}

/** Users and the role of a listing as some criteria see them: who counts, and which roles are judged, is theirs to say. */
interface Counted {
  /** By the id of the rule that counts them; without those of rules that broke. */
  readonly groups: ReadonlyMap<string, readonly CountedGroup[]>;
  /** The role that it is about, or that it has; undefined where that is none that rules judge. */
  readonly role: PrincipalSubject | undefined;
}

interface JudgedRule {
  readonly explanation?: Explanation | undefined;
  readonly unjudged?: string;
}

/** Nothing of the error is told: it can hold a name. */
const BROKEN: JudgedRule = { unjudged: 'the rule failed' };

/** Judges by one rule; a rule that breaks has not judged, and keeps none of the others from it. */
const judge = (configured: ConfiguredRule, facts: Facts, counted: Counted, context: Context): JudgedRule => {
  try {
    return judgeUnguarded(configured, facts, counted, context);
  } catch {
    return BROKEN;
  }
};

/** The answer where the record passes for want of what it failed by: the run has not judged it. */
const CARRIED = 'the run could not judge it, and its finding stands';

/** Tells whether a rule may still be about a user: one that is none of a group passes, whatever is carried of the others. */
const mayConcern = ({ rule, options }: ConfiguredRule, user: User | undefined, context: Context): boolean => {
  if (rule.kind === 'user') return true;
  if (rule.kind !== 'directory' || rule.about !== 'user' || user === undefined) return false;
  return allOf(rule.counts ?? [])(user, options, context) !== false;
};

/** Says of a pass that it is none where the run carried the finding: nothing of what was not judged passes. */
const orCarried = (
  judged: JudgedRule,
  configured: ConfiguredRule,
  finding: Finding | undefined,
  user: User | undefined,
  context: Context,
): JudgedRule => {
  const { explanation } = judged;
  const isCarried = finding?.carried === true && finding.state !== 'resolved';
  if (explanation?.outcome !== 'PASS' || !isCarried || !mayConcern(configured, user, context)) return judged;
  const { rule } = configured;
  const reason = finding.carriedFor ?? (rule.kind === 'user' ? rule.cannotEnd?.reason : undefined);
  return { explanation: { ...explanation, outcome: 'NOT_ASSESSED', message: reason ?? CARRIED } };
};

const judgeUnguarded = (
  configured: ConfiguredRule,
  { subject, target, records, change }: Facts,
  { groups: counted, role }: Counted,
  context: Context,
): JudgedRule => {
  const { rule, state, reason } = configured;
  if (state !== 'on') return { unjudged: reason ?? state };
  const missing = missingFacts(rule, context);
  if (missing !== undefined) return { unjudged: missing };
  if (isDirectoryRule(configured)) {
    const groups = counted.get(rule.id);
    if (groups === undefined) return BROKEN;
    if (subject.kind === 'user' && target === undefined) return { unjudged: 'the user was not listed' };
    return { explanation: explainGroups(configured, groups, target?.user, recordAsGiven(target?.record), context) };
  }
  if (rule.kind === 'change') {
    if (change === undefined) return { unjudged: 'no earlier snapshot' };
    if (isPositionName(subject.id)) return { unjudged: 'a record without a userId takes no part in it' };
    return { explanation: explainChange(configured, change, context) };
  }
  if (rule.kind === 'principal') {
    if (role === undefined) return { unjudged: 'there is no role of an own or trusted account' };
    if (givesEvents(rule) && context.earlierRoles === undefined) return { unjudged: 'no earlier snapshot of roles' };
    return { explanation: explainPrincipal(configured, role, context) };
  }
  if (records === undefined) return { unjudged: 'the user was not listed' };
  return { explanation: worstOf(configured, records, context) };
};

/** Tells how bad an outcome is: the worse, the higher. */
const rankOf = ({ outcome, severity }: Explanation): number => {
  if (outcome === 'PASS') return -2;
  return outcome === 'NOT_ASSESSED' ? -1 : severityRank(severity);
};

/** Explains what holds of a user: of records that differ the worst, and of equals the first, as the run judged. */
const worstOf = (configured: ConfiguredRule, records: UserRecords, context: Context): Explanation | undefined =>
  records
    .map(({ user, record }) => explainUser(configured, user, recordAsGiven(record), context))
    .reduce((one, other) => (one && other && rankOf(other) > rankOf(one) ? other : one));

/** Begins to count those of a listing by whom a subject is explained. */
const beginCounting = (
  rules: readonly ConfiguredRule[],
  context: Context,
  subject: Subject,
  user: User | undefined,
) => {
  const principals = new Principals(context);
  const arn = subject.kind === 'user' ? user?.principalArn : subject.id;
  const isOfRoles = arn !== undefined && rules.some(({ rule }) => rule.kind === 'principal');
  const checks = new Map(
    rules
      .filter(isDirectoryRule)
      .map((configured) => [configured, beginDirectoryCheck(configured.rule, configured.options, context)]),
  );
  /** Leaves out a rule that breaks. */
  const unbroken = <T>(ask: (configured: ConfiguredDirectoryRule, check: DirectoryCheck) => T): readonly T[] =>
    [...checks].flatMap(([configured, check]) => {
      try {
        return [ask(configured, check)];
      } catch {
        checks.delete(configured);
        return [];
      }
    });
  return {
    isNeeded: checks.size > 0 || isOfRoles,
    see(listed: User): void {
      if (isOfRoles && listed.principalArn === arn) principals.see(listed);
      unbroken((_, check) => check.see(listed));
    },
    conclude: (idAt: IdAt): Counted => ({
      groups: new Map(
        unbroken((configured, check) => [
          configured.rule.id,
          groupsOf(configured, subject, user, context).map((shared) => countedGroup(check, shared, idAt)),
        ]),
      ),
      role: isOfRoles ? principals.subjectOf(arn, idAt) : undefined,
    }),
  };
};

/** Counts in one reading what a run and the config of today make of its users. */
const countUsers = async (
  { archive, manifest, subject, then, today }: ExplainRequest,
  { asked, askedToday }: Readonly<Record<'asked' | 'askedToday', readonly ConfiguredRule[]>>,
  user: User | undefined,
): Promise<{ readonly counted: Counted; readonly countedToday: Counted | undefined }> => {
  const counting = beginCounting(asked, then.context, subject, user);
  const countingToday = today && beginCounting(askedToday, today.context, subject, user);
  const ids: string[] = [];
  if (counting.isNeeded || countingToday?.isNeeded) {
    for await (const listed of usersOf(archive, manifest)) {
      ids[listed.user.position] = listed.user.id;
      counting.see(listed.user);
      countingToday?.see(listed.user);
    }
  }
  const idAt: IdAt = (position) => ids[position] ?? '';
  return { counted: counting.conclude(idAt), countedToday: countingToday?.conclude(idAt) };
};

/** The bounds of a group with so many more users that count, or fewer where below 0, out of those there are. */
const shifted = ({ low, high, doubt }: Bounds, more: number): Bounds => {
  const shift = ({ count, outOf, key }: GroupFacts): GroupFacts => {
    const shiftedCount = Math.max(0, count + more);
    return { key, count: shiftedCount, outOf: Math.max(outOf, shiftedCount) };
  };
  return { low: shift(low), high: shift(high), doubt };
};

/** Counts by how many users each of some groups misses the limit; undefined where no number of them would do. */
const excessOf = (
  { rule, options }: ConfiguredDirectoryRule,
  counted: readonly CountedGroup[],
  target: ArchivedUser | undefined,
  context: Context,
): Excess | undefined => {
  const isBroken = breaksLimit(rule);
  const breaks = (bounds: Bounds) => isBroken(bounds, options, context);
  const groups = counted.filter(({ bounds }) => breaks(bounds) === true);
  const amiss = groups.flatMap(
    ({ bounds }) => usersAmiss((more) => breaks(shifted(bounds, more)) !== false, bounds.high.count) ?? [],
  );
  if (amiss.length === 0 || amiss.length < groups.length) return undefined;
  const isJoining = amiss.every((more) => more > 0);
  if (!isJoining && !amiss.every((more) => more < 0)) return undefined;
  return { groups, amiss, target: isJoining ? undefined : target };
};

/** Tries the changes that might clear each failing rule on the whole directory. */
const tryChanges = async (
  { archive, manifest, then }: ExplainRequest,
  { target, records }: Facts,
  { groups, role }: Counted,
  judged: readonly (JudgedRule & { readonly configured: ConfiguredRule })[],
): Promise<ReadonlyMap<string, readonly ClearingChange[]>> => {
  const { context } = then;
  const setting: Setting = { context, accountId: manifest.accountId };

  const changesOf = (configured: ConfiguredRule): readonly TriedChange[] => {
    if (isDirectoryRule(configured)) {
      const excess = excessOf(configured, groups.get(configured.rule.id) ?? [], target, context);
      if (excess === undefined) return [];
      return choicesFor(configured, excess, setting).map((choices) => tryOnGroup(configured, choices, excess, setting));
    }
    const { rule } = configured;
    if (givesEvents(rule)) return [];
    if (rule.kind === 'principal' && role !== undefined)
      return LEAVING_CHANGES.map((changes) => tryOnHolders(rule.id, changes, role.arn, setting));
    if (records === undefined) return [];
    const remedies = remediesFor(configured, then.rules, records, setting);
    return remedies.map((remedy) => tryOnUser(configured.rule.id, remedy));
  };

  /** A rule that breaks on what would be has nothing that clears it, and keeps none of the others from theirs. */
  const changesUnlessBroken = (configured: ConfiguredRule): readonly TriedChange[] => {
    try {
      return changesOf(configured);
    } catch {
      return [];
    }
  };
  const plans = judged
    .filter(({ explanation }) => explanation?.outcome === 'FAIL')
    .map(({ configured }) => ({ configured, tried: changesUnlessBroken(configured) }));
  const tried = plans.flatMap((plan) => plan.tried);
  const clearing = await clearingChanges(tried, () => usersWithRecords(archive, manifest), then.rules, context);
  return new Map(
    plans.map(({ configured, tried: ofRule }) => {
      const changes = ofRule.flatMap((change) => clearing.get(change) ?? []);
      return [configured.rule.id, configured.rule.kind === 'user' ? changes : gentlest(changes)];
    }),
  );
};
