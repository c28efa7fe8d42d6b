import type { RuleFailure } from './evaluate.ts';
import { type Finding, type FindingState, findingId, RESOLUTION_CAUSES, type ResolutionCause } from './finding.ts';
import type { Fate, OpenFinding, OpenFindings } from './memory/open-findings.ts';
import { givesEvents, type Rule, type Subject } from './rule.ts';
import { SEVERITIES, type Severity } from './severity.ts';
import { DAY_MS } from './time.ts';
import type { Waiver, WaiverBook } from './waiver.ts';

/** A finding that comes back within this time of resolving is the same one, reopened. */
export const REOPENING_MS = 30 * DAY_MS;

type RecentFinding = Pick<OpenFinding, 'severity' | 'firstSeen' | 'runs'>;

/** A finding that resolved within the last 30 days: one line of the `resolved` file. */
export interface RecentlyResolved extends RecentFinding {
  readonly id: string;
  readonly resolvedAt: string;
}

/** The findings that earlier runs left, to which those of this run are held. */
export interface FindingBaseline {
  readonly open: OpenFindings;
  readonly resolved: ReadonlyMap<string, RecentlyResolved>;
}

/** Tells whether a line of the findings file is still open for the next run, accepted or not. */
export const staysOpen = ({ state }: Finding, rule: Rule | undefined): boolean =>
  state !== 'resolved' && state !== 'event' && !givesEvents(rule);

const waiverEvidence = ({ reason, ticket, owner, approver, expires }: Waiver) => ({
  reason,
  ...(ticket !== undefined && { ticket }),
  owner,
  approver,
  expires,
});

/** The severity before, by the name that says whether it was raised or lowered; nothing where it is the same. */
const severityChange = (from: Severity, to: Severity): Pick<Finding, 'escalatedFrom' | 'loweredFrom'> => {
  if (from === to) return {};
  return SEVERITIES.indexOf(to) > SEVERITIES.indexOf(from) ? { escalatedFrom: from } : { loweredFrom: from };
};

/** A finding without what was news of the run that wrote it, and without the waiver, which is looked for anew. */
const withoutNews = ({
  assessedAgain: _again,
  carriedFor: _why,
  escalatedFrom: _raised,
  loweredFrom: _lowered,
  waiverBegan: _began,
  waiverEnded: _ended,
  waiver: _waiver,
  ...kept
}: Finding) => kept;

/** The cause by what is known: that nothing is, is no reason to call it fixed. */
const causeOf = (fate: Fate | undefined): ResolutionCause =>
  RESOLUTION_CAUSES.find((cause) => cause === fate) ?? 'rule-changed';

/** Gives each failure its place in the history of its finding. */
export interface Lifecycle {
  findingOf(failure: RuleFailure): Finding;
  /** Notes that the rule could not judge the subject: a finding that is open there stays so. */
  notAssessed(rule: Rule, subject: Subject, reason: string): void;
  /**
   * Carries or resolves a line of the last complete run's findings that did not fail again, by what is known to have
   * become of it; undefined where there is nothing more to say of it. Only for a complete run: nothing resolves on any
   * other.
   */
  carryOrResolve(finding: Finding, rule: Rule | undefined): Finding | undefined;
  /** The lines for the next run: what resolved within the last 30 days and has not come back. */
  recentlyResolved(): readonly RecentlyResolved[];
}

/**
 * @param asOf the run's instant, ISO 8601 in UTC
 * @param unjudged ids of rules that had no say in this run; filled when the listing has ended, before anything is
 * carried or resolved
 */
export const beginLifecycle = (
  environmentId: string,
  asOf: string,
  baseline: FindingBaseline,
  waivers: WaiverBook,
  unjudged: ReadonlySet<string>,
): Lifecycle => {
  const reopened = new Set<string>();
  const resolvedNow: RecentlyResolved[] = [];
  const since = (resolvedAt: string): number => Date.parse(asOf) - Date.parse(resolvedAt);

  /** The state of a finding that fails in this run, and what it was if it was open or resolved a short time ago. */
  const historyOf = (
    id: string,
  ): {
    readonly state: FindingState;
    readonly earlier?: RecentFinding & Pick<OpenFinding, 'wasWaived' | 'wasCarried'>;
  } => {
    const open = baseline.open.failAgain(id);
    if (open !== undefined) return { state: 'open', earlier: open };
    const resolved = baseline.resolved.get(id);
    if (resolved === undefined || since(resolved.resolvedAt) > REOPENING_MS) return { state: 'new' };
    reopened.add(id);
    return { state: 'reopened', earlier: resolved };
  };

  return {
    findingOf({ rule, severity, subject, violation }) {
      const id = findingId(environmentId, rule.id, subject);
      const waiver = waivers.find(rule.id, subject.id, severity);
      const { state: unwaived, earlier } = givesEvents(rule)
        ? { state: 'event' as const, earlier: undefined }
        : historyOf(id);
      const state = waiver === undefined ? unwaived : 'waived';

      return {
        id,
        ruleId: rule.id,
        severity,
        state,
        subject,
        message: violation.message,
        evidence: violation.evidence,
        controls: rule.controls,
        firstSeen: earlier?.firstSeen ?? asOf,
        lastSeen: asOf,
        runs: (earlier?.runs ?? 0) + 1,
        ...(unwaived === 'open' && earlier && severityChange(earlier.severity, severity)),
        ...(earlier?.wasCarried && { assessedAgain: true }),
        ...(state === 'open' && earlier?.wasWaived && { waiverEnded: true }),
        ...(state === 'waived' && unwaived !== 'event' && !earlier?.wasWaived && { waiverBegan: true }),
        ...(waiver !== undefined && { waiver: waiverEvidence(waiver) }),
      };
    },

    notAssessed(rule, subject, reason) {
      baseline.open.carry(findingId(environmentId, rule.id, subject), reason);
    },

    carryOrResolve(finding, rule) {
      const fate = baseline.open.fateOf(finding.id);
      if (!staysOpen(finding, rule) || fate === 'failed-again') return undefined;
      const kept = withoutNews(finding);
      if (fate === 'carried' || unjudged.has(finding.ruleId)) {
        const waiver = waivers.find(finding.ruleId, finding.subject.id, finding.severity);
        const reason = finding.carried ? undefined : baseline.open.carriedFor(finding.id);
        return {
          ...kept,
          state: waiver === undefined ? 'open' : 'waived',
          runs: finding.runs + 1,
          carried: true,
          ...(reason !== undefined && { carriedFor: reason }),
          ...(finding.state === 'waived' && waiver === undefined && { waiverEnded: true }),
          ...(finding.state !== 'waived' && waiver !== undefined && { waiverBegan: true }),
          ...(waiver !== undefined && { waiver: waiverEvidence(waiver) }),
        };
      }
      const { id, severity, firstSeen, runs } = finding;
      resolvedNow.push({ id, severity, firstSeen, runs, resolvedAt: asOf });
      const { carried: _carried, ...ended } = kept;
      const regroupedTo = baseline.open.regroupedTo(id);
      return {
        ...ended,
        state: 'resolved',
        resolvedAt: asOf,
        cause: causeOf(fate),
        ...(regroupedTo !== undefined && { regroupedTo }),
      };
    },

    recentlyResolved: () => [
      ...[...baseline.resolved.values()].filter(
        ({ id, resolvedAt }) => !reopened.has(id) && since(resolvedAt) <= REOPENING_MS,
      ),
      ...resolvedNow,
    ],
  };
};
