import type { FindingDiff } from './finding-diff.ts';
import type { MemberChange, UserDiff } from './user-diff.ts';

/** A change of a member whose values may name a person. */
export interface MaskedChange {
  readonly member: string;
  readonly masked: true;
}

/** A change as `diff` shows it. */
export type DiffChange = MemberChange | MaskedChange;

export interface Diff {
  readonly environmentId: string;
  readonly from: string;
  readonly to: string;
  /** The criteria that differ between the two runs: rules, config, waivers. */
  readonly judgedBy: readonly string[];
  readonly users: UserDiff<DiffChange>;
  readonly findings: FindingDiff;
}
