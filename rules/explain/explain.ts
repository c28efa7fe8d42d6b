import type { ConfiguredRule } from '../engine/configure.ts';
import type { Clause, Context, DirectoryRule, Options, Outcome } from '../engine/rule.ts';
import type { Severity } from '../engine/severity.ts';
import { readUser, type User, type UserFacts } from '../engine/user.ts';

/** A member of the record that a rule looked at; `value` and `before` are left out where the member is missing. */
export interface Value {
  readonly member: string;
  readonly value?: unknown;
  /** In the earlier run; for change rules. */
  readonly before?: unknown;
}

/** Why a rule says what it says. */
export interface Explanation {
  readonly outcome: 'PASS' | 'FAIL' | 'NOT_ASSESSED';
  /** What fails, or what is lacking. */
  readonly message?: string;
  readonly severity: Severity;
  readonly severityReason: string;
  /** It fails exactly when all of them hold. */
  readonly clauses: readonly Clause[];
  /** Whom a directory rule counts: users of whom all of this holds. */
  readonly whom?: readonly string[];
  readonly values: readonly Value[];
  readonly options: Options;
  /** What else it looked at. */
  readonly context: ReadonlySet<keyof Context>;
}

/** The member of the record that a fact is read from. */
const SOURCES: Readonly<Record<Exclude<keyof User, 'position'>, string>> = {
  id: 'userId',
  hasUserId: 'userId',
  status: 'status',
  isActive: 'status',
  type: 'type',
  isPrivileged: 'type',
  apiAccess: 'apiAccess',
  isApiBound: 'apiAccess',
  principal: 'apiAccessPrincipalArn',
  principalArn: 'apiAccessPrincipalArn',
  firstName: 'firstName',
  lastName: 'lastName',
  emailAddress: 'emailAddress',
  createTime: 'createTime',
  lastEnabledTime: 'lastEnabledTime',
  lastDisabledTime: 'lastDisabledTime',
  lastModifiedTime: 'lastModifiedTime',
  lastLoginTime: 'lastLoginTime',
};

const MEMBERS = [...new Set(Object.values(SOURCES))];

/** Remembers what is read of an object: what a rule uses can't be told more truly than by watching it. */
const watched = <T extends object>(facts: T, read: Set<string>): T =>
  new Proxy(facts, {
    get(target, name) {
      read.add(String(name));
      return Reflect.get(target, name);
    },
  });

const membersRead = (read: ReadonlySet<string>): readonly string[] => {
  const sources = new Set([...read].map((fact) => (SOURCES as Readonly<Record<string, string>>)[fact]));
  return MEMBERS.filter((member) => sources.has(member));
};

const memberOf = (record: unknown, member: string): unknown =>
  typeof record === 'object' && record !== null ? Reflect.get(record, member) : undefined;

const given = (name: 'value' | 'before', value: unknown) => (value === undefined ? {} : { [name]: value });

const severityOf = (
  { rule, severity }: ConfiguredRule,
  outcome: Outcome,
): Pick<Explanation, 'severity' | 'severityReason'> => {
  if (severity !== undefined) return { severity, severityReason: 'as the config sets it' };
  const own = outcome !== undefined && 'message' in outcome ? outcome.severity : undefined;
  if (own === undefined || own === rule.severity)
    return { severity: rule.severity, severityReason: "the rule's own" };
  return {
    severity: own,
    severityReason: rule.severityNote?.replaceAll('`', '') ?? 'as the rule judges this case',
  };
};

const answerOf = (outcome: Outcome): Pick<Explanation, 'outcome' | 'message'> => {
  if (outcome === undefined) return { outcome: 'PASS' };
  if ('notAssessed' in outcome) return { outcome: 'NOT_ASSESSED', message: outcome.notAssessed };
  return { outcome: 'FAIL', message: outcome.message };
};

/** Explains a rule on one user; undefined for one of another kind. */
export const explainUser = (
  configured: ConfiguredRule,
  user: User,
  record: unknown,
  context: Context,
): Explanation | undefined => {
  const { rule, options } = configured;
  if (rule.kind !== 'user') return undefined;
  const read = new Set<string>();
  const readContext = new Set<string>();
  const facts = watched(user, read);
  const at = watched(context, readContext);
  const outcome = rule.check(facts, options, at);
  const clauses = rule.clauses(facts, options, at);
  return {
    ...answerOf(outcome),
    ...severityOf(configured, outcome),
    clauses,
    values: membersRead(read).map((member) => ({ member, ...given('value', memberOf(record, member)) })),
    options,
    context: readContext as Set<keyof Context>,
  };
};

/** What a change rule compares: a user of two runs and its records, undefined where it was not there. */
export interface Comparison {
  readonly before: UserFacts | undefined;
  readonly after: UserFacts | undefined;
  readonly beforeRecord: unknown;
  readonly afterRecord: unknown;
}

/** Explains a rule on change; undefined for one of another kind. */
export const explainChange = (
  configured: ConfiguredRule,
  { before, after, beforeRecord, afterRecord }: Comparison,
  context: Context,
): Explanation | undefined => {
  const { rule, options } = configured;
  if (rule.kind !== 'change') return undefined;
  const read = new Set<string>();
  const [earlier, present] = [before, after].map((facts) => facts && watched(facts, read));
  const outcome = rule.check(earlier, present, options, context);
  const clauses = rule.clauses(earlier, present, options, context);
  return {
    ...answerOf(outcome),
    ...severityOf(configured, outcome),
    clauses,
    values: membersRead(read).map((member) => ({
      member,
      ...given('before', memberOf(beforeRecord, member)),
      ...given('value', memberOf(afterRecord, member)),
    })),
    options,
    context: new Set(),
  };
};

/** What users of a group share, by its name. */
export interface Shared {
  readonly name: string;
  readonly key: string;
}

/** Users that a directory rule counts together. */
export interface Group {
  /** Undefined where they are all who count. */
  readonly shared: Shared | undefined;
  readonly count: number;
  /** Some of them, in the order of the listing. */
  readonly ids: readonly string[];
}

/** A rule on the whole directory, as this run judges by it. */
export interface ConfiguredDirectoryRule extends ConfiguredRule {
  readonly rule: DirectoryRule;
}

/** Whether a rule counts a user at all. */
export const isCounted = (
  { rule, options }: ConfiguredDirectoryRule,
  user: User,
  context: Context,
): boolean => rule.clauses?.(user, options, context).every(({ holds }) => holds) ?? false;

/** The groups that a user belongs to, or would if it counted. */
export const sharedBy = ({ rule }: ConfiguredDirectoryRule, user: User): readonly (Shared | undefined)[] => {
  if (rule.keys === undefined) return [undefined];
  return Object.entries(rule.keys(user)).flatMap(([name, key]) => (key === undefined ? [] : [{ name, key }]));
};

export const isIn = ({ rule }: ConfiguredDirectoryRule, user: User, shared: Shared | undefined): boolean =>
  shared === undefined || rule.keys?.(user)[shared.name] === shared.key;

/** How many ids of a group are kept. */
const MOST_IDS = 100;

/** Counts the users of some groups, as they stream by. */
export const beginCounting = (
  configured: ConfiguredDirectoryRule,
  shared: readonly (Shared | undefined)[],
  context: Context,
) => {
  const counts = shared.map(() => ({ count: 0, ids: [] as string[] }));
  return {
    see(user: User): void {
      if (!isCounted(configured, user, context)) return;
      for (const [place, group] of counts.entries()) {
        if (!isIn(configured, user, shared[place])) continue;
        group.count += 1;
        if (group.ids.length < MOST_IDS) group.ids.push(user.id);
      }
    },
    groups: (): readonly Group[] => counts.map((group, place) => ({ ...group, shared: shared[place] })),
  };
};

/** A record with every member missing: clauses read the same of anyone. */
const NOBODY = readUser({}, 0);

const textsOf = (clauses: readonly Clause[]): readonly string[] => clauses.map(({ text }) => text);

/** Explains a rule on the whole directory, as it concerns a user (undefined: its environment or its principal). */
export const explainGroups = (
  configured: ConfiguredDirectoryRule,
  groups: readonly Group[],
  user: User | undefined,
  record: unknown,
  context: Context,
): Explanation => {
  const { rule, options } = configured;
  const read = new Set<string>();
  const readContext = new Set<string>();
  const at = watched(context, readContext);
  const own = user === undefined ? [] : (rule.clauses?.(watched(user, read), options, at) ?? []);
  const limits = groups.map(({ shared, count }): Clause => {
    const limit = rule.limit(count, options, at);
    return shared === undefined ? limit : { ...limit, text: `${shared.name}: ${limit.text}` };
  });
  const isOver = limits.some(({ holds }) => holds);
  const [only, another] = limits;
  const either = { text: 'a group that it belongs to is too large', holds: isOver, alternatives: limits };
  const clauses = [...own, ...(another === undefined ? limits : [either])];
  return {
    outcome: only !== undefined && clauses.every(({ holds }) => holds) ? 'FAIL' : 'PASS',
    ...severityOf(configured, undefined),
    clauses,
    ...(user === undefined &&
      rule.clauses !== undefined && { whom: textsOf(rule.clauses(NOBODY, options, context)) }),
    values: membersRead(read).map((member) => ({ member, ...given('value', memberOf(record, member)) })),
    options,
    context: readContext as Set<keyof Context>,
  };
};
