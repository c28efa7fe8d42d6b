import type { Finding } from '../../rules/engine/finding.ts';
import type { Subject } from '../../rules/engine/rule.ts';
import { SEVERITIES, type Severity, worstSeverity } from '../../rules/engine/severity.ts';
import type { User } from '../../rules/engine/user.ts';
import { isFailing } from '../model/report.ts';

/** The findings that fail and are not waived. */
export interface OpenFindings {
  readonly count: number;
  /** Undefined where nothing fails. */
  readonly worst: Severity | undefined;
}

const NONE: OpenFindings = { count: 0, worst: undefined };

const sum = (one: OpenFindings, other: OpenFindings): OpenFindings => ({
  count: one.count + other.count,
  worst: worstSeverity([one.worst, other.worst].filter((severity) => severity !== undefined)),
});

const subjectKey = ({ kind, id }: Subject): string => `${kind}/${id}`;

/** Counts the open findings on each subject; an event is never open. */
export const tallyFindings = () => {
  const bySubject = new Map<string, OpenFindings>();
  const bySeverity = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
  const openOn = (subject: Subject): OpenFindings => bySubject.get(subjectKey(subject)) ?? NONE;

  return {
    add(finding: Finding): void {
      if (!isFailing(finding) || finding.state === 'event') return;
      const { subject, severity } = finding;
      bySeverity[severity] += 1;
      bySubject.set(subjectKey(subject), sum(openOn(subject), { count: 1, worst: severity }));
    },
    /** Sums up the open findings on a user, and on the principal that its API access is bound to. */
    of({ id, isApiBound, principalArn }: User): OpenFindings {
      const own = openOn({ kind: 'user', id });
      return isApiBound && principalArn !== undefined ? sum(own, openOn({ kind: 'principal', id: principalArn })) : own;
    },
    bySeverity: (): Readonly<Record<Severity, number>> => ({ ...bySeverity }),
  };
};
