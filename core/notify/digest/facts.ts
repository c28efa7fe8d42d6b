import type { Rule } from '../../../rules/engine/rule.ts';
import type { WaiverTrouble } from '../../../rules/engine/waiver.ts';
import type { Highlight } from '../../model/highlights.ts';
import type { Report } from '../../model/report.ts';

/** Everything that a digest may say. */
export interface DigestFacts {
  readonly report: Report;
  /** The operators' name for the environment. */
  readonly environmentName?: string;
  readonly highlights: readonly Highlight[];
  /** The waiver troubles of the last complete run: they are not mailed again. */
  readonly knownTroubles: readonly WaiverTrouble[];
  readonly rules: ReadonlyMap<string, Rule>;
  /** The report's key behind the archive's location. */
  readonly reportLocation: string;
}
