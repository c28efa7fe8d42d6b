import type { ConfiguredRule } from '../../../rules/engine/configure.ts';
import type { Manifest, StoredManifest } from '../../archive/manifest.ts';
import type { Highlight } from '../../model/highlights.ts';
import type { Report } from '../../model/report.ts';

/** All that a report's page may speak of. */
export interface PageFacts {
  readonly report: Report;
  /** What operators call the environment, where they named it. */
  readonly environmentName?: string;
  /** The zone of the schedule, an IANA name. */
  readonly timeZone?: string;
  readonly rules: readonly ConfiguredRule[];
  readonly highlights: readonly Highlight[];
  /** What the run has stored, the page itself not among it. */
  readonly objects: Manifest['objects'];
  /** Undefined where the run has none. */
  readonly manifestKey?: string;
  /** The last complete run before this one. */
  readonly last?: Pick<StoredManifest, 'manifest' | 'key' | 'sha256'>;
  readonly hashes: Manifest['hashes'];
  readonly codeVersion: string;
}
