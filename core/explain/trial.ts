import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { Context } from '../../rules/engine/rule.ts';
import type { User } from '../../rules/engine/user.ts';
import { type ConfiguredDirectoryRule, type Group, isCounted, isIn } from '../../rules/explain/explain.ts';
import {
  beginSupposing,
  CHANGES,
  type Change,
  changeUser,
  failureKey,
  givesAccess,
  type Remedy,
  type Setting,
  type Supposed,
} from '../../rules/explain/remedy.ts';
import type { ArchivedUser } from '../archive/read-users.ts';

/** Changes that clear a finding. */
export interface ToldRemedy {
  /** In the imperative. */
  readonly text: string;
  readonly newlyFailed: readonly string[];
}

/** A change of one or several users that is tried on the whole directory. */
export interface Trial {
  readonly text: () => string;
  readonly ruleId: string;
  /** What the user is like with the change; undefined where it stays as it is. */
  change(listed: ArchivedUser): User | undefined;
  /** Everything that was to be changed, was. */
  isDone(): boolean;
  readonly supposing: ReturnType<typeof beginSupposing>;
  /** Rules on one user that a changed user fails only since. */
  readonly broken: Set<string>;
}

const somePeople = (ids: readonly string[]): string =>
  ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and others` : ids.join(' and ');

/** A group that is past its limit, and by how many users. */
export interface Excess {
  readonly groups: readonly Group[];
  /** As `usersAmiss` tells. */
  readonly amiss: number;
  /** One of the group, which is to be among the changed; undefined where it does not matter who. */
  readonly target: ArchivedUser | undefined;
}

const isInAny = (
  configured: ConfiguredDirectoryRule,
  { groups }: Excess,
  user: User,
  context: Context,
): boolean =>
  isCounted(configured, user, context) && groups.some(({ shared }) => isIn(configured, user, shared));

/** Tries one change on as many users as a group misses its limit by. */
export const groupTrial = (
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
export const changesFor = (
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
  const note = givesAccess(changes) ? ', which gives access: decide first whether it should have it' : '';
  return changes.map(({ text }) => text).join(', and ') + note;
};

export const userTrial = (
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
export const outcomeOf = (
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

/** Of several changes the first that makes the fewest other rules fail. */
export const gentlest = ([first, ...others]: readonly ToldRemedy[]): readonly ToldRemedy[] =>
  first === undefined
    ? []
    : [
        others.reduce(
          (least, remedy) => (remedy.newlyFailed.length < least.newlyFailed.length ? remedy : least),
          first,
        ),
      ];
