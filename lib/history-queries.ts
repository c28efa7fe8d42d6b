export interface HistoryQuery {
  readonly name: string;
  readonly description: string;
  /** A query with a `?` for each parameter. */
  readonly sql: string;
}

/** Writes the days between two times: seconds are the same count in every dialect, days are not. */
const days = (from: string, to: string): string =>
  `date_diff('second', from_iso8601_timestamp(${from}), from_iso8601_timestamp(${to})) / 86400e0`;

/**
 * Lists the questions that auditors ask, over the views of `history-views.ts`. Dates are those of the archive: UTC, quoted.
 * The answers of a day speak for its last complete run, and say whether that was late or attested; an environment that had
 * none on that day is a row without one.
 * Environments are named in every query, as their partitions are found by name only.
 */
export const historyQueries = (environmentIds: readonly string[]): readonly HistoryQuery[] => {
  const named = `environment IN (${environmentIds.map((id) => `'${id}'`).join(', ')})`;
  const sameRun = `f.environment = r.environment AND f.dt = r.dt AND f.run = r.run AND f.${named}`;
  /** Asks of a day's last runs; the day stands on the side whose partitions it has to narrow. */
  const ofTheDay = (columns: string, view: string, condition: string, order: string): string => `SELECT *
FROM (VALUES ${environmentIds.map((id) => `('${id}')`).join(', ')}) AS asked (environment)
LEFT JOIN (
  SELECT r.environment, r.run, r.is_late, r.is_attested, ${columns}
  FROM runs AS r
  LEFT JOIN ${view} AS f ON ${sameRun} AND ${condition}
  WHERE r.${named} AND r.dt = ? AND r.is_last_of_day
) AS answer USING (environment)
ORDER BY environment, ${order}`;

  return [
    {
      name: 'open findings by age',
      description:
        "What failed and was not waived on a day, the oldest first. Parameter: the day, as '2026-11-24'. No run: there was no complete run on that day. A run and no finding: nothing was open of what it judged, which its report tells; is_late and is_attested say that it may not have seen everybody of that day.",
      sql: ofTheDay(
        `round(${days('f.first_seen', 'r.as_of')}, 1) AS age_days,
    f.severity, f.rule_id, f.rule_title, f.subject_id, f.message, f.state, f.first_seen, f.run_count, f.is_carried, f.finding_id`,
        'findings',
        "f.state NOT IN ('resolved', 'waived', 'event')",
        'age_days DESC, finding_id',
      ),
    },
    {
      name: 'mean days to fix',
      description:
        "By rule and severity, how many findings ended and how, and after how many days; what had not ended by the last day counts as open or waived, with its age so far. What resolved and came back has not ended. Parameters: the first and the last day, as '2026-11-01', '2026-11-30'.",
      sql: `SELECT
  environment,
  rule_id,
  severity,
  CASE WHEN state = 'resolved' THEN cause WHEN state IN ('waived', 'unreadable') THEN state ELSE 'open' END AS outcome,
  count(*) AS findings,
  round(avg(${days('first_seen', 'coalesce(resolved_at, as_of)')}), 1) AS mean_days,
  round(max(${days('first_seen', 'coalesce(resolved_at, as_of)')}), 1) AS longest_days
FROM (
  SELECT
    *,
    row_number() OVER (PARTITION BY environment, finding_id, first_seen ORDER BY run DESC) AS place
  FROM findings
  WHERE ${named} AND dt BETWEEN ? AND ? AND state <> 'event'
) AS latest
WHERE place = 1
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4`,
    },
    {
      name: 'super users over time',
      description:
        "Of each complete run, how many super users there were; `unrecognised` records have a type that is neither of the two. A run that is not listed was not complete; one of no users has lost its snapshot; is_late and is_attested say that one may not have seen everybody. Parameters: the first and the last day, as '2026-11-01', '2026-11-30'.",
      sql: `SELECT
  r.environment,
  r.run,
  r.is_late,
  r.is_attested,
  count(*) FILTER (WHERE f.type = 'SUPER_USER') AS super_users,
  count(*) FILTER (WHERE f.type = 'SUPER_USER' AND f.status IS DISTINCT FROM 'DISABLED') AS active_super_users,
  count(*) FILTER (WHERE f.type = 'SUPER_USER' AND f.api_access = 'ENABLED') AS super_users_with_api_access,
  count(f.record) - count(*) FILTER (WHERE f.type IN ('SUPER_USER', 'APP_USER')) AS unrecognised,
  count(f.record) AS users
FROM runs AS r
LEFT JOIN snapshots AS f ON ${sameRun}
WHERE r.${named} AND r.dt BETWEEN ? AND ?
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2`,
    },
    {
      name: 'who had API access on a day',
      description:
        "Everybody whose API access was not plainly disabled, the disabled users among them too: enabling them revives it. Names people. Parameter: the day, as '2026-11-24'. No run: there was no complete run on that day. A run and no record: nobody had of those whom it saw; is_late and is_attested say that it may not have seen everybody of that day.",
      sql: ofTheDay(
        `f.user_id, f.first_name, f.last_name, f.email_address, f.type, f.status,
    f.api_access, f.api_access_principal_arn, f.record`,
        'snapshots',
        "f.api_access IS DISTINCT FROM 'DISABLED'",
        'user_id',
      ),
    },
  ];
};
