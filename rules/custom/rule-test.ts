import type { Context } from '../engine/context.ts';
import { judgeBy, type Outcome, type Rule } from '../engine/rule.ts';
import { readUser } from '../engine/user.ts';

/** A user, or two states of one, that a rule is tried on. */
export interface Trial {
  /** The record, as FinSpace would give it. */
  readonly user: unknown;
  /** In the earlier run. */
  readonly before: unknown;
  /** In milliseconds since the epoch. */
  readonly now: number;
}

/** Judges a trial as a run would. */
export const tryRule = (rule: Rule, { user, before, now }: Trial): Outcome => {
  const context: Context = {
    now,
    readAt: now,
    environmentId: 'environment',
    partition: 'aws',
    trustedAccounts: new Set(),
  };
  const after = readUser(user, 0);
  if (rule.kind === 'user') return judgeBy(rule, rule.options, context)(after);
  if (rule.kind !== 'change')
    throw new TypeError(`a rule that is tried must be of kind user or change, got ${rule.kind}`);
  return judgeBy(rule, rule.options, context)({ before: readUser(before, 0), after });
};
