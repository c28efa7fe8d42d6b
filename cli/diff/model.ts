import type { FindingDiff } from './finding-diff.ts';
import type { MemberChange, UserDiff } from './user-diff.ts';

/** A change of a member whose values may name a person. */
export interface MaskedChange {
  readonly member: string;
  readonly masked: true;
}

export type ToldChange = MemberChange | MaskedChange;

export interface Diff {
  readonly environmentId: string;
  readonly from: string;
  readonly to: string;
  /** What the two runs were not both judged by. */
  readonly judgedBy: readonly string[];
  readonly users: Omit<UserDiff, 'changed'> & {
    readonly changed: readonly { readonly id: string; readonly members: readonly ToldChange[] }[];
  };
  readonly findings: FindingDiff;
}
