/** The severities, from the least to the most severe. */
export const SEVERITIES = ['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;

/** The weight of a finding. */
export type Severity = (typeof SEVERITIES)[number];

/** Tells whether `severity` is as severe as `least`, or more. */
export const isAtLeast = (severity: Severity, least: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);

/** 0 for the least severe. */
export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** The most severe of some; undefined of none. */
export const worstSeverity = (severities: readonly Severity[]): Severity | undefined =>
  SEVERITIES[Math.max(...severities.map(severityRank))];
