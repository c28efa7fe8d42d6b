import type { Context } from '../engine/context.ts';
import { beginDirectoryCheck } from '../engine/directory.ts';
import type { RiskyPermission, Role } from '../engine/facts.ts';
import { judgeBy, type Outcome } from '../engine/rule.ts';
import { readUser, type User } from '../engine/user.ts';
import type { RuleOfCustomKind } from './definition.ts';

/** A user that a rule is tried on. */
export interface TrialUser {
  /** As FinSpace would give it. */
  readonly record: unknown;
  /** The permission groups that it is in; where no user has any, they are not read. */
  readonly groups?: Readonly<Record<RiskyPermission, readonly string[]>> | undefined;
  /** The role that it is bound to; null: there is none of that name. Where no user has any, they are not read. */
  readonly role?: Role | null | undefined;
}

/** The users that a rule is tried on: one, or two states of one, or those that a directory rule counts. */
export interface Trial {
  readonly users: readonly TrialUser[];
  /** The record in the earlier run. */
  readonly before: unknown;
  /** In milliseconds since the epoch. */
  readonly now: number;
}

const contextOf = (trial: Trial, users: readonly User[]): Context => {
  const { now } = trial;
  const known = users.map((user, position) => ({ user, ...trial.users[position] }));
  return {
    now,
    readAt: now,
    environmentId: 'environment',
    partition: 'aws',
    trustedAccounts: new Set(),
    ...(known.some(({ groups }) => groups !== undefined) && {
      memberships: {
        unread: undefined,
        groupsOf: (id, permission) => known.find(({ user }) => user.id === id)?.groups?.[permission] ?? [],
      },
    }),
    ...(known.some(({ role }) => role !== undefined) && {
      roles: (arn) => {
        const [role] = known.flatMap((one) =>
          one.user.principalArn === arn && one.role !== undefined ? [one.role] : [],
        );
        return role === undefined ? undefined : { answer: { readAt: now, role } };
      },
    }),
  };
};

/** Judges a trial as a run would; gives all outcomes but passes. */
export const tryRule = (rule: RuleOfCustomKind, trial: Trial): readonly Exclude<Outcome, undefined>[] => {
  const users = trial.users.map(({ record }, position) => readUser(record, position));
  const context = contextOf(trial, users);
  if (rule.kind === 'directory') {
    const check = beginDirectoryCheck(rule, rule.options, context);
    for (const user of users) check.see(user);
    return check.judge((position) => users[position]?.id ?? '').outcomes.map(({ outcome }) => outcome);
  }
  const [after = readUser({}, 0)] = users;
  const outcome =
    rule.kind === 'user'
      ? judgeBy(rule, rule.options, context)(after)
      : judgeBy(rule, rule.options, context)({ before: readUser(trial.before, 0), after });
  return outcome === undefined ? [] : [outcome];
};
