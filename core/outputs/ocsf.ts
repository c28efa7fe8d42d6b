import { controlsOf, FRAMEWORKS, requirementsOf } from '../../rules/engine/controls.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import { memberAsGiven, serialiseRecord } from '../../rules/engine/record.ts';
import type { Rule, Subject } from '../../rules/engine/rule.ts';
import { type Severity, severityRank } from '../../rules/engine/severity.ts';
import { DAY_MS } from '../../rules/engine/time.ts';
import { USER_TIMES, type User } from '../../rules/engine/user.ts';
import type { Manifest } from '../archive/manifest.ts';
import type { ArchivedUser } from '../archive/repeated-records.ts';
import { partitionOfRun } from '../aws/partition.ts';
import { causeText } from '../model/words.ts';
import type { StoredRun } from './output.ts';

/** https://schema.ocsf.io/1.8.0/ */
const VERSION = '1.8.0';

/** A value and its caption, as OCSF has most of them: `severity_id` and `severity`. */
const captioned = <N extends string>(name: N, [id, caption]: readonly [number, string]) =>
  ({ [`${name}_id`]: id, [name]: caption }) as Record<`${N}_id`, number> & Record<N, string>;

const CREATE = [1, 'Create'] as const;
const UPDATE = [2, 'Update'] as const;
const CLOSE = [3, 'Close'] as const;
const COLLECT = [2, 'Collect'] as const;

const classOf = (
  categoryUid: number,
  category: string,
  uid: number,
  name: string,
  [activity, activityName]: readonly [number, string],
) => ({
  activity_id: activity,
  activity_name: activityName,
  category_uid: categoryUid,
  category_name: category,
  class_uid: uid,
  class_name: name,
  type_uid: uid * 100 + activity,
  type_name: `${name}: ${activityName}`,
});

/** The part that all events of a run have in common. */
const commonOf = (manifest: Manifest) => {
  const { asOf, environmentId, accountId, region, code } = manifest;
  return {
    time: Date.parse(asOf),
    metadata: {
      version: VERSION,
      profiles: ['cloud'],
      product: {
        name: 'FinSpace User Auditor',
        vendor_name: 'finspace-user-auditor',
        ...(code !== undefined && { version: code.version }),
      },
      // The same in all events of one environment.
      tenant_uid: environmentId,
    },
    cloud: {
      provider: 'AWS',
      account: { uid: accountId, ...captioned('type', [10, 'AWS Account']) },
      region,
      cloud_partition: partitionOfRun(manifest),
    },
  };
};

type Common = ReturnType<typeof commonOf>;

const titleCase = (word: string): string => `${word.slice(0, 1)}${word.slice(1).toLowerCase()}`;

const severityOf = (severity: Severity) =>
  captioned('severity', [severityRank(severity) + 1, titleCase(severity)] as const);

const activityOf = ({ state }: Finding): readonly [number, string] => {
  if (state === 'resolved') return CLOSE;
  return state === 'new' || state === 'event' ? CREATE : UPDATE;
};

/** Only what is known to be fixed is resolved; what ended for another reason is put aside. */
const statusOf = ({ state, cause = 'fixed' }: Finding): readonly [number, string] => {
  if (state === 'waived') return [3, 'Suppressed'];
  if (state === 'resolved') return cause === 'fixed' ? [4, 'Resolved'] : [5, 'Archived'];
  return [1, 'New'];
};

/** A warning is what gave no answer: what could not be judged, and what ended without being fixed. */
const complianceStatusOf = ({ state, cause = 'fixed', carried }: Finding): readonly [number, string] => {
  if (state === 'resolved') return cause === 'fixed' ? [1, 'Pass'] : [2, 'Warning'];
  return carried ? [2, 'Warning'] : [3, 'Fail'];
};

const detailsOf = ({ state, cause, carried, carriedFor, regroupedTo }: Finding): readonly string[] => {
  if (state === 'resolved') return [causeText({ cause, regroupedTo })];
  return carried ? [carriedFor ?? 'could not be judged'] : [];
};

const parameterOf = ([name, value]: readonly [string, unknown]) =>
  Array.isArray(value) ? { name, values: value.map(String) } : { name, value: String(value) };

const RESOURCE_TYPES: Readonly<Record<Subject['kind'], string>> = {
  user: 'FinSpace User',
  principal: 'AWS IAM Role',
  environment: 'FinSpace Environment',
};

/** `type_id` of observables: the type of the attribute that the name points to. */
const RESOURCE_UID = 10;
const USER_UID = 31;

/** The run of an event, and why its users may not be everybody of its night. */
const runOf = ({ run, verdict, late, source }: Manifest) => ({
  run,
  verdict,
  late,
  ...(source?.attestedBy !== undefined && { attested: true }),
});

/** A line of a run's findings as a Compliance Finding, but for what is common to all. */
const findingEvent = (finding: Finding, rule: Rule | undefined, manifest: Manifest, { cloud }: Common) => {
  const {
    id,
    ruleId,
    severity,
    subject,
    message,
    evidence,
    firstSeen,
    lastSeen,
    controls: _controls,
    ...rest
  } = finding;
  const standards = Object.entries(FRAMEWORKS).flatMap(([framework, name]) =>
    controlsOf(finding, framework).length > 0 ? [name] : [],
  );
  const compliance = captioned('status', complianceStatusOf(finding));
  const { asOf, region, hashes } = manifest;
  const title = rule?.title ?? ruleId;
  return {
    ...classOf(2, 'Findings', 2003, 'Compliance Finding', activityOf(finding)),
    ...severityOf(severity),
    ...captioned('status', statusOf(finding)),
    message,
    finding_info: {
      uid: id,
      title,
      desc: message,
      created_time: Date.parse(firstSeen),
      first_seen_time: Date.parse(firstSeen),
      last_seen_time: Date.parse(lastSeen),
      modified_time: Date.parse(asOf),
      analytic: { uid: ruleId, name: title, ...captioned('type', [1, 'Rule']), version: hashes.ruleset },
    },
    compliance: {
      control: ruleId,
      standards,
      requirements: requirementsOf(finding),
      ...compliance,
      status_details: detailsOf(finding),
      checks: [{ uid: ruleId, name: title, ...compliance, ...severityOf(severity), standards }],
      control_parameters: Object.entries(manifest.rules[ruleId]?.options ?? {}).map(parameterOf),
    },
    resources: [
      {
        uid: subject.id,
        type: RESOURCE_TYPES[subject.kind],
        region,
        cloud_partition: cloud.cloud_partition,
        data: evidence,
      },
    ],
    ...(rule && { remediation: { desc: rule.remediation } }),
    observables: [{ name: 'resources.uid', type_id: RESOURCE_UID, value: subject.id }],
    unmapped: { ...runOf(manifest), ageDays: Math.floor((Date.parse(asOf) - Date.parse(firstSeen)) / DAY_MS), ...rest },
  };
};

/** An address as OCSF takes it; others stand in `unmapped`. */
const ADDRESS = /^[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$/;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const userTypeOf = ({ isSuperUser }: User): readonly [number, string] => {
  if (isSuperUser === undefined) return [0, 'Unknown'];
  return isSuperUser ? [2, 'Admin'] : [1, 'User'];
};

/** Leaves out what is unknown of a user: it is neither enabled nor disabled, neither user nor administrator. */
const isDisabledOf = ({ status }: User) => {
  if (status === 'DISABLED') return { is_disabled: true };
  return status === 'ENABLED' ? { is_disabled: false } : {};
};

/** Members for which User Inventory has no attribute, as the service gave them. */
const UNMAPPED = ['status', 'type', 'apiAccess', ...USER_TIMES] as const;

const unmappedOf = (record: object, names: readonly string[]): Readonly<Record<string, unknown>> => {
  const members: Record<string, unknown> = {};
  for (const name of names) members[name] = memberAsGiven(record, name);
  return members;
};

/** A user of a run as User Inventory Info, but for what is common to all. */
const userEvent = ({ user, record }: ArchivedUser, manifest: Manifest) => {
  const { id, firstName, lastName, emailAddress, principalArn } = user;
  const given = typeof record === 'object' && record !== null ? record : {};
  const hasAddress = isText(emailAddress) && ADDRESS.test(emailAddress);
  const name = [firstName, lastName].filter(isText).join(' ');
  return {
    user: {
      uid: id,
      ...(hasAddress && { email_addr: emailAddress }),
      ...(name !== '' && { full_name: name }),
      ...captioned('type', userTypeOf(user)),
      account: { uid: id, ...captioned('type', [99, 'FinSpace']), ...isDisabledOf(user) },
      ...(principalArn !== undefined && { programmatic_credentials: [{ uid: principalArn, type: 'IAM role' }] }),
    },
    observables: [{ name: 'user.uid', type_id: USER_UID, value: id }],
    unmapped: { ...runOf(manifest), ...unmappedOf(given, hasAddress ? UNMAPPED : [...UNMAPPED, 'emailAddress']) },
  };
};

/** Events of a run: what is common to all, once, and the rest of each. */
export interface OcsfEvents {
  readonly common: object;
  readonly events: AsyncIterable<object>;
}

/** Gives the findings of a run as events; of one that is not complete nothing is closed. */
export const findingEvents = ({ manifest, rules, findings }: StoredRun): OcsfEvents => {
  const common = commonOf(manifest);
  async function* events() {
    for await (const finding of findings()) {
      if (finding.state === 'resolved' && manifest.verdict !== 'COMPLETE') continue;
      yield findingEvent(finding, rules.get(finding.ruleId), manifest, common);
    }
  }
  return { common, events: events() };
};

/** Gives the users of a run as events. */
export const userEvents = ({ manifest, users }: StoredRun): OcsfEvents => {
  async function* events() {
    for await (const user of users()) yield userEvent(user, manifest);
  }
  const common = {
    ...classOf(5, 'Discovery', 5003, 'User Inventory Info', COLLECT),
    ...commonOf(manifest),
    ...severityOf('INFORMATIONAL'),
  };
  return { common, events: events() };
};

/** Writes what is common once: it is most of an event, and there may be a million. */
async function* lines({ common, events }: OcsfEvents): AsyncGenerator<string> {
  const beginning = JSON.stringify(common).slice(0, -1);
  for await (const event of events) yield `${beginning},${serialiseRecord(event).slice(1)}`;
}

/** `findings.ocsf.jsonl`: a Compliance Finding (2003) a line. */
export const findingLines = (run: StoredRun): AsyncIterable<string> => lines(findingEvents(run));

/** `roster.ocsf.jsonl`: a User Inventory Info (5003) a line. */
export const userLines = (run: StoredRun): AsyncIterable<string> => lines(userEvents(run));
