import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { Context } from '../../rules/engine/context.ts';
import type { User } from '../../rules/engine/user.ts';
import { type ConfiguredDirectoryRule, type CountedGroup, countsInAny } from '../../rules/explain/explain.ts';
import {
  beginWhatIf,
  CHANGES,
  type Change,
  changeUser,
  givesAccess,
  isCleared,
  JOINING_CHANGES,
  type Remedy,
  type Setting,
  type SideEffect,
  worsened,
  worsenedBy,
} from '../../rules/explain/remedy.ts';
import { lastOf } from '../archive/read-users.ts';
import type { ArchivedUser, UserRecords } from '../archive/repeated-records.ts';

/** Changes that clear a finding, as judging the whole directory with them has shown. */
export interface ClearingChange {
  /** In the imperative. */
  readonly text: string;
  /** Ids of the rules that fail on somebody only since. */
  readonly newlyFailed: readonly string[];
  /** All that is worse than before, on whomever. */
  readonly sideEffects: readonly SideEffect[];
}

/** A change of one or several users that is tried on the whole directory. */
export interface TriedChange {
  readonly text: () => string;
  readonly ruleId: string;
  /** Gives a record of a user with the change; undefined where it stays as it is. */
  change(listed: ArchivedUser, isLast: boolean): User | undefined;
  /** Everything that was to be changed, was. */
  isDone(): boolean;
}

const somePeople = (ids: readonly string[]): string =>
  ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and others` : ids.join(' and ');

/** Groups that break their limit, and by how many users. */
export interface Excess {
  readonly groups: readonly CountedGroup[];
  /** Of each group as `usersAmiss` tells, all of them above 0 or all below. */
  readonly amiss: readonly number[];
  /** One of the groups, which is to be among the changed; undefined where it does not matter who. */
  readonly target: ArchivedUser | undefined;
}

/** Tries to change as many users as each group misses its limit by, each by the first of some choices that will do. */
export const tryOnGroup = (
  configured: ConfiguredDirectoryRule,
  choices: readonly (readonly Change[])[],
  { groups, amiss, target }: Excess,
  setting: Setting,
): TriedChange => {
  const { context } = setting;
  const isToCount = amiss.some((more) => more > 0);
  const due = new Map(groups.map((group, index) => [group, Math.abs(amiss[index] ?? 0)]));
  const changed: { readonly id: string; readonly how: string }[] = [];
  let isTargetDue = target !== undefined;

  const text = (): string => {
    const [[how = '', users = []] = [], ...others] = Map.groupBy(changed, (one) => one.how);
    if (target !== undefined && changed.length === 1) return how;
    const most = Math.max(...groups.map(({ bounds }) => bounds.high.count));
    const mayCount = groups.some(({ bounds }) => bounds.high.count > bounds.low.count) ? ' or may' : '';
    const ofThose = groups.length > 1 ? 'those' : `the ${most}`;
    const whom = isToCount ? `${changed.length} more` : `${changed.length} of ${ofThose} that count${mayCount}`;
    const alone = target === undefined ? '' : 'no change of this user alone is enough; ';
    const first = `such as ${somePeople(users.map(({ id }) => id))}: ${how}`;
    const rest = others.map(([other, some]) => `; for ${somePeople(some.map(({ id }) => id))}: ${other}`);
    return `${alone}for ${whom}, ${first}${rest.join('')}`;
  };

  return {
    text,
    ruleId: configured.rule.id,
    change({ user, record }, isLast) {
      // It is by its last record that a user is counted.
      if (!isLast) return undefined;
      const isTarget = user.position === target?.user.position;
      // The target's turn is kept for it, wherever in the listing it comes.
      const kept = isTargetDue && !isTarget ? 1 : 0;
      if ([...due.values()].every((more) => more <= kept)) return undefined;
      const own = groups.filter((group) => countsInAny(configured, [group], user, context) !== isToCount);
      if (!isTarget && own.every((group) => (due.get(group) ?? 0) <= kept)) return undefined;
      for (const changes of choices) {
        const after = changeUser(user, record, changes, setting);
        if (after === undefined || countsInAny(configured, groups, after, context) !== isToCount) continue;
        changed.push({ id: user.id, how: changes.map((change) => change.text).join(', and ') });
        for (const group of own) due.set(group, (due.get(group) ?? 0) - 1);
        if (isTarget) isTargetDue = false;
        return after;
      }
      return undefined;
    },
    isDone: () => !isTargetDue && [...due.values()].every((more) => more <= 0),
  };
};

/** The choices that are worth trying on the whole directory: of a user of the groups, the changes that take it out. */
export const choicesFor = (
  configured: ConfiguredDirectoryRule,
  { groups, amiss, target }: Excess,
  setting: Setting,
): readonly (readonly (readonly Change[])[])[] => {
  const single = CHANGES.map((change) => [[change]]);
  if (target === undefined) return amiss.some((more) => more > 0) ? [...single, JOINING_CHANGES] : single;
  return single.filter(([changes = []]) => {
    const after = changeUser(target.user, target.record, changes, setting);
    return after !== undefined && countsInAny(configured, groups, after, setting.context) === false;
  });
};

const joined = (changes: readonly Change[]): string => {
  const note = givesAccess(changes) ? ', which gives access: decide first whether it should have it' : '';
  return changes.map(({ text }) => text).join(', and ') + note;
};

/**
 * Tries to change all users that have a role, on which a rule fails: nothing that can be done about one of them alone helps
 * as long as another has it.
 */
export const tryOnHolders = (
  ruleId: string,
  changes: readonly Change[],
  arn: string,
  setting: Setting,
): TriedChange => {
  const changed: string[] = [];
  return {
    text() {
      const [only, ...others] = changed;
      const whom = others.length === 0 ? `user ${only}` : `its ${changed.length} users, such as ${somePeople(changed)}`;
      return `for ${whom}: ${joined(changes)}`;
    },
    ruleId,
    change({ user, record }, isLast) {
      if (!isLast || user.principalArn !== arn) return undefined;
      const after = changeUser(user, record, changes, setting);
      if (after !== undefined) changed.push(user.id);
      return after;
    },
    isDone: () => changed.length > 0,
  };
};

/** Tries the changes of a user that make a rule on it pass. */
export const tryOnUser = (ruleId: string, remedy: Remedy): TriedChange => ({
  text: () => joined(remedy.changes),
  ruleId,
  change: ({ user }) => remedy.users.find(({ position }) => position === user.position),
  isDone: () => true,
});

/** The most changes that are tried at once: each holds what the directory rules keep of all users. */
const MOST_AT_ONCE = 4;

/** Tries changes on a whole listing, and gives those that clear the finding that they are to clear. */
export const clearingChanges = async (
  tried: readonly TriedChange[],
  listing: () => AsyncIterable<UserRecords>,
  rules: readonly ConfiguredRule[],
  context: Context,
): Promise<ReadonlyMap<TriedChange, ClearingChange>> => {
  const clearing = new Map<TriedChange, ClearingChange>();
  const broken = new Set<TriedChange>();
  /** A rule that breaks as it is asked about a changed user takes its change with it, and no other. */
  const changeBy = (change: TriedChange, listed: ArchivedUser, isLast: boolean): User | undefined => {
    try {
      return broken.has(change) ? undefined : change.change(listed, isLast);
    } catch {
      broken.add(change);
      return undefined;
    }
  };
  for (let start = 0; start < tried.length; start += MOST_AT_ONCE) {
    const trials = tried
      .slice(start, start + MOST_AT_ONCE)
      .map((change) => ({ change, whatIf: beginWhatIf(rules, context), sideEffects: [] as SideEffect[] }));
    const asItIs = beginWhatIf(rules, context);
    const ids: string[] = [];
    for await (const records of listing()) {
      const { user: last } = lastOf(records);
      const [{ user: first }, ...others] = records;
      const users = [first, ...others.map(({ user }) => user)] as const;
      ids[last.position] = last.id;
      asItIs.see(last);
      for (const { change, whatIf, sideEffects } of trials) {
        const after = new Map(records.map((one) => [one.user, changeBy(change, one, one.user === last)] as const));
        const changed = (user: User): User => after.get(user) ?? user;
        whatIf.see(changed(last));
        if ([...after.values()].every((one) => one === undefined)) continue;
        const [head, ...rest] = users;
        sideEffects.push(...worsenedBy(rules, users, [changed(head), ...rest.map(changed)], context));
      }
    }
    const idAt = (position: number): string => ids[position] ?? '';
    const before = asItIs.conclude(idAt);
    for (const { change, whatIf, sideEffects } of trials) {
      const after = whatIf.conclude(idAt);
      if (broken.has(change) || !change.isDone() || !isCleared(change.ruleId, before, after)) continue;
      const effects = [...sideEffects, ...worsened(before, after)];
      const newlyFailed = [...new Set(effects.flatMap(({ ruleId, isNew }) => (isNew ? [ruleId] : [])))];
      clearing.set(change, { text: change.text(), newlyFailed, sideEffects: effects });
    }
  }
  return clearing;
};

/** The first of several changes that makes the least worse. */
export const gentlest = (changes: readonly ClearingChange[]): readonly ClearingChange[] =>
  changes.toSorted((one, other) => one.sideEffects.length - other.sideEffects.length).slice(0, 1);
