import type { Clause } from '../engine/rule.ts';
import type { User, UserFacts } from '../engine/user.ts';
import { isOverLimit, type Unit, units } from './age.ts';

export const active = (user: User): Clause => ({ text: 'status is not DISABLED', holds: user.isActive });

export const hasStatus = ({ status }: UserFacts, wanted: string): Clause => ({
  text: `status is ${wanted}`,
  holds: status === wanted,
});

export const superUser = ({ isPrivileged }: UserFacts): Clause => ({
  text: 'type is SUPER_USER',
  holds: isPrivileged,
});

export const apiBound = (user: UserFacts): Clause => ({
  text: 'apiAccess is ENABLED',
  holds: user.isApiBound,
});

export const principalPresent = ({ principalArn }: UserFacts): Clause => ({
  text: 'apiAccessPrincipalArn is present',
  holds: principalArn !== undefined,
});

export const wasThere = (before: UserFacts | undefined): Clause => ({
  text: 'the user was there in the earlier run',
  holds: before !== undefined,
});

/** That a group is one of two users or more. */
export const isShared = (count: number): Clause => ({
  text: `two or more such users share it: ${count}`,
  holds: count > 1,
});

/** @param time as `readTime` gives it: what is no time has no age */
export const isOlder = (
  what: string,
  time: number | 'never' | 'unusable',
  limit: number,
  unit: Unit,
  now: number,
): Clause => ({
  text: `${what} is older than ${units(limit, unit)}`,
  holds: typeof time === 'number' ? isOverLimit(now - time, limit, unit) : undefined,
});

/** Holds where one of the alternatives does, and can't be told where only those that can't be told might. */
export const anyOf = (text: string, alternatives: readonly Clause[]): Clause => {
  const answers = alternatives.map(({ holds }) => holds);
  return {
    text,
    holds: answers.includes(true) || (answers.includes(undefined) ? undefined : false),
    alternatives,
  };
};
