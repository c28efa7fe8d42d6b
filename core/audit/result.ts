import type { ManifestObject } from '../archive/manifest.ts';
import type { Highlight } from '../model/highlights.ts';
import type { Report } from '../model/report.ts';
import type { Deliveries } from '../notify/channel.ts';

/** The outcome of an audit: its report, and what was stored and sent. */
export interface AuditResult {
  readonly report: Report;
  readonly highlights: readonly Highlight[];
  readonly deliveries: Deliveries;
  /** The stored objects by name; empty where the archive took nothing. */
  readonly objects: Readonly<Record<string, ManifestObject>>;
  /** The place of the run in the chain, as `N:SHA256`; undefined where it has none. */
  readonly head?: string;
  /** The run had been completed before: nothing was read, judged or written anew. */
  readonly wasDone: boolean;
  /**
   * Sentences about what nobody would hear of, whatever the channels took; undefined where somebody hears of
   * everything.
   */
  readonly unheard?: readonly string[];
  /** Failures beside the evidence: an aid that could not be written. */
  readonly warnings: readonly string[];
}
