import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { Context } from '../../rules/engine/context.ts';
import { type Bounds, beginDirectoryCheck, breaksLimit, type SharedText } from '../../rules/engine/directory.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import type { GroupFacts, Rule, Subject } from '../../rules/engine/rule.ts';
import type { User } from '../../rules/engine/user.ts';
import {
  type ConfiguredDirectoryRule,
  type CountedGroup,
  countedGroup,
  type Explanation,
  explainChange,
  explainGroups,
  explainUser,
  type RecordChange,
  sharedBy,
} from '../../rules/explain/explain.ts';
import {
  beginWhatIf,
  givesAccess,
  newlyFailedBy,
  remediesFor,
  type Setting,
  usersAmiss,
} from '../../rules/explain/remedy.ts';
import type { Archive } from '../archive/archive.ts';
import type { Manifest } from '../archive/manifest.ts';
import { readRunLines } from '../archive/read-run.ts';
import { type ArchivedUser, findUser, previousManifest, usersOf } from '../archive/read-users.ts';
import {
  type ClearingChange,
  changesFor,
  clearingChange,
  type Excess,
  gentlest,
  type TriedChange,
  tryOnGroup,
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
  /** The smallest that clears the finding, and where it makes another rule fail, the smallest that does not. */
  readonly smallestChanges: readonly ClearingChange[];
  /** The outcome that the config of today gives to the same facts. */
  readonly today: Pick<Explanation, 'outcome' | 'severity'> | { readonly unjudged: string } | undefined;
}

export interface Explained {
  readonly subject: Subject;
  readonly previousRun: string | undefined;
  readonly rules: readonly ExplainedRule[];
}

const isNamedIn = (evidence: unknown, id: string): boolean =>
  evidence === id ||
  (typeof evidence === 'object' && evidence !== null && Object.values(evidence).some((value) => isNamedIn(value, id)));

/** The run's findings about a subject, by rule: those of which it is the subject, and those that name it. */
const findingsAbout = async (
  { archive, manifest, subject, then }: ExplainRequest,
  user: User | undefined,
): Promise<ReadonlyMap<string, Finding>> => {
  const found = new Map<string, Finding>();
  const directory = new Set(then.rules.flatMap(({ rule }) => (rule.kind === 'directory' ? [rule.id] : [])));
  for await (const line of readRunLines(archive, manifest, 'findings')) {
    const finding = line as Finding;
    const isAbout =
      finding.subject.id === subject.id ||
      (directory.has(finding.ruleId) &&
        user !== undefined &&
        (finding.subject.id === user.principalArn || isNamedIn(finding.evidence, user.id)));
    if (isAbout) found.set(finding.ruleId, finding);
  }
  return found;
};

const isDirectoryRule = (configured: ConfiguredRule): configured is ConfiguredDirectoryRule =>
  configured.rule.kind === 'directory';

/** The groups that a rule is explained by: those of the user, or that of the environment or the principal. */
const groupsOf = (
  configured: ConfiguredDirectoryRule,
  subject: Subject,
  user: User | undefined,
): readonly (SharedText | undefined)[] => {
  if (user !== undefined) return sharedBy(configured, user);
  return [subject.kind === 'principal' ? { name: 'apiAccessPrincipalArn', key: subject.id } : undefined];
};

/**
 * Explains what a run made of a subject; undefined where neither it nor the run before had such a user, or where no
 * user that counts has such a principal.
 */
export const explain = async (request: ExplainRequest): Promise<Explained | undefined> => {
  const { archive, manifest, subject, ruleId, then, today } = request;
  const previous = await previousManifest(archive, manifest);
  const isUser = subject.kind === 'user';
  const target = isUser ? await findUser(archive, manifest, subject.id) : undefined;
  const earlier = isUser && !subject.id.startsWith('#') ? await findUser(archive, previous, subject.id) : undefined;
  if (isUser && target === undefined && earlier === undefined) return undefined;

  const findings = await findingsAbout(request, target?.user);
  const asked = then.rules.filter(({ rule }) => (ruleId === undefined ? concerns(rule, subject) : rule.id === ruleId));
  const counted = await countGroups(request, asked.filter(isDirectoryRule), target?.user);
  const isUnknown = [...counted.values()].flat().every(({ bounds }) => bounds.high.count === 0);
  if (subject.kind === 'principal' && isUnknown && findings.size === 0) return undefined;
  const facts: Facts = {
    subject,
    target,
    counted,
    change: previous && {
      before: earlier?.user,
      after: target?.user,
      beforeRecord: earlier?.record,
      afterRecord: target?.record,
    },
  };
  const judged = asked.map((configured) => ({ configured, ...judge(configured, facts, then.context) }));
  const changes = await tryChanges(request, facts, judged);
  const explained = judged.map(({ configured: { rule }, unjudged, explanation }): ExplainedRule => {
    const configuredToday = today?.rules.find((other) => other.rule.id === rule.id);
    return {
      rule,
      unjudged,
      explanation,
      groups: counted.get(rule.id) ?? [],
      finding: findings.get(rule.id),
      smallestChanges: changes.get(rule.id) ?? [],
      today: today && configuredToday && outcomeOf(judge(configuredToday, facts, today.context)),
    };
  });
  return { subject, previousRun: previous?.run, rules: explained };
};

const outcomeOf = ({ unjudged, explanation }: JudgedRule): NonNullable<ExplainedRule['today']> =>
  explanation === undefined
    ? { unjudged: unjudged ?? '' }
    : { outcome: explanation.outcome, severity: explanation.severity };

/** Tells whether a rule has anything to say of such a subject. */
export const concerns = (rule: Rule, { kind }: Subject): boolean => {
  if (rule.kind === 'unavailable') return false;
  if (kind === 'user') return rule.kind !== 'directory' || rule.counts !== undefined;
  return rule.kind === 'directory' && rule.about === kind;
};

/** The facts that the rules are asked about. */
interface Facts {
  readonly subject: Subject;
  readonly target: ArchivedUser | undefined;
  readonly counted: ReadonlyMap<string, readonly CountedGroup[]>;
  /** Undefined where there is no earlier run. */
  readonly change: RecordChange | undefined;
}

interface JudgedRule {
  readonly explanation?: Explanation | undefined;
  readonly unjudged?: string;
}

const judge = (
  configured: ConfiguredRule,
  { subject, target, counted, change }: Facts,
  context: Context,
): JudgedRule => {
  const { rule, state, reason } = configured;
  if (state !== 'on') return { unjudged: reason ?? state };
  if (isDirectoryRule(configured)) {
    const groups = counted.get(rule.id) ?? [];
    if (subject.kind === 'user' && target === undefined) return { unjudged: 'the user was not listed' };
    return { explanation: explainGroups(configured, groups, target?.user, target?.record, context) };
  }
  if (rule.kind === 'change') {
    if (change === undefined) return { unjudged: 'no earlier snapshot' };
    if (subject.id.startsWith('#')) return { unjudged: 'a record without a userId takes no part in it' };
    return { explanation: explainChange(configured, change, context) };
  }
  if (target === undefined) return { unjudged: 'the user was not listed' };
  return { explanation: explainUser(configured, target.user, target.record, context) };
};

const countGroups = async (
  { archive, manifest, subject, then }: ExplainRequest,
  rules: readonly ConfiguredDirectoryRule[],
  user: User | undefined,
): Promise<ReadonlyMap<string, readonly CountedGroup[]>> => {
  const checks = rules.map((configured) => ({
    configured,
    check: beginDirectoryCheck(configured.rule, configured.options, then.context),
  }));
  const ids: string[] = [];
  if (checks.length > 0) {
    for await (const listed of usersOf(archive, manifest)) {
      ids.push(listed.user.id);
      for (const { check } of checks) check.see(listed.user);
    }
  }
  const idAt = (position: number): string => ids[position] ?? '';
  return new Map(
    checks.map(({ configured, check }) => [
      configured.rule.id,
      groupsOf(configured, subject, user).map((shared) => countedGroup(check, shared, idAt)),
    ]),
  );
};

/** The bounds of a group with so many more users that count, or fewer where below 0, out of those there are. */
const shifted = ({ low, high, doubt }: Bounds, more: number): Bounds => {
  const shift = ({ count, outOf }: GroupFacts): GroupFacts => {
    const shiftedCount = Math.max(0, count + more);
    return { count: shiftedCount, outOf: Math.max(outOf, shiftedCount) };
  };
  return { low: shift(low), high: shift(high), doubt };
};

/** Tries the changes that might clear each failing rule, on the whole directory, in one pass over it. */
const tryChanges = async (
  { archive, manifest, then }: ExplainRequest,
  { target, counted }: Facts,
  judged: readonly (JudgedRule & { readonly configured: ConfiguredRule })[],
): Promise<ReadonlyMap<string, readonly ClearingChange[]>> => {
  const { context } = then;
  const on = then.rules.filter(({ state }) => state === 'on');
  const setting: Setting = { context, accountId: manifest.accountId };
  const onDirectory = on.filter(isDirectoryRule);
  // What gives no access gives no two users anything in common: rules on what they share need not be asked then.
  const onNumbers = onDirectory.filter(({ rule }) => rule.keys === undefined);

  const changesOnDirectory = (configured: ConfiguredDirectoryRule): readonly TriedChange[] => {
    const { rule, options } = configured;
    const breaks = (bounds: Bounds) => breaksLimit(rule.limit, bounds, options, context);
    const groups = (counted.get(rule.id) ?? []).filter(({ bounds }) => breaks(bounds) === true);
    const steps = groups.map(({ bounds }) =>
      usersAmiss((more) => breaks(shifted(bounds, more)) !== false, bounds.high.count),
    );
    const amiss = steps.reduce((most = 0, step = 0) => (Math.abs(step) > Math.abs(most) ? step : most), 0);
    if (amiss === undefined || amiss === 0) return [];
    const rules = rule.keys === undefined ? onNumbers : [...onNumbers, configured];
    const excess: Excess = { amiss, groups, target: amiss > 0 ? undefined : target };
    return changesFor(configured, excess, setting).map((change) =>
      tryOnGroup(configured, change, excess, setting, rules),
    );
  };

  const changesOf = (configured: ConfiguredRule): readonly TriedChange[] => {
    if (isDirectoryRule(configured)) return changesOnDirectory(configured);
    if (target === undefined) return [];
    return remediesFor(configured, on, target.user, target.record, setting).map((remedy) =>
      tryOnUser(configured.rule.id, remedy, context, givesAccess(remedy.changes) ? onDirectory : onNumbers),
    );
  };

  const plans = judged
    .filter(({ explanation }) => explanation?.outcome === 'FAIL')
    .map(({ configured }) => ({ configured, tried: changesOf(configured) }));
  const tried = plans.flatMap((plan) => plan.tried);
  if (tried.length === 0) return new Map();

  const asItIs = beginWhatIf(onDirectory, context);
  for await (const listed of usersOf(archive, manifest)) {
    asItIs.see(listed.user);
    for (const change of tried) {
      const changed = change.change(listed);
      change.whatIf.see(changed ?? listed.user);
      if (changed === undefined) continue;
      for (const id of newlyFailedBy(on, listed.user, changed, context)) change.broken.add(id);
    }
  }
  const outcomes = asItIs.conclude();
  return new Map(
    plans.map(({ configured, tried: ofRule }) => {
      const clearing = ofRule.flatMap((change) => clearingChange(change, outcomes) ?? []);
      return [configured.rule.id, isDirectoryRule(configured) ? gentlest(clearing) : clearing];
    }),
  );
};
