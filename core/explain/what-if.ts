import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { Context } from '../../rules/engine/context.ts';
import type { User } from '../../rules/engine/user.ts';
import { type ConfiguredDirectoryRule, type CountedGroup, countsInAny } from '../../rules/explain/explain.ts';
import {
  beginWhatIf,
  CHANGES,
  type Change,
  changeUser,
  failureKey,
  givesAccess,
  type Remedy,
  type Setting,
  type WhatIf,
} from '../../rules/explain/remedy.ts';
import type { ArchivedUser } from '../archive/read-users.ts';

/** Changes that clear a finding. */
export interface ClearingChange {
  /** In the imperative. */
  readonly text: string;
  readonly newlyFailed: readonly string[];
}

/** A change of one or several users that is tried on the whole directory. */
export interface TriedChange {
  readonly text: () => string;
  readonly ruleId: string;
  /** Gives the user with the change; undefined where it stays as it is. */
  change(listed: ArchivedUser): User | undefined;
  /** Everything that was to be changed, was. */
  isDone(): boolean;
  readonly whatIf: ReturnType<typeof beginWhatIf>;
  /** Rules on one user that a changed user fails only since. */
  readonly broken: Set<string>;
}

const somePeople = (ids: readonly string[]): string =>
  ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and others` : ids.join(' and ');

/** A group that breaks its limit, and by how many users. */
export interface Excess {
  readonly groups: readonly CountedGroup[];
  /** As `usersAmiss` tells. */
  readonly amiss: number;
  /** One of the group, which is to be among the changed; undefined where it does not matter who. */
  readonly target: ArchivedUser | undefined;
}

/** Tries one change on as many users as a group misses its limit by. */
export const tryOnGroup = (
  configured: ConfiguredDirectoryRule,
  change: Change,
  { groups, amiss, target }: Excess,
  setting: Setting,
  rules: readonly ConfiguredRule[],
): TriedChange => {
  const { context } = setting;
  const wanted = Math.abs(amiss);
  const changed: string[] = [];
  let isTargetDue = target !== undefined;

  const text = (): string => {
    if (target !== undefined && wanted === 1) return change.text;
    const most = Math.max(...groups.map(({ bounds }) => bounds.high.count));
    const mayCount = groups.some(({ bounds }) => bounds.high.count > bounds.low.count) ? ' or may' : '';
    const whom = amiss > 0 ? `${wanted} more` : `${wanted} of the ${most} that count${mayCount}`;
    const alone = target === undefined ? '' : 'no change of this user alone is enough; ';
    return `${alone}for ${whom}, such as ${somePeople(changed)}: ${change.text}`;
  };

  return {
    text,
    ruleId: configured.rule.id,
    change({ user, record }) {
      const isTarget = user.position === target?.user.position;
      // The target's turn is kept for it, wherever in the listing it comes.
      if (changed.length >= wanted - (isTargetDue && !isTarget ? 1 : 0)) return undefined;
      const isToCount = amiss > 0;
      if (countsInAny(configured, groups, user, context) === isToCount) return undefined;
      const after = changeUser(user, record, [change], setting);
      if (after === undefined || countsInAny(configured, groups, after, context) !== isToCount) return undefined;
      changed.push(user.id);
      if (isTarget) isTargetDue = false;
      return after;
    },
    isDone: () => changed.length === wanted,
    whatIf: beginWhatIf(rules, context),
    broken: new Set(),
  };
};

/** The changes that take a user of a group out of it: the others need not be tried on the whole directory. */
export const changesFor = (
  configured: ConfiguredDirectoryRule,
  { groups, target }: Excess,
  setting: Setting,
): readonly Change[] => {
  if (target === undefined) return CHANGES;
  return CHANGES.filter((change) => {
    const after = changeUser(target.user, target.record, [change], setting);
    return after !== undefined && countsInAny(configured, groups, after, setting.context) === false;
  });
};

const joined = (changes: readonly Change[]): string => {
  const note = givesAccess(changes) ? ', which gives access: decide first whether it should have it' : '';
  return changes.map(({ text }) => text).join(', and ') + note;
};

/** Tries the changes of a user that make a rule on it pass. */
export const tryOnUser = (
  ruleId: string,
  remedy: Remedy,
  context: Context,
  rules: readonly ConfiguredRule[],
): TriedChange => ({
  text: () => joined(remedy.changes),
  ruleId,
  change: ({ user }) => (user.position === remedy.user.position ? remedy.user : undefined),
  isDone: () => true,
  whatIf: beginWhatIf(rules, context),
  broken: new Set(remedy.newlyFailed),
});

/** Reads what a change came to; undefined where it does not clear the finding. */
export const clearingChange = (
  { text, ruleId, isDone, whatIf, broken }: TriedChange,
  asItIs: WhatIf,
): ClearingChange | undefined => {
  const { failed, notAssessed, isJudged } = whatIf.conclude();
  const isOfRule = (key: string): boolean => key.startsWith(failureKey(ruleId, ''));
  const before = [...asItIs.failed].filter(isOfRule);
  const after = [...failed, ...before.filter((key) => notAssessed.has(key))].filter(isOfRule);
  const isCleared = before.length === 0 || (after.length < before.length && after.every((key) => before.includes(key)));
  if (!isJudged || !isDone() || !isCleared) return undefined;
  const rulesFailed = [...failed].filter((key) => !asItIs.failed.has(key)).map((key) => key.slice(0, key.indexOf('/')));
  return { text: text(), newlyFailed: [...new Set([...broken, ...rulesFailed])] };
};

/** The first of several changes that makes the fewest other rules fail. */
export const gentlest = (changes: readonly ClearingChange[]): readonly ClearingChange[] =>
  changes.toSorted((one, other) => one.newlyFailed.length - other.newlyFailed.length).slice(0, 1);
