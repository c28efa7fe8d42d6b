import { apiBound, memberWith, privileged } from '../../rules/conditions/users.ts';
import { allOf, anyOf, type Condition, firstReason } from '../../rules/engine/condition.ts';
import type { Context } from '../../rules/engine/context.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { User } from '../../rules/engine/user.ts';
import neverLoggedIn from '../../rules/never-logged-in.ts';
import staleLogin from '../../rules/stale-login.ts';
import type { Archive } from '../archive/archive.ts';
import type { Manifest } from '../archive/manifest.ts';
import { readFindings } from '../archive/read-findings.ts';
import { usersOf } from '../archive/read-users.ts';
import { type OpenCount, tallyFindings } from './open-findings.ts';
import { contextOf, countsIn } from './run-context.ts';

/** Traits that users may be asked for; all of those asked for have to hold of one. */
export const TRAITS = ['apiAccess', 'privileged', 'stale'] as const;

export type Trait = (typeof TRAITS)[number];

/** A rule's clauses as one condition, with the limits that the run had for it. */
const failing = (rule: typeof staleLogin, manifest: Manifest): Condition<User> => {
  const options = { ...rule.options, ...manifest.rules[rule.id]?.options };
  const when = rule.when as readonly Condition<User>[];
  const test = allOf(when);
  return {
    text: () => rule.failsWhen,
    holds: (user, _options, context) => test(user, options, context),
    unknown: (user, _options, context) => firstReason(when, user, options, context),
  };
};

const conditionOf = (trait: Trait, manifest: Manifest, { memberships }: Context): Condition<User> => {
  switch (trait) {
    case 'privileged':
      return privileged;
    case 'stale':
      return anyOf('the last login is too long ago', [failing(staleLogin, manifest), failing(neverLoggedIn, manifest)]);
    default:
      // Where groups were not read, that nobody knows who is in one is said once, and not of everybody.
      return memberships === undefined
        ? apiBound
        : anyOf('the user reaches the API', [apiBound, memberWith('GetTemporaryCredentials')]);
  }
};

/** A user of whom all that is asked holds, or may hold. */
export interface SelectedUser {
  readonly user: User;
  readonly findings: OpenCount;
  /** The reason for which it can't be told whether it holds; undefined where it does. */
  readonly unknown: string | undefined;
}

/** The users of a run of whom traits hold. */
export interface Selection {
  readonly context: Context;
  /** Reads them from the archive, anew each time; throws ArchiveError, at the end too, where what is read was altered. */
  users(): AsyncIterable<SelectedUser>;
}

/** Prepares to select users of a run, complete or not. Throws ArchiveError. */
export const selectUsers = async (
  archive: Archive,
  manifest: Manifest,
  traits: readonly Trait[],
  rules: ReadonlyMap<string, Rule>,
): Promise<Selection> => {
  const context = await contextOf(archive, manifest);
  const tally = tallyFindings(countsIn(manifest, rules, context));
  for await (const finding of readFindings(archive, manifest)) tally.add(finding);
  const conditions = traits.map((trait) => conditionOf(trait, manifest, context));
  const test = allOf(conditions);
  return {
    context,
    async *users() {
      for await (const { user } of usersOf(archive, manifest)) {
        const truth = test(user, {}, context);
        if (truth === false) continue;
        const unknown = truth === undefined ? firstReason(conditions, user, {}, context) : undefined;
        yield { user, findings: tally.of(user), unknown };
      }
    },
  };
};
