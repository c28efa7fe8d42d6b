import { isAtLeast, SEVERITIES, type Severity } from '../../rules/engine/severity.ts';

/** The severities of which some recipients hear each night, and of no others. */
export interface Band {
  /** Stands in the attributes of its mails, the filters of their subscriptions, and the names of their markers. */
  readonly label: string;
  readonly minSeverity: Severity;
  readonly maxSeverity: Severity;
  /** Severities beyond it of which others are told by mail. */
  readonly sentToOthers: readonly Severity[];
}

type Ends = Pick<Band, 'minSeverity' | 'maxSeverity'>;

export const bandLabel = ({ minSeverity, maxSeverity }: Ends): string => `${minSeverity}-${maxSeverity}`;

/** The label of what tells of every severity. */
export const WHOLE_BAND = bandLabel({ minSeverity: 'INFORMATIONAL', maxSeverity: 'CRITICAL' });

export const isInBand = (severity: Severity, { minSeverity, maxSeverity }: Ends): boolean =>
  isAtLeast(severity, minSeverity) && isAtLeast(maxSeverity, severity);

/** The severities beyond a band, the worst first. */
export const severitiesBeyond = (band: Ends): readonly Severity[] =>
  SEVERITIES.filter((severity) => !isInBand(severity, band)).toReversed();

/** `up to MEDIUM`, `from HIGH on`, `of LOW`, `from LOW to HIGH`; reads after findings. */
export const bandText = ({ minSeverity, maxSeverity }: Ends): string => {
  if (minSeverity === maxSeverity) return `of ${minSeverity}`;
  if (minSeverity === 'INFORMATIONAL') return `up to ${maxSeverity}`;
  return maxSeverity === 'CRITICAL' ? `from ${minSeverity} on` : `from ${minSeverity} to ${maxSeverity}`;
};
