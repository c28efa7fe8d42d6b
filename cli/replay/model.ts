import type { FindingCounts } from '../../core/model/report.ts';
import type { Comparison } from './comparison.ts';

/** What a night comes to under one config, in short. */
export interface NightVerdict {
  readonly users: number;
  readonly findings: FindingCounts;
  /** The subject of the digest; undefined: people would have been left in peace. */
  readonly alert?: string;
}

export interface ReplayedNight {
  readonly run: string;
  /** `not-complete`: that night no run was, so there is no whole listing to judge. */
  readonly outcome: 'replayed' | 'not-replayed' | 'not-complete';
  /** Why it was not replayed. */
  readonly message?: string;
  readonly config?: NightVerdict;
  readonly against?: NightVerdict;
}

export interface Replay {
  readonly environmentId: string;
  /** What the nights are judged by, for people. */
  readonly configs: { readonly config: string; readonly against?: string };
  readonly nights: readonly ReplayedNight[];
  readonly comparison?: Comparison;
}
