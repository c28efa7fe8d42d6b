import type { Rule } from '../../../rules/engine/rule.ts';
import type { WaiverTrouble } from '../../../rules/engine/waiver.ts';
import type { Highlight } from '../../model/highlights.ts';
import type { Report } from '../../model/report.ts';

/** All that a digest may speak of. */
export interface DigestFacts {
  readonly report: Report;
  /** The operators' name for the environment. */
  readonly environmentName?: string;
  readonly highlights: readonly Highlight[];
  /** The waiver troubles of the last complete run: they are not mailed again. */
  readonly knownTroubles: readonly WaiverTrouble[];
  readonly rules: ReadonlyMap<string, Rule>;
  /** Where the report is to be found: the archive's location and the report's key. */
  readonly reportLocation: string;
}
