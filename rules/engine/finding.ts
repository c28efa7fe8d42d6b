import type { Evidence, Subject } from './rule.ts';
import type { Severity } from './severity.ts';
import type { Waiver } from './waiver.ts';

export const FINDING_STATES = ['new', 'open', 'reopened', 'resolved', 'waived', 'event'] as const;

/** `event` is a change, reported once, that neither persists nor resolves. */
export type FindingState = (typeof FINDING_STATES)[number];

/** In the order in which they are asked: the first that holds is the cause. */
export const RESOLUTION_CAUSES = ['user-vanished', 'user-disabled', 'regrouped', 'fixed', 'rule-changed'] as const;

export type ResolutionCause = (typeof RESOLUTION_CAUSES)[number];

/** One line of the findings file. */
export interface Finding {
  readonly id: string;
  readonly ruleId: string;
  readonly severity: Severity;
  readonly state: FindingState;
  readonly subject: Subject;
  readonly message: string;
  readonly evidence: Evidence;
  readonly controls: readonly string[];
  /** ISO 8601, UTC: the asOf of the first run that had it, since it last was resolved for good. */
  readonly firstSeen: string;
  /** ISO 8601, UTC: the asOf of the last run that judged it to fail. */
  readonly lastSeen: string;
  /** The number of complete runs in which it was open, this one included. */
  readonly runs: number;
  /** The rule could not assess the subject this time: the finding stays as it was. */
  readonly carried?: true;
  /** The reason for that, in the first run that could not assess it. */
  readonly carriedFor?: string;
  /** The rule could not assess the subject in the run before, and has again. */
  readonly assessedAgain?: true;
  /** The severity before this run raised it. */
  readonly escalatedFrom?: Severity;
  /** The severity before this run lowered it. */
  readonly loweredFrom?: Severity;
  /** A waiver accepts it that did not in the run before. */
  readonly waiverBegan?: true;
  /** A waiver accepted it in the run before, and none does now. */
  readonly waiverEnded?: true;
  readonly resolvedAt?: string;
  readonly cause?: ResolutionCause;
  /** The id of the subject under which the group still fails, where it was regrouped. */
  readonly regroupedTo?: string;
  /** The waiver that accepts it, without rule and user. */
  readonly waiver?: Omit<Waiver, 'rule' | 'user'>;
}

/**
 * Names a finding. Stable over runs, whatever changes in the message: (environment, rule, subject). Readable, and
 * unambiguous since neither an environment's nor a rule's id holds a slash.
 */
export const findingId = (environmentId: string, ruleId: string, subject: Subject): string =>
  `${environmentId}/${ruleId}/${subject.id}`;

/** The rule and the subject of a finding, by its id. */
export const partsOfFindingId = (
  environmentId: string,
  id: string,
): { readonly ruleId: string; readonly subjectId: string } => {
  const rest = id.slice(environmentId.length + 1);
  const cut = rest.indexOf('/');
  return { ruleId: rest.slice(0, cut), subjectId: rest.slice(cut + 1) };
};
