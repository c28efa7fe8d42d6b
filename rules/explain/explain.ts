import { instantText } from '../conditions/roles.ts';
import { allOf, anyOf, type Condition, firstReason, type Truth } from '../engine/condition.ts';
import type { ConfiguredRule } from '../engine/configure.ts';
import type { Context, Options } from '../engine/context.ts';
import { breaksLimit, type DirectoryCheck, type IdAt, type SharedText } from '../engine/directory.ts';
import { RISKY_PERMISSIONS } from '../engine/facts.ts';
import type { Bounds, DirectoryRule, Key, PrincipalSubject, UserChange, Violation } from '../engine/rule.ts';
import type { Severity } from '../engine/severity.ts';
import { RECORD_MEMBERS, type User } from '../engine/user.ts';
import { readViolation } from '../engine/violation.ts';

/** A condition of a rule, as one subject meets it. */
export interface ConditionState {
  readonly text: string;
  readonly holds: Truth;
  /** The conditions of which one is enough. */
  readonly alternatives?: readonly ConditionState[];
}

/** A member of the record that a rule looked at; `value` and `before` are left out where the member is missing. */
export interface MemberValue {
  readonly member: string;
  readonly value?: unknown;
  /** In the earlier run; for change rules. */
  readonly before?: unknown;
}

/** The outcome of a rule on a subject, and what led to it. */
export interface Explanation {
  readonly outcome: 'PASS' | 'FAIL' | 'NOT_ASSESSED';
  /** Tells what fails, or what is missing. */
  readonly message?: string;
  readonly severity: Severity;
  readonly severityReason: string;
  /** It fails exactly when all of them hold. */
  readonly conditions: readonly ConditionState[];
  /** States, where no user is asked about, which users a directory rule counts: those of whom all of this holds. */
  readonly counted?: readonly string[];
  readonly values: readonly MemberValue[];
  readonly options: Options;
  /** The members of the context that it looked at. */
  readonly context: ReadonlySet<keyof Context>;
}

/** The member that a fact of a user is read from, where it has another name. */
const SOURCES: Readonly<Record<string, string>> = {
  id: 'userId',
  hasUserId: 'userId',
  isActive: 'status',
  isSuperUser: 'type',
  isApiBound: 'apiAccess',
  principal: 'apiAccessPrincipalArn',
  principalArn: 'apiAccessPrincipalArn',
} satisfies Partial<Record<keyof User, string>>;

/** Notes what is read of an object: what a rule uses can't be told more truly than by watching it. */
const watched = <T extends object>(facts: T, read: Set<string>): T =>
  new Proxy(facts, {
    get(target, name) {
      read.add(String(name));
      return Reflect.get(target, name);
    },
  });

const memberOf = (record: unknown, member: string): unknown =>
  typeof record === 'object' && record !== null ? Reflect.get(record, member) : undefined;

const given = (name: 'value' | 'before', value: unknown) => (value === undefined ? {} : { [name]: value });

/** The members of a record, and of its earlier state, that facts were read from. */
const valuesRead = (read: ReadonlySet<string>, record: unknown, beforeRecord?: unknown): readonly MemberValue[] => {
  const sources = new Set([...read].map((fact) => SOURCES[fact] ?? fact));
  return RECORD_MEMBERS.filter((member) => sources.has(member)).map((member) => ({
    member,
    ...given('before', memberOf(beforeRecord, member)),
    ...given('value', memberOf(record, member)),
  }));
};

const severityOf = (
  { rule, severity }: ConfiguredRule,
  own: Severity | undefined,
): Pick<Explanation, 'severity' | 'severityReason'> => {
  if (severity !== undefined) return { severity, severityReason: 'as the config sets it' };
  if (own === undefined || own === rule.severity) return { severity: rule.severity, severityReason: "the rule's own" };
  return { severity: own, severityReason: rule.severityNote?.replaceAll('`', '') ?? 'as the rule judges this case' };
};

const stateOf = <S>(condition: Condition<S>, subject: S, options: Options, context: Context): ConditionState => {
  const { text, holds, alternatives } = condition.applied?.(subject, options, context) ?? condition;
  return {
    text: text(options, context),
    holds: holds(subject, options, context),
    ...(alternatives !== undefined && {
      alternatives: alternatives.map((one) => stateOf(one, subject, options, context)),
    }),
  };
};

/** Explains what a rule made of a subject by the conditions that led to it. */
const explainBy = <S>(
  configured: ConfiguredRule,
  conditions: readonly Condition<S>[],
  subject: S,
  context: Context,
  violation?: (subject: S, options: Options, context: Context) => Violation,
): Omit<Explanation, 'values'> => {
  const { options } = configured;
  const read = new Set<string>();
  const asked = [subject, options, watched(context, read)] as const;
  const fails = allOf(conditions)(...asked);
  const { message, severity }: Partial<Violation> =
    fails === true && violation !== undefined ? readViolation(violation(...asked)) : {};
  return {
    outcome: fails === true ? 'FAIL' : fails === false ? 'PASS' : 'NOT_ASSESSED',
    ...(message !== undefined && { message }),
    ...(fails === undefined && { message: firstReason(conditions, ...asked) }),
    ...severityOf(configured, severity),
    conditions: conditions.map((condition) => stateOf(condition, ...asked)),
    options,
    context: read as Set<keyof Context>,
  };
};

/** Explains a rule on one user; undefined for one of another kind. */
export const explainUser = (
  configured: ConfiguredRule,
  user: User,
  record: unknown,
  context: Context,
): Explanation | undefined => {
  const { rule } = configured;
  if (rule.kind !== 'user') return undefined;
  const read = new Set<string>();
  const explanation = explainBy(configured, rule.when, watched(user, read), context, rule.violation);
  return { ...explanation, values: [...valuesRead(read, record), ...groupValues(explanation, user, context)] };
};

/** The risky permission groups of a user, where a rule looked at them and they are read. */
const groupValues = (
  { context: read }: Pick<Explanation, 'context'>,
  { id }: User,
  { memberships }: Context,
): readonly MemberValue[] =>
  read.has('memberships') && memberships !== undefined
    ? RISKY_PERMISSIONS.map((permission) => ({
        member: `groups with ${permission}`,
        value: memberships.unread ?? memberships.groupsOf(id, permission),
      }))
    : [];

/** Explains a rule on a role that stands on users; undefined for one of another kind. */
export const explainPrincipal = (
  configured: ConfiguredRule,
  subject: PrincipalSubject,
  context: Context,
): Explanation | undefined => {
  const { rule } = configured;
  if (rule.kind !== 'principal') return undefined;
  const { arn, facts, before } = subject;
  const { answer, unread } = facts;
  const { role } = answer ?? {};
  const values = {
    apiAccessPrincipalArn: arn,
    notRead: unread,
    readAt: answer && new Date(answer.readAt).toISOString(),
    role: role && { ...role, createdAt: instantText(role.createdAt), lastUsedAt: instantText(role.lastUsedAt) },
    roleIdBefore: rule.isEvent ? (before?.answer ?? before?.outdated)?.role?.roleId : undefined,
  };
  return {
    ...explainBy(configured, rule.when, subject, context, rule.violation),
    values: Object.entries(values).flatMap(([member, value]) => (value === undefined ? [] : [{ member, value }])),
  };
};

/** A change of a user, with the records of the two runs. */
export interface RecordChange extends UserChange {
  readonly beforeRecord: unknown;
  readonly afterRecord: unknown;
}

/** Explains a rule on change; undefined for one of another kind. */
export const explainChange = (
  configured: ConfiguredRule,
  { before, after, beforeRecord, afterRecord }: RecordChange,
  context: Context,
): Explanation | undefined => {
  const { rule } = configured;
  if (rule.kind !== 'change') return undefined;
  const read = new Set<string>();
  const change = { before: before && watched(before, read), after: after && watched(after, read) };
  const explanation = explainBy(configured, rule.when, change, context, rule.violation);
  return { ...explanation, values: valuesRead(read, afterRecord, beforeRecord) };
};

/** Users that a directory rule counts together. */
export interface CountedGroup {
  /** Undefined where they are all who count. */
  readonly shared: SharedText | undefined;
  readonly bounds: Bounds;
  /** Some of those that count for sure, in the order of the listing. */
  readonly ids: readonly string[];
}

/** The most ids of a group that are kept. */
const MOST_IDS = 100;

/** Reads a group from a check that has seen all users. */
export const countedGroup = (check: DirectoryCheck, shared: SharedText | undefined, idAt: IdAt): CountedGroup => {
  const { bounds, ids } = check.groupOf(shared, idAt);
  const some: string[] = [];
  for (const id of ids()) if (some.push(id) === MOST_IDS) break;
  return { shared, bounds, ids: some };
};

/** A rule on the whole directory, as this run judges by it. */
export interface ConfiguredDirectoryRule extends ConfiguredRule {
  readonly rule: DirectoryRule;
}

const hasKey = ({ text, of, unknown }: Key): Condition<User> => ({
  text: () => text,
  holds: (...asked) => of(...asked) !== undefined || (unknown === undefined ? false : undefined),
  ...(unknown && { unknown }),
});

/** All that must hold of a user for a rule to count it. */
const conditionsOf = ({ counts = [], outOf = [], keys }: DirectoryRule): readonly Condition<User>[] => {
  const keyed = Object.values(keys ?? {}).map(hasKey);
  const comparable = keyed.length > 1 ? [anyOf('there is something to compare', keyed)] : keyed;
  return [...outOf, ...counts, ...comparable];
};

/** The groups that a user belongs to, or would if it counted. */
export const sharedBy = (
  { rule, options }: ConfiguredDirectoryRule,
  user: User,
  context: Context,
): readonly (SharedText | undefined)[] => {
  if (rule.keys === undefined) return [undefined];
  return Object.entries(rule.keys).flatMap(([name, { of }]) => {
    const key = of(user, options, context);
    return key === undefined ? [] : [{ name, key }];
  });
};

/** Tells whether a user counts in one of some groups. */
export const countsInAny = (
  configured: ConfiguredDirectoryRule,
  groups: readonly CountedGroup[],
  user: User,
  context: Context,
): Truth => {
  const { rule, options } = configured;
  const own = new Set(sharedBy(configured, user, context).map((shared) => JSON.stringify(shared)));
  const isInAny = groups.some(({ shared }) => own.has(JSON.stringify(shared)));
  return rule.counts !== undefined && isInAny && allOf(conditionsOf(rule))(user, options, context);
};

const range = (one: number, other: number): string =>
  one === other ? String(one) : `${Math.min(one, other)} to ${Math.max(one, other)}`;

/** States what a group must be like to fail: a limit at both of its ends, where they differ. */
const limitsOn = (rule: DirectoryRule, { shared, bounds }: CountedGroup): readonly Condition<unknown>[] => {
  const { limit, clauses = [] } = rule;
  const { low, high } = bounds;
  if (limit === undefined)
    return clauses.map(({ text, holds, unknown }) => ({
      text: (...asked) =>
        `${text(...asked)} (count ${range(low.count, high.count)}, counted ${range(low.outOf, high.outOf)})`,
      holds: (_subject, ...asked) => holds(bounds, ...asked),
      ...(unknown && { unknown: (_subject, ...asked) => unknown(bounds, ...asked) }),
    }));
  const name = shared === undefined ? '' : `${shared.name}: `;
  const ends: Condition<unknown> = {
    text(options, context) {
      const atLow = limit(low, options, context);
      const atHigh = limit(high, options, context);
      const more = atLow.holds === atHigh.holds ? '' : `; with all that may count, ${atHigh.text}`;
      return name + atLow.text + more;
    },
    holds: (_subject, ...asked) => breaksLimit(rule)(bounds, ...asked),
    unknown: () => bounds.doubt(),
  };
  return [ends];
};

/** Explains a rule on the whole directory, as it concerns a user (undefined: its environment or its principal). */
export const explainGroups = (
  configured: ConfiguredDirectoryRule,
  groups: readonly CountedGroup[],
  user: User | undefined,
  record: unknown,
  context: Context,
): Explanation => {
  const { rule, options } = configured;
  const counted = conditionsOf(rule);
  const [first = [], ...others] = groups.map((group) => limitsOn(rule, group));
  // Whoever may be in any group is in none that could be shown.
  const isAlone = others.length === 0 && (groups.length > 0 || rule.clauses !== undefined);
  const limit = isAlone ? first : [anyOf('a group that it belongs to is too large', [first, ...others].flat())];
  if (user === undefined) {
    const texts = rule.counts && counted.map(({ text }) => text(options, context));
    return {
      ...explainBy(configured, limit, undefined, context),
      ...(texts !== undefined && { counted: texts }),
      values: [],
    };
  }
  const read = new Set<string>();
  const explanation = explainBy(configured, [...counted, ...limit], watched(user, read), context);
  return { ...explanation, values: valuesRead(read, record) };
};
