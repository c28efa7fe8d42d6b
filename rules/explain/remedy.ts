import type { ConfiguredRule } from '../engine/configure.ts';
import type { Context } from '../engine/context.ts';
import type { IdAt } from '../engine/directory.ts';
import { beginEvaluation } from '../engine/evaluate.ts';
import { keepAsGiven } from '../engine/record.ts';
import { type Severity, severityRank } from '../engine/severity.ts';
import { readTime } from '../engine/time.ts';
import { readUser, type User } from '../engine/user.ts';

type Members = Readonly<Record<string, unknown>>;

/** The surroundings of a changed user: all that a change needs to know besides the record. */
export interface Setting {
  readonly context: Context;
  /** The environment's own account. */
  readonly accountId: string;
}

/** One thing that can be done about a user. Times of creation, names and e-mail addresses are not among them. */
export interface Change {
  /** In the imperative, about one user. */
  readonly text: string;
  /** It gives access: offered only where nothing that gives none is enough. */
  readonly givesAccess: boolean;
  /** The members that it sets; undefined where there is nothing to change. */
  membersFor(user: User, setting: Setting): Members | undefined;
}

/** A time that the service sets. One that is unusable stays so: nobody knows what the service would make of it. */
const stamped = (member: 'lastLoginTime' | 'lastEnabledTime' | 'lastDisabledTime') => {
  return (user: User, context: Context): Members =>
    readTime(user[member], context) === 'unusable' ? {} : { [member]: context.now };
};
const loggedIn = stamped('lastLoginTime');
const enabled = stamped('lastEnabledTime');
const disabled = stamped('lastDisabledTime');

/** A role that no other user has. */
const ownRole = ({ position }: User, { context, accountId }: Setting): Members => ({
  apiAccessPrincipalArn: `arn:${context.partition}:iam::${accountId}:role/finspace-user-${position}`,
});

/** All changes, from the one that is done most easily to those that nobody should do lightly. */
export const CHANGES: readonly Change[] = [
  {
    text: 'have the user log in',
    givesAccess: false,
    membersFor: (user, { context }) => (user.status === 'ENABLED' ? loggedIn(user, context) : undefined),
  },
  {
    text: 'set apiAccess to DISABLED',
    givesAccess: false,
    membersFor: ({ apiAccess }) => (apiAccess === 'DISABLED' ? undefined : { apiAccess: 'DISABLED' }),
  },
  {
    text: 'remove apiAccessPrincipalArn',
    givesAccess: false,
    membersFor: ({ principalArn }) => (principalArn === undefined ? undefined : { apiAccessPrincipalArn: null }),
  },
  {
    text: 'set apiAccessPrincipalArn to a role of its own in the account of the environment',
    givesAccess: false,
    membersFor: (user, setting) => (user.principalArn === undefined ? undefined : ownRole(user, setting)),
  },
  {
    text: 'set type to APP_USER',
    givesAccess: false,
    membersFor: ({ type }) => (type === 'APP_USER' ? undefined : { type: 'APP_USER' }),
  },
  {
    text: 'disable the user',
    givesAccess: false,
    membersFor: (user, { context }) =>
      user.status === 'DISABLED' ? undefined : { status: 'DISABLED', ...disabled(user, context) },
  },
  {
    text: 'set apiAccessPrincipalArn to a role of its own in the account of the environment',
    givesAccess: true,
    membersFor: (user, setting) => (user.principalArn === undefined ? ownRole(user, setting) : undefined),
  },
  {
    text: 'enable the user',
    givesAccess: true,
    membersFor: (user, { context }) =>
      user.status === 'ENABLED' ? undefined : { status: 'ENABLED', ...enabled(user, context) },
  },
  {
    text: 'set type to SUPER_USER',
    givesAccess: true,
    membersFor: ({ type }) => (type === 'SUPER_USER' ? undefined : { type: 'SUPER_USER' }),
  },
];

/** A user as its records have it: several where they differ, and all of them are judged. */
type Users = readonly [User, ...User[]];

/** A record of a user, and what rules see in it. */
export interface SeenRecord {
  readonly user: User;
  readonly record: unknown;
}

/** Changes that clear a finding, as the rule itself says of the user so changed. */
export interface Remedy {
  readonly changes: readonly Change[];
  /** The user, by each of its records. */
  readonly users: Users;
  /** On the user itself. */
  readonly sideEffects: readonly SideEffect[];
}

/** The user with its changes; undefined where one of them has nothing to change, or undoes another. */
export const changeUser = (
  user: User,
  record: unknown,
  changes: readonly Change[],
  setting: Setting,
): User | undefined => {
  const sets = changes.map((change) => change.membersFor(user, setting));
  if (sets.includes(undefined)) return undefined;
  const members = sets.flatMap((set) => Object.keys(set ?? {}));
  if (new Set(members).size < members.length) return undefined;
  // Spread and not assigned: a member called `__proto__` is data like any other, and changes no prototype. What is no
  // record has no member that a user has.
  const changed = { ...Object(record), ...Object.assign({}, ...sets) };
  keepAsGiven(record, changed);
  return readUser(changed, user.position);
};

/** The changes of a role's users that are tried where a rule fails the role: they have it no more, or do not use it. */
export const LEAVING_CHANGES: readonly (readonly Change[])[] = [
  ['set apiAccess to DISABLED'],
  ['remove apiAccessPrincipalArn'],
  ['disable the user'],
  ['set apiAccess to DISABLED', 'remove apiAccessPrincipalArn'],
].map((texts) => CHANGES.filter(({ text }) => texts.includes(text)));

/** Every combination of so many things, in their order. */
const combinations = <T>(things: readonly T[], count: number): readonly (readonly T[])[] =>
  count === 0
    ? [[]]
    : things.flatMap((thing, index) =>
        combinations(things.slice(index + 1), count - 1).map((others) => [thing, ...others]),
      );

export const givesAccess = (changes: readonly Change[]): boolean => changes.some((change) => change.givesAccess);

/** All sets of changes, the smallest first, those that give access last. More than three at once are no small change. */
const ALL_CHANGES: readonly (readonly Change[])[] = [1, 2, 3]
  .flatMap((count) => combinations(CHANGES, count))
  .toSorted((one, other) => Number(givesAccess(one)) - Number(givesAccess(other)));

/** An outcome that is no pass: of a failure its severity. */
export type NonPass = Severity | 'NOT_ASSESSED';

/** The outcomes that are no passes, by `RULE/SUBJECT`. */
export type NonPasses = ReadonlyMap<string, NonPass>;

const nonPassKey = (ruleId: string, subjectId: string): string => `${ruleId}/${subjectId}`;

/** Something that a change makes worse. */
export interface SideEffect {
  readonly ruleId: string;
  /** The id of the subject. */
  readonly subject: string;
  readonly becomes: NonPass;
  /** The rule did not fail on the subject before. */
  readonly isNew: boolean;
}

const rankOf = (nonPass: NonPass | undefined): number => {
  if (nonPass === undefined) return -2;
  return nonPass === 'NOT_ASSESSED' ? -1 : severityRank(nonPass);
};

/** Lists what is worse than it was. */
export const worsened = (before: NonPasses, after: NonPasses): readonly SideEffect[] =>
  [...after]
    .filter(([key, becomes]) => rankOf(becomes) > rankOf(before.get(key)))
    .map(([key, becomes]) => {
      const slash = key.indexOf('/');
      const isNew = becomes !== 'NOT_ASSESSED' && rankOf(before.get(key)) < 0;
      return { ruleId: key.slice(0, slash), subject: key.slice(slash + 1), becomes, isNew };
    });

/** Begins to judge by rules, a rule that breaks among them, which has then not assessed. */
const beginJudging = (rules: readonly ConfiguredRule[], context: Context) => {
  const nonPasses = new Map<string, NonPass>();
  const evaluation = beginEvaluation(rules, context, undefined, {
    fail: ({ rule, subject, severity }) => nonPasses.set(nonPassKey(rule.id, subject.id), severity),
    notAssessed({ id, kind }, subject) {
      // A role that no user has yet is one to be made: nobody was asked about it.
      if (kind === 'principal' && context.roles?.(subject.id) === undefined) return;
      nonPasses.set(nonPassKey(id, subject.id), 'NOT_ASSESSED');
    },
  });
  return { evaluation, nonPasses };
};

/** Judges a user by the rules on one user. */
const nonPassesOf = (rules: readonly ConfiguredRule[], users: Users, context: Context): NonPasses => {
  const { evaluation, nonPasses } = beginJudging(
    rules.filter(({ rule }) => rule.kind === 'user'),
    context,
  );
  evaluation.seeRecords(users, undefined);
  return nonPasses;
};

/** Lists what the rules on one user make of a change of it that is worse than before. */
export const worsenedBy = (
  rules: readonly ConfiguredRule[],
  users: Users,
  changed: Users,
  context: Context,
): readonly SideEffect[] => worsened(nonPassesOf(rules, users, context), nonPassesOf(rules, changed, context));

/**
 * The smallest change that makes a rule on one user pass, found by trying: of those of one size the one that makes
 * the fewest other rules worse. Where it makes one worse, the smallest that makes none follows it. Empty where nothing
 * that can be done about a user is enough.
 */
export const remediesFor = (
  configured: ConfiguredRule,
  rules: readonly ConfiguredRule[],
  [first, ...others]: readonly [SeenRecord, ...SeenRecord[]],
  setting: Setting,
): readonly Remedy[] => {
  if (configured.rule.kind !== 'user') return [];
  const { context } = setting;
  const before: Users = [first.user, ...others.map(({ user }) => user)];
  const remedies = ALL_CHANGES.flatMap((changes): readonly Remedy[] => {
    // A record in which there is nothing to change stays as it is.
    const after = ({ user, record }: SeenRecord): User => changeUser(user, record, changes, setting) ?? user;
    const users: Users = [after(first), ...others.map(after)];
    if (users.every((user, index) => user === before[index])) return [];
    if (nonPassesOf([configured], users, context).size > 0) return [];
    return [{ changes, users, sideEffects: worsenedBy(rules, before, users, context) }];
  });
  const [least] = remedies;
  if (least === undefined) return [];

  const isAsSmall = ({ changes }: Remedy): boolean =>
    changes.length === least.changes.length && givesAccess(changes) === givesAccess(least.changes);
  const smallest = remedies
    .filter(isAsSmall)
    .reduce((one, remedy) => (remedy.sideEffects.length < one.sideEffects.length ? remedy : one));
  if (smallest.sideEffects.length === 0) return [smallest];
  const clean = remedies.find(({ changes, sideEffects }) => sideEffects.length === 0 && !givesAccess(changes));
  return clean === undefined ? [smallest] : [smallest, clean];
};

/** The changes that make a user count where one is not enough, or not the same one for each: access is given. */
export const JOINING_CHANGES = ALL_CHANGES.filter(
  (changes) => changes.length <= 2 && changes.every((change) => change.givesAccess),
);

/** The most users that are thought to join a group: a limit that needs more is none that anybody set. */
const MOST_NEWCOMERS = 1000;

/**
 * Counts by how many users a group misses a limit: so many have to leave it (below 0) or to join it. 0 where the limit
 * holds nothing against the group; undefined where no number of users would do.
 * @param isOver whether the limit would hold against the group with so many more, or fewer where below 0
 * @param count of the group
 */
export const usersAmiss = (isOver: (more: number) => boolean, count: number): number | undefined => {
  if (!isOver(0)) return 0;
  for (let step = 1; step <= count + MOST_NEWCOMERS; step += 1) {
    if (step <= count && !isOver(-step)) return -step;
    if (!isOver(step)) return step;
  }
  return undefined;
};

/** Begins to judge a listing, as it is or as it would be, by the rules on the directory and those on roles. */
export const beginWhatIf = (rules: readonly ConfiguredRule[], context: Context) => {
  const { evaluation, nonPasses } = beginJudging(
    rules.filter(({ rule }) => rule.kind === 'directory' || rule.kind === 'principal'),
    context,
  );
  return {
    see: (user: User): void => evaluation.see(user, undefined),
    conclude(idAt: IdAt): NonPasses {
      evaluation.conclude(idAt, true);
      return nonPasses;
    },
  };
};

/** Tells whether a rule stands on fewer subjects than before, and on none that it did not. */
export const isCleared = (ruleId: string, before: NonPasses, after: NonPasses): boolean => {
  const ofRule = (nonPasses: NonPasses) => [...nonPasses].filter(([key]) => key.startsWith(nonPassKey(ruleId, '')));
  const [was, is] = [ofRule(before), ofRule(after)];
  return was.length === 0 || (is.length < was.length && is.every(([key, nonPass]) => before.get(key) === nonPass));
};
