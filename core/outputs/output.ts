import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { ObjectFile, RunKeys } from '../archive/keys.ts';
import type { Manifest, ManifestObject, StoredManifest } from '../archive/manifest.ts';
import type { ArchivedUser } from '../archive/repeated-records.ts';
import type { Band } from '../model/band.ts';
import type { Highlight } from '../model/highlights.ts';
import type { Report } from '../model/report.ts';

/** An object that runs leave in the archive. */
export interface Output extends ObjectFile {
  /** Its line in the list of evidence on the page; missing where the page does not list it. */
  readonly label?: string;
  /** The same of the further pages of a page, before their number. */
  readonly furtherLabel?: string;
}

/** An object with a line for each finding, written while users are judged. */
export interface FindingOutput extends Output {
  /** The first line. */
  readonly header?: string;
  /** The place of a finding's line among the others; missing: in the order in which they are found. */
  keyOf?(finding: Finding): string;
  /** @param rule undefined where today's catalogue has no such rule */
  line(finding: Finding, rule: Rule | undefined): string;
}

/** An object about the whole run, written once everything is judged. */
export interface RunOutput extends Output {
  /** Undefined where this run leaves no such object. The same facts give the same text. */
  write(facts: RunFacts): string | undefined;
}

/** A run as the archive holds it, or is about to. */
export interface StoredRun {
  /** Of a run that is being stored, without what only the chain knows. */
  readonly manifest: Manifest;
  readonly report: Report;
  /** By id; what has no rule here was judged by one that is not there any more. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** Each may be read again. */
  findings(): AsyncIterable<Finding>;
  /** Each once, by its last record. */
  users(): AsyncIterable<ArchivedUser>;
}

/** An object that runs leave where the config asks for it, and that can be made of any run of an archive. */
export interface OptionalOutput extends Output {
  /** Gives its lines, without their ends. The same run gives the same lines. */
  lines(run: StoredRun): AsyncIterable<string>;
}

/** A line of the page's list of evidence. */
export interface LabelledObject {
  /** The object's name in `OUTPUTS`. */
  readonly name: string;
  readonly label: string;
  readonly object: ManifestObject;
}

/** Everything that outputs may say of a run. */
export interface RunFacts {
  readonly report: Report;
  readonly highlights: readonly Highlight[];
  readonly rules: readonly ConfiguredRule[];
  /** The operators' name for the environment. */
  readonly environmentName?: string | undefined;
  /** The zone of the schedule, an IANA name. */
  readonly timeZone?: string | undefined;
  /** Accounts whose roles were welcome. */
  readonly trustedAccounts?: readonly string[];
  /** Whether pages name people, by name and e-mail address; they do where undefined. */
  readonly areNamesShown?: boolean | undefined;
  /** Those of people who hear of some severities alone. */
  readonly bands?: readonly Band[];
  readonly keys: RunKeys;
  /** The last complete run before this one, and its report. */
  readonly last?: (StoredManifest & { readonly report: Report | undefined }) | undefined;
  readonly hashes: Manifest['hashes'];
  /** The objects that the run has stored so far, in the order of the table. */
  readonly evidence: readonly LabelledObject[];
}
