import type { RuleOutcome } from '../../rules/engine/evaluate.ts';
import { FINDING_STATES, type Finding, type FindingState } from '../../rules/engine/finding.ts';
import { SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import type { WaiverTrouble } from '../../rules/engine/waiver.ts';
import type { GroupCounts } from './groups.ts';
import type { JudgingCode } from './judging-code.ts';
import type { ListingCounts, ListingSource, ListingTimes, StopReason } from './listing.ts';
import type { RoleCounts } from './roles.ts';
import type { TrendPoint } from './trend.ts';

/** Only a complete run moves `latest` and resolves findings. */
export type Verdict = 'COMPLETE' | 'INCOMPLETE' | 'FAILED';

/** The reason for which a run is not complete. */
export type VerdictReason =
  | StopReason
  | 'rule-error'
  | 'empty-roster'
  | 'roster-drop'
  | 'untrusted-history'
  | 'stale-roster'
  | 'after-the-fact'
  | 'closed'
  | 'archive-unavailable';

export interface Counts extends ListingCounts {
  /** Users judged. */
  readonly users: number;
  /** Records dropped since the same had come before in the same listing. */
  readonly duplicates: number;
  /** Users of whom there were records that differ; left out in reports of before it was counted. */
  readonly conflicting?: number;
}

export interface FindingCounts {
  /** Findings that stand: those that fail, are not waived and are no events. */
  readonly bySeverity: Readonly<Record<Severity, number>>;
  /** Events that are not waived. Missing in reports of before, which have them among `bySeverity`. */
  readonly eventsBySeverity?: Readonly<Record<Severity, number>>;
  readonly byState: Readonly<Record<FindingState, number>>;
  /** Since when the oldest CRITICAL stands: its firstSeen. Missing where none does. */
  readonly oldestOpenCritical?: string;
}

/** Counts of how the facts beside the listing were read; of what the config does not ask for, nothing. */
export interface EnrichedCounts {
  readonly iamRoles?: RoleCounts;
  readonly permissionGroups?: GroupCounts;
}

/** The decision to go on from a run although the history does not hold. */
export interface AcceptedHistory {
  /** Of the run that the chain goes on from, hexadecimal. */
  readonly sha256: string;
  readonly reason: string;
  /** The fault of the history at that time. */
  readonly problem: string;
}

/** `report.json`, and what `run --json` prints. */
export interface Report {
  readonly schemaVersion: 1;
  /** The run's name, `20261124T020000Z`. */
  readonly run: string;
  readonly environmentId: string;
  /** The environment's. */
  readonly accountId: string;
  /** The account that audited it, where it is another. */
  readonly auditorAccountId?: string;
  readonly region: string;
  /** ISO 8601, UTC. */
  readonly asOf: string;
  /**
   * The times of the listing; where nothing was listed, the moment at which that was known. Missing in what older
   * versions wrote.
   */
  readonly listing?: ListingTimes;
  /** A live listing that began long after `asOf`: it shows the users as they were then. */
  readonly late?: true;
  /** Missing where nothing was listed, and in what older versions wrote. */
  readonly source?: ListingSource;
  /** That of the last complete run, where it is another. */
  readonly previousSource?: ListingSource;
  /** Missing in what older versions wrote. */
  readonly code?: JudgingCode;
  /** That of the last complete run, where it is another. */
  readonly previousCode?: JudgingCode;
  readonly verdict: Verdict;
  /** There where the verdict is not COMPLETE. */
  readonly reason?: VerdictReason;
  /** The reason in words, with what to do about it; names no user. */
  readonly message?: string;
  readonly counts: Counts;
  readonly enriched?: EnrichedCounts;
  readonly rules: readonly RuleOutcome[];
  readonly findings: FindingCounts;
  /** Waivers that somebody has to see to; only a run that is COMPLETE can know of them. */
  readonly waiverTroubles?: readonly WaiverTrouble[];
  /** The last complete run before this one. */
  readonly previousRun?: string;
  /** Somebody let the chain go on past a history that does not hold. */
  readonly acceptedHistory?: AcceptedHistory;
  /** The end of the chain before this run, as `N:SHA256`. */
  readonly previousHead?: string;
  /** Its place in the chain, from 1; of a complete run. */
  readonly sequence?: number;
  /** The last 90 complete runs, the oldest first, this one included where it is complete. */
  readonly trend?: readonly TrendPoint[];
}

/** Whether a run saw nobody: noughts are then no numbers. */
export const isNobodySeen = ({ verdict, counts }: Pick<Report, 'verdict' | 'counts'>): boolean =>
  verdict !== 'COMPLETE' && counts.users === 0;

const zeroes = <K extends string>(keys: readonly K[]): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;

/** Whether a finding fails now, is not waived, and is no event, which is told once and does not persist. */
export const isStanding = ({ state }: Pick<Finding, 'state'>): boolean =>
  state !== 'resolved' && state !== 'waived' && state !== 'event';

/** Counts what a run found and nobody had waived, by severity: what stands and the events. */
export const foundBySeverity = ({ bySeverity, eventsBySeverity }: FindingCounts): Readonly<Record<Severity, number>> =>
  Object.fromEntries(
    SEVERITIES.map((severity) => [severity, bySeverity[severity] + (eventsBySeverity?.[severity] ?? 0)]),
  ) as Record<Severity, number>;

/** Counts findings as they pass by. */
export const countFindings = () => {
  const bySeverity = zeroes(SEVERITIES);
  const eventsBySeverity = zeroes(SEVERITIES);
  const byState = zeroes(FINDING_STATES);
  let oldestOpenCritical: string | undefined;
  return {
    add(finding: Finding): void {
      byState[finding.state] += 1;
      if (finding.state === 'event') eventsBySeverity[finding.severity] += 1;
      if (!isStanding(finding)) return;
      bySeverity[finding.severity] += 1;
      const isOldest = oldestOpenCritical === undefined || finding.firstSeen < oldestOpenCritical;
      if (finding.severity === 'CRITICAL' && isOldest) oldestOpenCritical = finding.firstSeen;
    },
    counts: (): FindingCounts => ({
      bySeverity: { ...bySeverity },
      eventsBySeverity: { ...eventsBySeverity },
      byState: { ...byState },
      ...(oldestOpenCritical !== undefined && { oldestOpenCritical }),
    }),
  };
};

/** Whether a rule is on: whether it judged or should have. */
export const isOn = ({ state }: Pick<RuleOutcome, 'state'>): boolean => state === 'ran' || state === 'not-assessed';

/** Whether a rule had an answer for everybody. */
export const isFullyJudged = ({ state, notAssessed }: Pick<RuleOutcome, 'state' | 'notAssessed'>): boolean =>
  state === 'ran' && notAssessed === 0;

/** The ids of the rules that are on and had no answer for somebody. */
export const notFullyJudged = ({ rules }: Pick<Report, 'rules'>): readonly string[] =>
  rules.filter((rule) => isOn(rule) && !isFullyJudged(rule)).map(({ id }) => id);
