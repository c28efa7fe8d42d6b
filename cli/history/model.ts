import type { FindingCounts, Verdict } from '../../core/model/report.ts';
import type { Finding } from '../../rules/engine/finding.ts';

/** A run or an unfinished attempt at one. */
export interface RunEntry {
  readonly run: string;
  /** Tells attempts at the same run apart. */
  readonly attempt?: string;
  /** `UNTRUSTED`: what is stored is altered, missing or unreadable. */
  readonly verdict: Verdict | 'UNTRUSTED';
  readonly reason?: string;
  /** The reason, for people, that it is not complete or not to be trusted. */
  readonly message?: string;
  readonly users?: number;
  readonly findings?: FindingCounts;
  /** The difference from the complete run before; absent where that can't be read. */
  readonly drift?: { readonly users?: number; readonly new: number; readonly resolved: number };
  /** Events of the change rules. */
  readonly changes?: number;
}

/** The findings of the last complete run that have been open longest. */
export interface LongestOpen {
  readonly run: string;
  /** The number of all that are open. */
  readonly count: number;
  readonly findings: readonly Pick<Finding, 'ruleId' | 'severity' | 'subject' | 'firstSeen' | 'runs' | 'state'>[];
}

export interface History {
  readonly environmentId: string;
  readonly entries: readonly RunEntry[];
  readonly longestOpen?: LongestOpen;
}
