import type { Severity } from '../../rules/engine/severity.ts';

/** The measurements of a run, by the names that alarms and dashboards know. */
export type AuditMetric =
  | 'CompleteRuns'
  | 'IncompleteRuns'
  | 'FailedRuns'
  | 'Requests'
  /** Of a part of a listing that takes more than one invocation. */
  | 'ListedPages'
  | 'Throttles'
  | 'DurationSeconds'
  | 'Users'
  | 'Sequence'
  | `${Capitalize<Lowercase<Severity>>}Findings`
  | 'OldestOpenCriticalAgeDays'
  /** Of a verification of the archive. */
  | 'VerificationProblems';
