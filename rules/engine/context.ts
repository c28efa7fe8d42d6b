import type { Memberships, RoleBook } from './facts.ts';

/** The limits a rule works with: their defaults with the rule, set by the operator in the config. */
export type Options = Readonly<Record<string, number | string | boolean | readonly string[]>>;

/** The facts of a run that are not about one user. */
export interface Context {
  /** The instant the run speaks for, in milliseconds since the epoch. Rules have no other clock. */
  readonly now: number;
  /**
   * The moment at which the users that are judged had been read, in milliseconds since the epoch: a listing may begin
   * after `now`, and take hours.
   */
  readonly readAt: number;
  /** The records tell part of each user only, as events do: what one lacks is unknown, and neither none nor never. */
  readonly hasGaps?: boolean | undefined;
  /** The id of the environment that is judged. */
  readonly environmentId: string;
  /** The partition of the environment, such as `aws`. */
  readonly partition: string;
  /** The environment's own account, and those that the config trusts. */
  readonly trustedAccounts: ReadonlySet<string>;
  /** The roles that users are bound to; undefined where they are not read. */
  readonly roles?: RoleBook | undefined;
  /** The same of the last complete run; undefined where there is none, or it read none. */
  readonly earlierRoles?: RoleBook | undefined;
  /** The members of risky permission groups; undefined where groups are not read. */
  readonly memberships?: Memberships | undefined;
}
