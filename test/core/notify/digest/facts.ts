import type { Highlight, HighlightKind } from '../../../../core/model/highlights.ts';
import type { FindingCounts, Report } from '../../../../core/model/report.ts';
import type { DigestFacts } from '../../../../core/notify/digest/subject.ts';
import { FINDING_STATES, type Finding, type FindingState } from '../../../../rules/engine/finding.ts';
import { rules } from '../../../../rules/index.ts';

/** A quiet, complete second audit of 400 users, but for what a test says differs. */
export const aReport = (differs: Partial<Report> = {}): Report => ({
  schemaVersion: 1,
  run: '20261124T020000Z',
  environmentId: 'vs57phhvijir4kv5rf6ywt',
  accountId: '123456789012',
  region: 'us-east-1',
  asOf: '2026-11-24T02:00:00.000Z',
  verdict: 'COMPLETE',
  counts: { users: 400, pages: 4, duplicates: 0, requests: 5, throttled: 0, retries: 0 },
  rules: [],
  findings: counts({}),
  previousRun: '20261123T020000Z',
  ...differs,
});

export const aFirstReport = (differs: Partial<Report> = {}): Report => {
  const { previousRun: _, ...report } = aReport(differs);
  return report;
};

export const counts = (
  byState: Partial<FindingCounts['byState']>,
  bySeverity: Partial<FindingCounts['bySeverity']> = {},
): FindingCounts => ({
  byState: { new: 0, open: 0, reopened: 0, resolved: 0, waived: 0, event: 0, ...byState },
  bySeverity: { CRITICAL: 0, HIGH: 0, MEDIUM: 0, LOW: 0, INFORMATIONAL: 0, ...bySeverity },
});

/** The differences of facts; `waiverTroubles` are those of the report. */
export type FactsDiffer = Partial<DigestFacts> & Pick<Report, 'waiverTroubles'>;

export const someFacts = ({ waiverTroubles, ...differs }: FactsDiffer = {}): DigestFacts => ({
  environmentName: 'research',
  highlights: [],
  knownTroubles: [],
  rules: new Map(rules.map((rule) => [rule.id, rule])),
  reportLocation: 's3://evidence/reports/report.json',
  ...differs,
  report: { ...(differs.report ?? aReport()), ...(waiverTroubles !== undefined && { waiverTroubles }) },
});

export const aFinding = (differs: Partial<Finding> = {}): Finding => ({
  id: 'vs57phhvijir4kv5rf6ywt/stale-login/01USER',
  ruleId: 'stale-login',
  severity: 'MEDIUM',
  state: 'new',
  subject: { kind: 'user', id: '01USER' },
  message: 'last login 91 days ago; at most 90 allowed',
  evidence: {},
  controls: [],
  firstSeen: '2026-11-24T02:00:00.000Z',
  lastSeen: '2026-11-24T02:00:00.000Z',
  runs: 1,
  ...differs,
});

const isState = (kind: HighlightKind): kind is FindingState => (FINDING_STATES as readonly string[]).includes(kind);

export const aHighlight = (kind: HighlightKind, ...findings: readonly Partial<Finding>[]): Highlight => {
  const [first = aFinding(), ...others] = (findings.length === 0 ? [{}] : findings).map((differs) =>
    aFinding({
      state: isState(kind) ? kind : 'open',
      ...(kind === 'waiver-ended' && { waiverEnded: true }),
      ...differs,
    }),
  );
  const { ruleId, severity } = first;
  const shown = [first, ...others];
  const severities = Object.fromEntries(
    [...Map.groupBy(shown, (finding) => finding.severity)].map(([of, { length }]) => [of, length]),
  );
  return { kind, ruleId, severity, count: shown.length, severities, findings: shown };
};
