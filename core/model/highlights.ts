import type { Finding, FindingState } from '../../rules/engine/finding.ts';
import { SEVERITIES, type Severity, severityRank } from '../../rules/engine/severity.ts';
import { type Band, isInBand } from './band.ts';

/**
 * A finding's meaning to a reader: its state, or, of one that stays open, that its severity was raised, that its waiver
 * has ended, that it is carried for the first time, or that a reminder is due.
 */
export type HighlightKind = FindingState | 'escalated' | 'waiver-ended' | 'carried' | 'reminder';

/** Whether people are mailed and programs get an event: for everything but what merely stays open or waived. */
export const isNews = (kind: HighlightKind): boolean => kind !== 'open' && kind !== 'waived';

/** The findings of one rule that mean the same to a reader. */
export interface Highlight {
  readonly ruleId: string;
  readonly kind: HighlightKind;
  /** The worst among them. */
  readonly severity: Severity;
  readonly count: number;
  /** The same by severity. */
  readonly severities: Readonly<Partial<Record<Severity, number>>>;
  /** The first of them, of the worst severity first. */
  readonly findings: readonly Finding[];
}

/** The most findings of one kind and rule that are kept to be shown; the findings file has them all. */
const KEPT = 100;

/** Of each severity as many are kept in any case: who hears of that one alone is shown some. */
const KEPT_OF_SEVERITY = 20;

const rank = ({ severity }: { readonly severity: Severity }): number => severityRank(severity);

/** A finding's meaning to a reader who needs no reminders. */
export const kindOf = ({
  escalatedFrom,
  waiverEnded,
  carriedFor,
  state,
}: Finding): Exclude<HighlightKind, 'reminder'> => {
  // Whoever accepted it is not told how severe it has become.
  if (state === 'waived') return state;
  if (escalatedFrom !== undefined) return 'escalated';
  if (waiverEnded) return 'waiver-ended';
  return state === 'open' && carriedFor !== undefined ? 'carried' : state;
};

const worstKept = (findings: readonly Finding[]): readonly Finding[] => {
  const sorted = findings.toSorted((a, b) => rank(b) - rank(a));
  const firsts = new Map(
    SEVERITIES.map((severity) => [severity, sorted.findIndex((one) => one.severity === severity)]),
  );
  return sorted.filter(({ severity }, index) => index < KEPT || index < (firsts.get(severity) ?? 0) + KEPT_OF_SEVERITY);
};

/** Gives the part of a highlight that is in a band of severities. */
export const highlightWithin = (
  highlight: Highlight,
  band: Pick<Band, 'minSeverity' | 'maxSeverity'>,
): readonly Highlight[] => {
  const own = SEVERITIES.filter((severity) => isInBand(severity, band) && (highlight.severities[severity] ?? 0) > 0);
  const severity = own.at(-1);
  if (severity === undefined) return [];
  const severities = Object.fromEntries(own.map((one) => [one, highlight.severities[one]]));
  return [
    {
      ...highlight,
      severity,
      severities,
      count: own.reduce((total, one) => total + (highlight.severities[one] ?? 0), 0),
      findings: highlight.findings.filter((finding) => isInBand(finding.severity, band)),
    },
  ];
};

/** Keeps the findings that people are shown, of all that pass by: bounded, whatever the size of the directory. */
export const collectHighlights = (isReminderDue: (finding: Finding) => boolean = () => false) => {
  const groups = new Map<
    string,
    Pick<Highlight, 'ruleId' | 'kind' | 'severity'> & { count: number; kept: Finding[] }
  >();

  return {
    add(finding: Finding): void {
      const own = kindOf(finding);
      const kind = own === finding.state && isReminderDue(finding) ? 'reminder' : own;
      const { ruleId, severity } = finding;
      const key = `${ruleId}/${kind}/${severity}`;
      const group = groups.get(key) ?? { ruleId, kind, severity, count: 0, kept: [] };
      groups.set(key, group);
      group.count += 1;
      if (group.kept.length < KEPT) group.kept.push(finding);
    },

    /** The worst first; of equals, in the order of arrival. */
    list(): readonly Highlight[] {
      const merged = new Map<string, Highlight>();
      for (const { ruleId, kind, severity: own, count, kept } of groups.values()) {
        const key = `${ruleId}/${kind}`;
        const other = merged.get(key);
        const findings = worstKept([...(other?.findings ?? []), ...kept]);
        const severity = findings[0]?.severity ?? own;
        const severities = { ...other?.severities, [own]: count };
        merged.set(key, { ruleId, kind, severity, count: count + (other?.count ?? 0), severities, findings });
      }
      return [...merged.values()].toSorted((a, b) => rank(b) - rank(a));
    },
  };
};
