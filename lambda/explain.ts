import type { ConfiguredRule } from '../rules/engine/configure.ts';
import {
  beginCounting,
  type Comparison,
  type ConfiguredDirectoryRule,
  type Explanation,
  explainChange,
  explainGroups,
  explainUser,
  type Group,
  isCounted,
  isIn,
  type Shared,
  sharedBy,
} from '../rules/engine/explain.ts';
import type { Finding } from '../rules/engine/finding.ts';
import {
  beginSupposing,
  CHANGES,
  type Change,
  changeUser,
  failureKey,
  newlyFailedBy,
  type Remedy,
  remediesFor,
  type Setting,
  type Supposed,
  usersAmiss,
} from '../rules/engine/remedy.ts';
import type { Context, Rule, Subject } from '../rules/engine/rule.ts';
import { readUser, type User } from '../rules/engine/user.ts';
import { ArchiveError, type Manifest, readManifest } from './archive/manifest.ts';
import { readRunLines } from './archive/past.ts';
import type { Archive } from './ports.ts';

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

/** Changes that clear a finding. */
export interface ToldRemedy {
  /** In the imperative. */
  readonly text: string;
  readonly newlyFailed: readonly string[];
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

/** A record of a listing, and the user that rules see in it. */
interface Listed {
  readonly user: User;
  readonly record: unknown;
}

async function* usersOf(archive: Archive, manifest: Manifest): AsyncGenerator<Listed> {
  let position = 0;
  for await (const record of readRunLines(archive, manifest, 'snapshot')) {
    yield { record, user: readUser(record, position) };
    position += 1;
  }
}

const findUser = async (
  archive: Archive,
  manifest: Manifest | undefined,
  id: string,
): Promise<Listed | undefined> => {
  let found: Listed | undefined;
  if (manifest === undefined) return found;
  // To the end: only there is the snapshot known to be what its manifest says.
  for await (const listed of usersOf(archive, manifest)) if (listed.user.id === id) found = listed;
  return found;
};

/** The run before a run, checked against what the run's manifest says of it. */
export const previousManifest = async (
  archive: Archive,
  { run, previous }: Manifest,
): Promise<Manifest | undefined> => {
  if (previous === undefined) return undefined;
  const stored = await readManifest(archive, previous.key);
  if (stored === undefined) throw new ArchiveError(`${previous.key} is missing, though run ${run} names it`);
  if (stored.sha256 !== previous.sha256)
    throw new ArchiveError(`${previous.key} was altered: its SHA-256 is not the one that run ${run} names`);
  return stored.manifest;
};

/** How far back a user is looked for: a month of nights. */
const MOST_RUNS_BACK = 31;

/** The last run before this one that had the user, within a month of nights. */
export const lastRunWith = async (
  archive: Archive,
  manifest: Manifest,
  id: string,
): Promise<string | undefined> => {
  let earlier = await previousManifest(archive, manifest);
  for (let step = 0; earlier !== undefined && step < MOST_RUNS_BACK; step += 1) {
    if ((await findUser(archive, earlier, id)) !== undefined) return earlier.run;
    earlier = await previousManifest(archive, earlier);
  }
  return undefined;
};

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

/** A change of one or several users that is tried on the whole directory. */
interface Trial {
  readonly text: () => string;
  readonly ruleId: string;
  /** What the user is like with the change; undefined where it stays as it is. */
  change(listed: Listed): User | undefined;
  /** Everything that was to be changed, was. */
  isDone(): boolean;
  readonly supposing: ReturnType<typeof beginSupposing>;
  /** Rules on one user that a changed user fails only since. */
  readonly broken: Set<string>;
}

const somePeople = (ids: readonly string[]): string =>
  ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and others` : ids.join(' and ');

/** A group that is past its limit, and by how many users. */
interface Excess {
  readonly groups: readonly Group[];
  /** As `usersAmiss` tells. */
  readonly amiss: number;
  /** One of the group, which is to be among the changed; undefined where it does not matter who. */
  readonly target: Listed | undefined;
}

const isInAny = (
  configured: ConfiguredDirectoryRule,
  { groups }: Excess,
  user: User,
  context: Context,
): boolean =>
  isCounted(configured, user, context) && groups.some(({ shared }) => isIn(configured, user, shared));

/** Tries one change on as many users as a group misses its limit by. */
const groupTrial = (
  configured: ConfiguredDirectoryRule,
  change: Change,
  excess: Excess,
  setting: Setting,
  rules: readonly ConfiguredRule[],
): Trial => {
  const { context } = setting;
  const { groups, amiss, target } = excess;
  const wanted = Math.abs(amiss);
  const changed: string[] = [];
  let isTargetDue = target !== undefined;

  const text = (): string => {
    if (target !== undefined && wanted === 1) return change.text;
    const most = Math.max(...groups.map(({ count }) => count));
    const whom = amiss > 0 ? `${wanted} more` : `${wanted} of the ${most} that count`;
    const alone = target === undefined ? '' : 'no change of this user alone is enough; ';
    return `${alone}for ${whom}, such as ${somePeople(changed)}: ${change.text}`;
  };

  return {
    text,
    ruleId: configured.rule.id,
    change({ user, record }) {
      const isTarget = user.position === target?.user.position;
      // The target's place is kept for it, wherever in the listing it comes.
      if (changed.length >= wanted - (isTargetDue && !isTarget ? 1 : 0)) return undefined;
      if (isInAny(configured, excess, user, context) !== amiss < 0) return undefined;
      const after = changeUser(user, record, [change], setting);
      if (after === undefined || isInAny(configured, excess, after, context) !== amiss > 0) return undefined;
      changed.push(user.id);
      if (isTarget) isTargetDue = false;
      return after;
    },
    isDone: () => changed.length === wanted,
    supposing: beginSupposing(rules, context),
    broken: new Set(),
  };
};

/** Those that take a user of a group out of it: the others need not be tried on the whole directory. */
const changesFor = (
  configured: ConfiguredDirectoryRule,
  excess: Excess,
  setting: Setting,
): readonly Change[] => {
  const { target } = excess;
  if (target === undefined) return CHANGES;
  return CHANGES.filter((change) => {
    const after = changeUser(target.user, target.record, [change], setting);
    return after !== undefined && !isInAny(configured, excess, after, setting.context);
  });
};

const joined = (changes: readonly Change[]): string => {
  const note = changes.some(({ givesAccess }) => givesAccess)
    ? ', which gives access: decide first whether it should have it'
    : '';
  return changes.map(({ text }) => text).join(', and ') + note;
};

const userTrial = (
  ruleId: string,
  remedy: Remedy,
  context: Context,
  rules: readonly ConfiguredRule[],
): Trial => ({
  text: () => joined(remedy.changes),
  ruleId,
  change: ({ user }) => (user.position === remedy.user.position ? remedy.user : undefined),
  isDone: () => true,
  supposing: beginSupposing(rules, context),
  broken: new Set(),
});

/** What a trial came to; undefined where it does not clear the finding. */
const outcomeOf = (
  { text, ruleId, isDone, supposing, broken }: Trial,
  baseline: Supposed,
): ToldRemedy | undefined => {
  const { failed, isJudged } = supposing.conclude();
  const isOfRule = (key: string): boolean => key.startsWith(failureKey(ruleId, ''));
  const before = [...baseline.failed].filter(isOfRule);
  const after = [...failed].filter(isOfRule);
  const isCleared =
    before.length === 0 || (after.length < before.length && after.every((key) => before.includes(key)));
  if (!isJudged || !isDone() || !isCleared) return undefined;
  const rulesFailed = [...failed]
    .filter((key) => !baseline.failed.has(key))
    .map((key) => key.slice(0, key.indexOf('/')));
  return { text: text(), newlyFailed: [...new Set([...broken, ...rulesFailed])] };
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
  if (rule.kind === 'unread') return false;
  if (kind === 'user') return rule.kind !== 'directory' || rule.clauses !== undefined;
  return rule.kind === 'directory' && rule.about === kind;
};

/** What the rules are asked about. */
interface Facts {
  readonly subject: Subject;
  readonly target: Listed | undefined;
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
  // Changes that clear a rule on one user give no two users anything in common: the other rules need not be asked.
  const onNumbers = on.filter(isDirectoryRule).filter(({ rule }) => rule.keys === undefined);

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
      const trial = userTrial(configured.rule.id, remedy, context, onNumbers);
      for (const id of remedy.newlyFailed) trial.broken.add(id);
      return trial;
    });
  };

  const failing = judged.filter(({ explanation }) => explanation?.outcome === 'FAIL');
  const plans = failing.map(({ configured }) => ({ configured, trials: trialsOf(configured) }));
  const trials = plans.flatMap((plan) => plan.trials);
  if (trials.length === 0) return new Map();

  const asItIs = beginSupposing(on.filter(isDirectoryRule), context);
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

/** Of several changes the first that makes the fewest other rules fail. */
const gentlest = ([first, ...others]: readonly ToldRemedy[]): readonly ToldRemedy[] =>
  first === undefined
    ? []
    : [
        others.reduce(
          (least, remedy) => (remedy.newlyFailed.length < least.newlyFailed.length ? remedy : least),
          first,
        ),
      ];
