import { controlsOf, requirementsOf } from '../../rules/engine/controls.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import type { RuleText } from '../../rules/engine/rule.ts';
import type { Severity } from '../../rules/engine/severity.ts';
import type { Manifest } from '../archive/manifest.ts';
import { partitionOfRun } from '../aws/partition.ts';
import { runName } from '../model/run-name.ts';
import { causeText, messageLine } from '../model/words.ts';
import { plainLine } from '../text/plain-text.ts';
import { harmlessId } from './channels/events.ts';

/** A finding as Security Hub takes it: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html */
export interface AsffFinding {
  readonly SchemaVersion: '2018-10-08';
  readonly Id: string;
  readonly ProductArn: string;
  readonly GeneratorId: string;
  readonly AwsAccountId: string;
  readonly FirstObservedAt: string;
  readonly LastObservedAt: string;
  readonly CreatedAt: string;
  readonly UpdatedAt: string;
  readonly Title: string;
  readonly Description: string;
  /** In place of `Severity` and `Types`, which an update leaves as they were. */
  readonly FindingProviderFields: {
    readonly Severity: { readonly Label: Severity; readonly Original: Severity };
    readonly Types: readonly string[];
  };
  readonly Remediation?: { readonly Recommendation: { readonly Text: string } };
  readonly ProductFields: Readonly<Record<string, string>>;
  readonly Resources: readonly {
    readonly Type: 'AwsIamRole' | 'Other';
    readonly Id: string;
    readonly Partition: string;
    readonly Region: string;
    readonly Details?: { readonly Other: Readonly<Record<string, string>> };
  }[];
  readonly Compliance: {
    readonly Status: 'PASSED' | 'FAILED' | 'NOT_AVAILABLE';
    readonly RelatedRequirements?: readonly string[];
    readonly StatusReasons?: readonly { readonly ReasonCode: string; readonly Description: string }[];
  };
  readonly RecordState: 'ACTIVE' | 'ARCHIVED';
}

/** The account and region whose Security Hub takes the findings. */
export interface SecurityHub {
  readonly accountId: string;
  readonly region: string;
}

/** The run that tells of the findings: its report or its manifest. */
export type AsffRun = Pick<
  Manifest,
  'run' | 'environmentId' | 'accountId' | 'region' | 'partition' | 'asOf' | 'verdict' | 'late' | 'source'
>;

const PRODUCT = 'finspace-user-auditor';

/** Security Hub's limits, in characters and entries. */
const MOST = {
  id: 512,
  subject: 300,
  title: 256,
  description: 1024,
  remediation: 512,
  field: 2048,
  requirement: 64,
  requirements: 32,
};

const CHECKS = 'Software and Configuration Checks';

const typesOf = (finding: Finding): readonly string[] => [
  controlsOf(finding, 'NIST-800-53-r5').length === 0
    ? CHECKS
    : `${CHECKS}/Industry and Regulatory Standards/NIST 800-53 Controls (USA)`,
];

type Judged = Pick<AsffFinding, 'RecordState'> & { readonly Compliance: AsffFinding['Compliance'] };

/**
 * Only what is known to be fixed passes: what ended for another reason, and what could not be judged, is not available.
 * An event that is not of this run was told by an earlier one, and this one archives it.
 */
const judgedOf = (finding: Finding, { asOf }: AsffRun): Judged => {
  const { state, cause = 'fixed', carried, carriedFor, lastSeen } = finding;
  const unavailable = (ReasonCode: string, why: string): AsffFinding['Compliance'] => ({
    Status: 'NOT_AVAILABLE',
    StatusReasons: [{ ReasonCode, Description: plainLine(why, MOST.field) }],
  });
  if (state === 'resolved') {
    const Compliance =
      cause === 'fixed'
        ? ({ Status: 'PASSED' } as const)
        : unavailable(cause.toUpperCase().replaceAll('-', '_'), causeText({ cause }));
    return { Compliance, RecordState: 'ARCHIVED' };
  }
  if (carried) {
    const why = carriedFor ?? `it could not be judged; it last failed at ${lastSeen}`;
    return { Compliance: unavailable('NOT_ASSESSED', why), RecordState: 'ACTIVE' };
  }
  const isPast = state === 'event' && lastSeen !== asOf;
  return { Compliance: { Status: 'FAILED' }, RecordState: isPast ? 'ARCHIVED' : 'ACTIVE' };
};

/** Says of each finding whether it is accepted, so that rules can go by that. Who accepts it and why names people. */
const waiverFields = ({ waiver }: Finding): Readonly<Record<string, string>> =>
  waiver === undefined
    ? { Waived: 'false' }
    : {
        Waived: 'true',
        WaivedUntil: waiver.expires,
        ...(waiver.ticket !== undefined && { WaiverTicket: plainLine(waiver.ticket, MOST.field) }),
      };

/** Says of a run that it is not complete, and why the users of one that is may not be everybody of its night, as they were. */
const runFields = ({ verdict, late, source }: AsffRun): Readonly<Record<string, string>> => ({
  ...(verdict !== 'COMPLETE' && { Verdict: verdict }),
  ...(late && { Late: 'true' }),
  ...(source?.attestedBy !== undefined && { Attested: 'true' }),
});

const resourceOf = (
  { subject: { kind, id } }: Finding,
  subjectId: string,
  { environmentId, accountId, region, ...run }: AsffRun,
): AsffFinding['Resources'][number] => {
  const Partition = partitionOfRun({ region, ...run });
  const place = { Partition, Region: region };
  if (kind === 'principal' && subjectId === id) return { Type: 'AwsIamRole', Id: id, ...place };
  const environment = `arn:${Partition}:finspace:${region}:${accountId}:environment/${environmentId}`;
  const Other = { kind, subject: subjectId, environment: environmentId };
  return {
    Type: 'Other',
    Id: kind === 'environment' ? environment : `${environment}/${kind}/${subjectId}`,
    ...place,
    Details: { Other },
  };
};

/**
 * Puts a line of a run's findings, or an event of an earlier one, as Security Hub takes it. It names nobody unless
 * its message does, and holds no evidence. Undefined where the run may not tell of it: only a complete one knows what ended.
 * @param rule undefined where the catalogue that judged is not known
 */
export const asffFinding = (
  finding: Finding,
  rule: Pick<RuleText, 'title' | 'remediation' | 'names'> | undefined,
  run: AsffRun,
  hub: SecurityHub,
): AsffFinding | undefined => {
  const { ruleId, severity, state, subject, firstSeen, lastSeen, runs } = finding;
  if (run.verdict !== 'COMPLETE' && state === 'resolved') return undefined;
  const [beginning, end] = [`${PRODUCT}/${run.environmentId}/${ruleId}/`, `/${runName(new Date(firstSeen))}`];
  const subjectId = harmlessId(subject, Math.min(MOST.subject, MOST.id - beginning.length - end.length));
  const { Compliance, RecordState } = judgedOf(finding, run);
  const requirements = requirementsOf(finding)
    .slice(0, MOST.requirements)
    .map((requirement) => plainLine(requirement, MOST.requirement));
  const title = plainLine(rule?.title ?? ruleId, MOST.title) || ruleId;
  const product = `product/${hub.accountId}/default`;
  return {
    SchemaVersion: '2018-10-08',
    // One that comes back after it had ended for good, and each event, is another one: of one, CreatedAt never changes.
    Id: `${beginning}${subjectId}${end}`,
    ProductArn: `arn:${partitionOfRun(run)}:securityhub:${hub.region}:${hub.accountId}:${product}`,
    GeneratorId: `${PRODUCT}/${ruleId}`,
    AwsAccountId: hub.accountId,
    FirstObservedAt: firstSeen,
    LastObservedAt: lastSeen,
    CreatedAt: firstSeen,
    UpdatedAt: run.asOf,
    Title: title,
    Description: messageLine(finding.message, rule, MOST.description) || title,
    FindingProviderFields: { Severity: { Label: severity, Original: severity }, Types: typesOf(finding) },
    ...(rule && { Remediation: { Recommendation: { Text: plainLine(rule.remediation, MOST.remediation) } } }),
    ProductFields: {
      Rule: ruleId,
      State: state,
      Run: run.run,
      Runs: String(runs),
      ...runFields(run),
      ...waiverFields(finding),
    },
    Resources: [resourceOf(finding, subjectId, run)],
    Compliance: { ...Compliance, ...(requirements.length > 0 && { RelatedRequirements: requirements }) },
    RecordState,
  };
};
