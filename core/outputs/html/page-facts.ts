import type { ConfiguredRule } from '../../../rules/engine/configure.ts';
import type { Manifest, StoredManifest } from '../../archive/manifest.ts';
import type { Highlight } from '../../model/highlights.ts';
import type { Report } from '../../model/report.ts';
import type { LabelledObject } from '../output.ts';

/** Everything that a report's page may say. */
export interface PageFacts {
  readonly report: Report;
  /** The operators' name for the environment. */
  readonly environmentName?: string;
  /** The zone of the schedule, an IANA name. */
  readonly timeZone?: string;
  readonly rules: readonly ConfiguredRule[];
  readonly highlights: readonly Highlight[];
  /** The run's other objects. */
  readonly evidence: readonly LabelledObject[];
  /** Undefined where the run has none. */
  readonly manifestKey?: string;
  /** The last complete run before this one. */
  readonly last?: Pick<StoredManifest, 'key' | 'sha256'>;
  readonly hashes: Manifest['hashes'];
  readonly codeVersion: string;
}
