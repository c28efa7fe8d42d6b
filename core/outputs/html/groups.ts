import type { Finding } from '../../../rules/engine/finding.ts';
import { SEVERITIES, type Severity, severityRank } from '../../../rules/engine/severity.ts';
import { kindOf } from '../../model/highlights.ts';
import type { RunFacts } from '../output.ts';
import { KIND_ORDER, type Shown } from './finding-row.ts';

/** The severities of which every finding is on a page, however many there are. */
const SEVERE: ReadonlySet<Severity> = new Set(['CRITICAL', 'HIGH']);

/** Tells whether a page has to show a finding, whatever the number of others; what resolved is no longer severe. */
export const isSevere = ({ severity, state }: Pick<Finding, 'severity' | 'state'>): boolean =>
  SEVERE.has(severity) && state !== 'resolved';

/** The findings of one rule and severity, those that resolved apart. */
export interface FindingGroup {
  readonly key: string;
  readonly ruleId: string;
  readonly severity: Severity;
  readonly isResolved: boolean;
  /** All of them, by kind, in the order of kinds. */
  readonly counts: readonly (readonly [kind: Shown, count: number])[];
  readonly total: number;
  /** Whether pages have all of them. */
  readonly isSevere: boolean;
}

const keyOf = (ruleId: string, severity: Severity, isResolved: boolean): string =>
  `${isResolved ? 'resolved' : severity} ${severity} ${ruleId}`;

/** The key of the group that a finding is in. */
export const groupKeyOf = ({ ruleId, severity, state }: Finding): string =>
  keyOf(ruleId, severity, state === 'resolved');

const rulePositions = ({ rules }: Pick<RunFacts, 'rules'>): ReadonlyMap<string, number> =>
  new Map(rules.map(({ rule }, index) => [rule.id, index]));

/** The groups that a run's findings make: by severity, the worst first and across rules; what resolved comes last. */
export const findingGroups = (facts: Pick<RunFacts, 'highlights' | 'rules'>): readonly FindingGroup[] => {
  const positions = rulePositions(facts);
  const groups = new Map<string, { ruleId: string; severity: Severity; counts: Map<Shown, number> }>();
  for (const { ruleId, kind: given, severities } of facts.highlights) {
    const kind = given === 'reminder' ? 'open' : given;
    for (const severity of SEVERITIES) {
      const count = severities[severity] ?? 0;
      if (count === 0) continue;
      const key = keyOf(ruleId, severity, kind === 'resolved');
      const group = groups.get(key) ?? { ruleId, severity, counts: new Map() };
      groups.set(key, group);
      group.counts.set(kind, (group.counts.get(kind) ?? 0) + count);
    }
  }
  const placeOf = ({ ruleId }: FindingGroup): number => positions.get(ruleId) ?? positions.size;
  return [...groups]
    .map(([key, { ruleId, severity, counts }]): FindingGroup => {
      const isResolved = counts.has('resolved');
      return {
        key,
        ruleId,
        severity,
        isResolved,
        counts: KIND_ORDER.flatMap((kind) => (counts.has(kind) ? [[kind, counts.get(kind) ?? 0]] : [])),
        total: [...counts.values()].reduce((sum, count) => sum + count, 0),
        isSevere: isSevere({ severity, state: isResolved ? 'resolved' : 'open' }),
      };
    })
    .toSorted(
      (a, b) =>
        Number(a.isResolved) - Number(b.isResolved) ||
        severityRank(b.severity) - severityRank(a.severity) ||
        placeOf(a) - placeOf(b) ||
        (a.ruleId < b.ruleId ? -1 : Number(a.ruleId > b.ruleId)),
    );
};

const digits = (value: number, width: number): string => String(value).padStart(width, '0');

/** Gives the place of a severe finding among all others, as text: in the order of the groups, and in each by kind. */
export const placesAmong = (facts: Pick<RunFacts, 'highlights' | 'rules'>): ((finding: Finding) => string) => {
  const places = new Map(findingGroups(facts).map(({ key }, index) => [key, index]));
  return (finding) => {
    const group = places.get(groupKeyOf(finding)) ?? places.size;
    return `${digits(group, 6)}${digits(KIND_ORDER.indexOf(kindOf(finding)), 2)}${finding.subject.id}`;
  };
};
