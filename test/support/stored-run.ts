import type { Manifest } from '../../core/archive/manifest.ts';
import { countFindings } from '../../core/model/report.ts';
import type { StoredRun } from '../../core/outputs/output.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import { readUser } from '../../rules/engine/user.ts';
import { rules } from '../../rules/index.ts';
import { aManifest } from './findings.ts';

/** A run as an archive would hold it, of these findings and records. */
export const aStoredRun = ({
  findings = [],
  records = [],
  manifest = aManifest(),
}: {
  readonly findings?: readonly Finding[];
  readonly records?: readonly unknown[];
  readonly manifest?: Manifest;
}): StoredRun => ({
  manifest,
  report: { ...manifest, rules: [], findings: countFindings().counts() },
  rules: new Map(rules.map((rule) => [rule.id, rule])),
  findings: async function* all() {
    yield* findings;
  },
  users: async function* all() {
    yield* records.map((one, position) => ({ user: readUser(one, position), record: one }));
  },
});
