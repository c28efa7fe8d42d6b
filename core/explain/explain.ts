import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import type { Context, Rule, Subject } from '../../rules/engine/rule.ts';
import type { User } from '../../rules/engine/user.ts';
import {
  beginCounting,
  type Comparison,
  type ConfiguredDirectoryRule,
  type Explanation,
  explainChange,
  explainGroups,
  explainUser,
  type Group,
  type Shared,
  sharedBy,
} from '../../rules/explain/explain.ts';
import {
  beginSupposing,
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
  changesFor,
  type Excess,
  gentlest,
  groupTrial,
  outcomeOf,
  type ToldRemedy,
  type Trial,
  userTrial,
} from './trial.ts';

/** By what a subject is judged. */
export interface Judges {
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
  readonly then: Judges;
  /** As a run would judge by the config of today; undefined where there is none to compare with. */
  readonly today: Judges | undefined;
}

/** What is to be said of one rule. */
export interface ExplainedRule {
  readonly rule: Rule;
  /** Why there is no explanation. */
  readonly unjudged?: string;
  readonly explanation?: Explanation;
  /** Whom a directory rule counted, and how many. */
  readonly groups: readonly Group[];
  /** As the run told of it. */
  readonly finding?: Finding;
  readonly remedies: readonly ToldRemedy[];
  /** What the config of today makes of the same facts. */
  readonly today?: Pick<Explanation, 'outcome' | 'severity'> | { readonly unjudged: string };
}

export interface Explained {
  readonly subject: Subject;
  readonly previousRun: string | undefined;
  readonly rules: readonly ExplainedRule[];
}

const isNamedIn = (evidence: unknown, id: string): boolean =>
  evidence === id ||
  (typeof evidence === 'object' &&
    evidence !== null &&
    Object.values(evidence).some((value) => isNamedIn(value, id)));

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

const onOf = ({ rules }: Judges): readonly ConfiguredRule[] => rules.filter(({ state }) => state === 'on');

/** The groups that a rule is explained by: those of the user, or that of the environment or the principal. */
const groupsOf = (
  configured: ConfiguredDirectoryRule,
  subject: Subject,
  user: User | undefined,
): readonly (Shared | undefined)[] => {
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
  const earlier =
    isUser && !subject.id.startsWith('#') ? await findUser(archive, previous, subject.id) : undefined;
  if (isUser && target === undefined && earlier === undefined) return undefined;

  const findings = await findingsAbout(request, target?.user);
  const asked = then.rules.filter(({ rule }) =>
    ruleId === undefined ? concerns(rule, subject) : rule.id === ruleId,
  );
  const counted = await countGroups(request, asked.filter(isDirectoryRule), target?.user);
  const isUnknown = [...counted.values()].every((groups) => groups.every(({ count }) => count === 0));
  if (subject.kind === 'principal' && isUnknown && findings.size === 0) return undefined;
  const facts: Facts = {
    subject,
    target,
    counted,
    comparison: previous && {
      before: earlier?.user,
      after: target?.user,
      beforeRecord: earlier?.record,
      afterRecord: target?.record,
    },
  };
  const judged = asked.map((configured) => ({ configured, ...judge(configured, facts, then.context) }));
  const remedies = await tryRemedies(request, facts, judged);
  const explained = judged.map(({ configured: { rule }, unjudged, explanation }): ExplainedRule => {
    const finding = findings.get(rule.id);
    const configuredToday = today?.rules.find((other) => other.rule.id === rule.id);
    return {
      rule,
      ...(unjudged !== undefined && { unjudged }),
      ...(explanation !== undefined && { explanation }),
      groups: counted.get(rule.id) ?? [],
      ...(finding !== undefined && { finding }),
      remedies: remedies.get(rule.id) ?? [],
      ...(today !== undefined &&
        configuredToday !== undefined && { today: verdictOf(judge(configuredToday, facts, today.context)) }),
    };
  });
  return { subject, previousRun: previous?.run, rules: explained };
};

const verdictOf = ({ unjudged, explanation }: Judged): NonNullable<ExplainedRule['today']> =>
  explanation === undefined
    ? { unjudged: unjudged ?? '' }
    : { outcome: explanation.outcome, severity: explanation.severity };

/** Whether a rule has anything to say of such a subject. */
export const concerns = (rule: Rule, { kind }: Subject): boolean => {
  if (rule.kind === 'unavailable') return false;
  if (kind === 'user') return rule.kind !== 'directory' || rule.clauses !== undefined;
  return rule.kind === 'directory' && rule.about === kind;
};

/** What the rules are asked about. */
interface Facts {
  readonly subject: Subject;
  readonly target: ArchivedUser | undefined;
  readonly counted: ReadonlyMap<string, readonly Group[]>;
  /** Undefined where there is no earlier run. */
  readonly comparison: Comparison | undefined;
}

interface Judged {
  readonly explanation?: Explanation | undefined;
  readonly unjudged?: string;
}

const judge = (
  configured: ConfiguredRule,
  { subject, target, counted, comparison }: Facts,
  context: Context,
): Judged => {
  const { rule, state, reason } = configured;
  if (state !== 'on') return { unjudged: reason ?? state };
  if (isDirectoryRule(configured)) {
    const groups = counted.get(rule.id) ?? [];
    if (subject.kind === 'user' && target === undefined) return { unjudged: 'the user was not listed' };
    return { explanation: explainGroups(configured, groups, target?.user, target?.record, context) };
  }
  if (rule.kind === 'change') {
    if (comparison === undefined) return { unjudged: 'no earlier snapshot' };
    if (subject.id.startsWith('#')) return { unjudged: 'a record without a userId takes no part in it' };
    return { explanation: explainChange(configured, comparison, context) };
  }
  if (target === undefined) return { unjudged: 'the user was not listed' };
  return { explanation: explainUser(configured, target.user, target.record, context) };
};

const countGroups = async (
  { archive, manifest, subject, then }: ExplainRequest,
  rules: readonly ConfiguredDirectoryRule[],
  user: User | undefined,
): Promise<ReadonlyMap<string, readonly Group[]>> => {
  const countings = rules.map((configured) => ({
    id: configured.rule.id,
    counting: beginCounting(configured, groupsOf(configured, subject, user), then.context),
  }));
  if (countings.length > 0) {
    for await (const listed of usersOf(archive, manifest)) {
      for (const { counting } of countings) counting.see(listed.user);
    }
  }
  return new Map(countings.map(({ id, counting }) => [id, counting.groups()]));
};

/** Tries what might clear each failing rule, on the whole directory, in one pass over it. */
const tryRemedies = async (
  { archive, manifest, then }: ExplainRequest,
  { target, counted }: Facts,
  judged: readonly (Judged & { readonly configured: ConfiguredRule })[],
): Promise<ReadonlyMap<string, readonly ToldRemedy[]>> => {
  const { context } = then;
  const on = onOf(then);
  const setting: Setting = { context, accountId: manifest.accountId };
  const onDirectory = on.filter(isDirectoryRule);
  // What gives no access gives no two users anything in common: rules on what they share need not be asked then.
  const onNumbers = onDirectory.filter(({ rule }) => rule.keys === undefined);

  const trialsOf = (configured: ConfiguredRule): readonly Trial[] => {
    if (isDirectoryRule(configured)) {
      const { rule, options } = configured;
      const groups = (counted.get(rule.id) ?? []).filter(
        ({ count }) => rule.limit(count, options, context).holds,
      );
      const steps = groups.map(({ count }) =>
        usersAmiss((others) => rule.limit(others, options, context).holds === true, count),
      );
      const amiss = steps.reduce((most = 0, step = 0) => (Math.abs(step) > Math.abs(most) ? step : most), 0);
      if (amiss === undefined || amiss === 0) return [];
      const rules = rule.keys === undefined ? onNumbers : [...onNumbers, configured];
      const excess: Excess = { amiss, groups, target: amiss > 0 ? undefined : target };
      return changesFor(configured, excess, setting).map((change) =>
        groupTrial(configured, change, excess, setting, rules),
      );
    }
    if (target === undefined) return [];
    return remediesFor(configured, on, target.user, target.record, setting).map((remedy) => {
      const rules = givesAccess(remedy.changes) ? onDirectory : onNumbers;
      const trial = userTrial(configured.rule.id, remedy, context, rules);
      for (const id of remedy.newlyFailed) trial.broken.add(id);
      return trial;
    });
  };

  const failing = judged.filter(({ explanation }) => explanation?.outcome === 'FAIL');
  const plans = failing.map(({ configured }) => ({ configured, trials: trialsOf(configured) }));
  const trials = plans.flatMap((plan) => plan.trials);
  if (trials.length === 0) return new Map();

  const asItIs = beginSupposing(onDirectory, context);
  for await (const listed of usersOf(archive, manifest)) {
    asItIs.see(listed.user);
    for (const trial of trials) {
      const changed = trial.change(listed);
      trial.supposing.see(changed ?? listed.user);
      if (changed === undefined) continue;
      for (const id of newlyFailedBy(on, listed.user, changed, context)) trial.broken.add(id);
    }
  }
  const baseline = asItIs.conclude();
  return new Map(
    plans.map((plan) => {
      const told = plan.trials.flatMap((trial) => outcomeOf(trial, baseline) ?? []);
      return [plan.configured.rule.id, isDirectoryRule(plan.configured) ? gentlest(told) : told];
    }),
  );
};
