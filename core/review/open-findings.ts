import type { Finding } from '../../rules/engine/finding.ts';
import type { Subject } from '../../rules/engine/rule.ts';
import { SEVERITIES, type Severity, worstSeverity } from '../../rules/engine/severity.ts';
import type { User } from '../../rules/engine/user.ts';
import { isStanding } from '../model/report.ts';

/** The findings that fail and are not waived. */
export interface OpenCount {
  readonly count: number;
  /** Undefined where nothing fails. */
  readonly worst: Severity | undefined;
  /** The ids of their rules, each once. */
  readonly rules?: readonly string[];
}

const NONE: OpenCount = { count: 0, worst: undefined };

const sum = (one: OpenCount, other: OpenCount): OpenCount => ({
  count: one.count + other.count,
  worst: worstSeverity([one.worst, other.worst].filter((severity) => severity !== undefined)),
  rules: [...new Set([...(one.rules ?? []), ...(other.rules ?? [])])],
});

const subjectKey = ({ kind, id }: Subject): string => `${kind}/${id}`;

/** Tells whether a finding of a rule about a principal counts for a user that has it. */
export type CountsFor = (ruleId: string, user: User) => boolean;

/** Counts the open findings on each subject; an event is never open. */
export const tallyFindings = (countsFor: CountsFor) => {
  const bySubject = new Map<string, OpenCount>();
  const onPrincipals = new Map<string, { readonly ruleId: string; readonly severity: Severity }[]>();
  const bySeverity = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
  const openOn = (subject: Subject): OpenCount => bySubject.get(subjectKey(subject)) ?? NONE;

  return {
    add(finding: Finding): void {
      if (!isStanding(finding)) return;
      const { subject, severity, ruleId } = finding;
      bySeverity[severity] += 1;
      if (subject.kind === 'principal') {
        onPrincipals.set(subject.id, [...(onPrincipals.get(subject.id) ?? []), { ruleId, severity }]);
        return;
      }
      bySubject.set(subjectKey(subject), sum(openOn(subject), { count: 1, worst: severity, rules: [ruleId] }));
    },
    /** Sums up the open findings on a user, and those on its principal that it counts in. */
    of(user: User): OpenCount {
      return (onPrincipals.get(user.principalArn ?? '') ?? [])
        .filter(({ ruleId }) => countsFor(ruleId, user))
        .reduce(
          (all, { ruleId, severity }) => sum(all, { count: 1, worst: severity, rules: [ruleId] }),
          openOn({ kind: 'user', id: user.id }),
        );
    },
    bySeverity: (): Readonly<Record<Severity, number>> => ({ ...bySeverity }),
  };
};
