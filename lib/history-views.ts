import type { Area } from '../core/archive/keys.ts';
import { rules } from '../rules/index.ts';

/** The types that views have here, in the words of Glue; Trino calls `string` `varchar`. */
export type ColumnType = 'string' | 'bigint' | 'boolean';

export interface ViewColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Its value, as SQL. */
  readonly sql: string;
}

export interface HistoryView {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly ViewColumn[];
  /** The tables that the columns are selected from, as SQL. */
  readonly from: string;
}

/** The table of the rules as they stood where operators wrote some: a line a version, whatever environment it judged. */
export const RULESET_LINES = 'ruleset_lines';

/** The areas of the archive that can be queried by environment and day, each a table of its lines. */
export const LINE_TABLES = {
  manifest_lines: 'manifests',
  snapshot_lines: 'snapshots',
  principal_lines: 'principals',
  group_lines: 'groups',
  finding_lines: 'findings',
} as const satisfies Readonly<Record<string, Area>>;

const column = (name: string, sql: string, type: ColumnType = 'string'): ViewColumn => ({ name, sql, type });

/** Selects a member of the line: its text where it is a string, a number or a boolean; else NULL. */
const member = (path: string): string => `json_extract_scalar(l.line, '$.${path}')`;

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** The rules of the catalogue as they are called here, as the rows of a table. */
const CATALOGUE = rules.map(({ id, title }) => `(${text(id)}, ${text(title)})`).join(', ');

/** Selects a member of a rule as it judged. */
const memberOfRule = (path: string): string => `json_extract_scalar(u.rule, '$.${path}')`;

const isTrue = (path: string): string => `coalesce(${member(path)} = 'true', false)`;

const RUN_COLUMNS: readonly ViewColumn[] = [
  column('environment', 'r.environment'),
  column('dt', 'r.dt'),
  column('run', 'r.run'),
  column('as_of', 'r.as_of'),
  column('is_last_of_day', 'r.is_last_of_day', 'boolean'),
  // Whoever asks for lines alone is told too that they may not be everybody of that night.
  column('is_late', 'r.is_late', 'boolean'),
  column('is_attested', 'r.is_attested', 'boolean'),
];

/**
 * Selects the lines of the objects that manifests name, by their keys: what stands beside them, an attempt that died or
 * somebody else has left. A manifest has a line a member, and no line of an object's key but in its own.
 */
const linesOfRuns = (table: keyof typeof LINE_TABLES): string =>
  `(
  SELECT environment, dt, line, regexp_extract("$path", '${LINE_TABLES[table]}/environment=.*$') AS key
  FROM ${table}
) AS l
JOIN (
  SELECT DISTINCT environment, dt, regexp_extract("$path", '([^/]+)[.]json$', 1) AS run,
    regexp_extract(line, '"key": "(${LINE_TABLES[table]}/environment=[^"]*)"', 1) AS key
  FROM manifest_lines
) AS n ON n.environment = l.environment AND n.dt = l.dt AND n.key = l.key
JOIN runs AS r ON r.environment = n.environment AND r.dt = n.dt AND r.run = n.run`;

/** The indentation of a manifest's own members, and of those of what it holds: a member has a line, whose depth tells whose it is. */
const OWN = 2;
const HELD = 4;

/** Finds a member among the lines of a manifest; NULL where it has none. The value is what the group of the pattern matches. */
const memberOfManifest = (indent: number, name: string, value: string): string =>
  `max(nullif(regexp_extract(line, '^ {${indent}}"${name}": ${value}', 1), ''))`;

const TEXT = '"([^"]*)"';
const NUMBER = '([0-9]+)';
const YES = '(true)';
const OBJECT = '([{])';

/** The members of a manifest that `runs` has, by the name that they have there; what is no text is one here. */
const RUN_MEMBERS: Readonly<Record<string, string>> = {
  account_id: memberOfManifest(OWN, 'accountId', TEXT),
  region: memberOfManifest(OWN, 'region', TEXT),
  partition_name: memberOfManifest(OWN, 'partition', TEXT),
  sequence: memberOfManifest(OWN, 'sequence', NUMBER),
  late: memberOfManifest(OWN, 'late', YES),
  listing_started_at: memberOfManifest(HELD, 'startedAt', TEXT),
  listing_ended_at: memberOfManifest(HELD, 'endedAt', TEXT),
  source_kind: memberOfManifest(HELD, 'kind', TEXT),
  attested: memberOfManifest(HELD, 'attestedBy', OBJECT),
  users: memberOfManifest(HELD, 'users', NUMBER),
  ruleset_sha256: memberOfManifest(HELD, 'ruleset', TEXT),
};

/** Whether a manifest says something; NULL where it is of a version that did not know of it. */
const isSaid = (name: string, knownBy: string): string =>
  `CASE WHEN m.${name} IS NOT NULL THEN true WHEN m.${knownBy} IS NOT NULL THEN false END`;

const asOf = `concat(${[
  [1, 4, '-'],
  [5, 2, '-'],
  [7, 2, 'T'],
  [10, 2, ':'],
  [12, 2, ':'],
  [14, 2, 'Z'],
]
  .map(([start, length, mark]) => `substr(m.run, ${start}, ${length}), '${mark}'`)
  .join(', ')})`;

/**
 * The views that people query. The tables beneath hold whole lines, since a JSON SerDe has to make something of what a
 * column's type does not foresee; here every line is a row, and stands in the last column as it was written.
 */
export const HISTORY_VIEWS: readonly HistoryView[] = [
  {
    name: 'runs',
    description: 'Complete runs, each once: those that have a manifest',
    columns: [
      column('environment', 'm.environment'),
      column('dt', 'm.dt'),
      column('run', 'm.run'),
      column('as_of', asOf),
      column('is_last_of_day', 'm.run = max(m.run) OVER (PARTITION BY m.environment, m.dt)', 'boolean'),
      column('sequence', 'CAST(m.sequence AS bigint)', 'bigint'),
      column('users', 'CAST(m.users AS bigint)', 'bigint'),
      column('account_id', 'm.account_id'),
      column('region', 'm.region'),
      column('partition_name', 'm.partition_name'),
      column('listing_started_at', 'm.listing_started_at'),
      column('listing_ended_at', 'm.listing_ended_at'),
      column('is_late', isSaid('late', 'listing_started_at'), 'boolean'),
      column('source_kind', 'm.source_kind'),
      column('is_attested', isSaid('attested', 'source_kind'), 'boolean'),
      column('ruleset_sha256', 'm.ruleset_sha256'),
    ],
    from: `(
  SELECT environment, dt, run,
${Object.entries(RUN_MEMBERS)
  .map(([name, sql]) => `    ${sql} AS ${name}`)
  .join(',\n')}
  FROM (SELECT environment, dt, line, regexp_extract("$path", '([^/]+)[.]json$', 1) AS run FROM manifest_lines) AS p
  GROUP BY environment, dt, run
) AS m`,
  },
  {
    name: 'snapshots',
    description: 'User records of complete runs, as the service gave them. Names people',
    columns: [
      ...RUN_COLUMNS,
      column('user_id', member('userId')),
      column('status', member('status')),
      column('type', member('type')),
      column('api_access', member('apiAccess')),
      column('api_access_principal_arn', member('apiAccessPrincipalArn')),
      column('first_name', member('firstName')),
      column('last_name', member('lastName')),
      column('email_address', member('emailAddress')),
      column('create_time', member('createTime')),
      column('last_enabled_time', member('lastEnabledTime')),
      column('last_disabled_time', member('lastDisabledTime')),
      column('last_modified_time', member('lastModifiedTime')),
      column('last_login_time', member('lastLoginTime')),
      column('record', 'l.line'),
    ],
    from: linesOfRuns('snapshot_lines'),
  },
  {
    name: 'principals',
    description: 'Roles of API principals in complete runs that read them, as IAM told of them',
    columns: [
      ...RUN_COLUMNS,
      column('arn', member('arn')),
      column('role_exists', member('exists')),
      column('arn_of_name', member('arnOfName')),
      column('read_at', member('readAt')),
      column('unread', member('unread')),
      column('is_outdated', isTrue('isOutdated'), 'boolean'),
      column('role_id', member('roleId')),
      column('created_at', member('createdAt')),
      column('last_used_at', member('lastUsedAt')),
      column('record', 'l.line'),
    ],
    from: linesOfRuns('principal_lines'),
  },
  {
    name: 'groups',
    description: 'Permission groups in complete runs that read them, and the members of those that reach further',
    columns: [
      ...RUN_COLUMNS,
      column('permission_group_id', member('permissionGroupId')),
      column('name', member('name')),
      column('user_id', member('userId')),
      column('membership_status', member('membershipStatus')),
      column('unread', member('unread')),
      column('record', 'l.line'),
    ],
    from: linesOfRuns('group_lines'),
  },
  {
    name: 'rulesets',
    description: 'Rules as they judged, one row a rule and version, of versions with rules that operators wrote',
    columns: [
      column('ruleset_sha256', 'l.sha256'),
      column('rule_id', memberOfRule('rule.id')),
      column('title', memberOfRule('rule.title')),
      column('state', memberOfRule('state')),
      column('severity', `coalesce(${memberOfRule('severity')}, ${memberOfRule('rule.severity')})`),
      column('fails_when', memberOfRule('rule.failsWhen')),
      column('rationale', memberOfRule('rule.rationale')),
      column('remediation', memberOfRule('rule.remediation')),
      // Of a rule of the catalogue NULL.
      column('rule_text', memberOfRule('rule.text')),
    ],
    from: `(
  SELECT regexp_extract("$path", '([0-9a-f]{64})[.]json$', 1) AS sha256, line FROM ${RULESET_LINES}
) AS l
CROSS JOIN UNNEST(try(CAST(json_parse(l.line) AS array(json)))) AS u (rule)`,
  },
  {
    name: 'findings',
    description: 'Findings of complete runs, one row a finding and run. The evidence may name people',
    columns: [
      ...RUN_COLUMNS,
      column('finding_id', member('id')),
      column('rule_id', member('ruleId')),
      // As the rule was called when it judged, where that is archived; else as the catalogue calls it.
      column('rule_title', 'coalesce(s.title, c.title)'),
      column('severity', member('severity')),
      // What can't be read is no state, and must not look like one that nobody asks for.
      column('state', `coalesce(${member('state')}, 'unreadable')`),
      column('subject_kind', member('subject.kind')),
      column('subject_id', member('subject.id')),
      column('message', member('message')),
      column('first_seen', member('firstSeen')),
      column('last_seen', member('lastSeen')),
      column('run_count', `CAST(${member('runs')} AS bigint)`, 'bigint'),
      column('is_carried', isTrue('carried'), 'boolean'),
      column('carried_for', member('carriedFor')),
      column('assessed_again', isTrue('assessedAgain'), 'boolean'),
      column('escalated_from', member('escalatedFrom')),
      column('lowered_from', member('loweredFrom')),
      column('waiver_began', isTrue('waiverBegan'), 'boolean'),
      column('waiver_ended', isTrue('waiverEnded'), 'boolean'),
      column('resolved_at', member('resolvedAt')),
      column('cause', member('cause')),
      column('regrouped_to', member('regroupedTo')),
      column('waiver_reason', member('waiver.reason')),
      column('waiver_ticket', member('waiver.ticket')),
      column('waiver_owner', member('waiver.owner')),
      column('waiver_approver', member('waiver.approver')),
      column('waiver_expires', member('waiver.expires')),
      column('finding', 'l.line'),
    ],
    from: `${linesOfRuns('finding_lines')}
LEFT JOIN rulesets AS s ON s.ruleset_sha256 = r.ruleset_sha256 AND s.rule_id = ${member('ruleId')}
LEFT JOIN (VALUES ${CATALOGUE}) AS c (rule_id, title) ON c.rule_id = ${member('ruleId')}`,
  },
];

export const viewSql = ({ columns, from }: HistoryView): string =>
  `SELECT
${columns.map(({ name, sql }) => `  ${sql} AS ${name}`).join(',\n')}
FROM ${from}`;
