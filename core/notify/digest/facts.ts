import type { Rule } from '../../../rules/engine/rule.ts';
import type { WaiverTrouble } from '../../../rules/engine/waiver.ts';
import type { Highlight, HighlightKind } from '../../model/highlights.ts';
import type { Report } from '../../model/report.ts';

/** All that a digest may speak of. */
export interface DigestFacts {
  readonly report: Report;
  /** What operators call the environment, where they named it. */
  readonly environmentName?: string;
  readonly highlights: readonly Highlight[];
  /** What the last complete run told of waivers: it is not mailed again. */
  readonly earlierTroubles: readonly WaiverTrouble[];
  readonly rules: ReadonlyMap<string, Rule>;
  /** Where the report is to be found: the archive's location and the report's key. */
  readonly reportLocation: string;
}

/** What people are mailed for; what merely stays open or waived is no news. */
export const NEWS: ReadonlySet<HighlightKind> = new Set([
  'new',
  'reopened',
  'escalated',
  'waiver-ended',
  'event',
  'resolved',
  'reminder',
]);
