import type { FindingCounts } from '../../core/model/report.ts';
import type { ConfigComparison } from './comparison.ts';

/** A run under one config, in short. */
export interface ReplaySummary {
  readonly users: number;
  readonly findings: FindingCounts;
  /** The subject of the digest; undefined: people would have been left in peace. */
  readonly alert?: string;
}

export interface ReplayedRun {
  readonly run: string;
  /** `not-complete`: no attempt at the run was, so there is no whole listing to judge. */
  readonly outcome: 'replayed' | 'not-replayed' | 'not-complete';
  /** The reason that it was not replayed. */
  readonly message?: string;
  readonly config?: ReplaySummary;
  readonly against?: ReplaySummary;
}

export interface Replay {
  readonly environmentId: string;
  /** The files that the runs are judged by, for people. */
  readonly configs: { readonly config: string; readonly against?: string };
  readonly nights: readonly ReplayedRun[];
  readonly comparison?: ConfigComparison;
}
