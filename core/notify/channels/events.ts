import { createHash } from 'node:crypto';
import type { Finding } from '../../../rules/engine/finding.ts';
import { readPrincipal } from '../../../rules/engine/principal.ts';
import { givesEvents, type RuleText, type Subject } from '../../../rules/engine/rule.ts';
import { rules } from '../../../rules/index.ts';
import { isNews, kindOf } from '../../model/highlights.ts';
import { type EnrichedCounts, notFullyJudged } from '../../model/report.ts';
import { messageLine } from '../../model/words.ts';
import { plainLine } from '../../text/plain-text.ts';
import type { Notification } from '../channel.ts';
import type { Scope } from '../marker.ts';

/** One event for programs. */
export interface AuditEvent {
  readonly type: 'FinSpace Audit Finding' | 'FinSpace Audit Run';
  /** Any JSON; names nobody, unless the config lets messages. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The most characters of a text: an event stays far below the 256 KB that EventBridge takes. */
const MAX_TEXT = 2000;

/** The id, or its SHA-256 where it may be anything that somebody typed, a name among others: as mails have it. */
export const harmlessId = ({ kind, id }: Subject, most = MAX_TEXT): string => {
  const isHarmless =
    id.length <= most && plainLine(id) === id && (kind !== 'principal' || readPrincipal(id).kind === 'role');
  return isHarmless ? id : `sha256:${createHash('sha256').update(id).digest('hex')}`;
};

/**
 * The news of a finding to a program that keeps the open findings: what mails tell, and that one was accepted, has
 * another severity or is assessed again; undefined where it stands as it did.
 */
export const newsOf = (finding: Finding): string | undefined => {
  const kind = kindOf(finding);
  if (isNews(kind)) return kind;
  if (finding.waiverBegan) return 'waived';
  if (finding.escalatedFrom !== undefined) return 'escalated';
  if (finding.loweredFrom !== undefined) return 'lowered';
  if (finding.assessedAgain) return 'assessed-again';
  return finding.carriedFor === undefined ? undefined : 'carried';
};

const ruleById = new Map(rules.map((rule) => [rule.id, rule]));

/** Whether an accepted finding is of a rule on change: it stands for one run, and nobody ever had to hear of it. */
const isAcceptedEvent = ({ ruleId, runs, waiverBegan }: Finding): boolean => {
  const rule = ruleById.get(ruleId);
  // Of a rule that operators wrote: what is not accepted for the first time is not there for the first time.
  return rule === undefined ? runs === 1 && waiverBegan === undefined : givesEvents(rule);
};

/** The state of a finding after a run, whatever is news of it. */
const statusOf = ({ state }: Finding): 'failing' | 'waived' | 'resolved' | 'event' =>
  state === 'waived' || state === 'resolved' || state === 'event' ? state : 'failing';

/** Whether a finding is still there for the next run, accepted or not. */
export const isOpen = (finding: Finding): boolean =>
  finding.state !== 'resolved' &&
  finding.state !== 'event' &&
  !(finding.state === 'waived' && isAcceptedEvent(finding));

/** The beginning of every event. */
const commonOf = ({ report: { run, environmentId, accountId, region }, reportKey }: EventSource) => ({
  schemaVersion: 1,
  run,
  environmentId,
  accountId,
  region,
  ...(reportKey !== undefined && { report: reportKey }),
});

type EventSource = Pick<Notification, 'report' | 'head' | 'reportKey' | 'findings'>;

/**
 * Makes an event for each finding that changed, or that is open. They hold no evidence, which is where names and e-mail
 * addresses are, but for the messages that the config lets name people.
 * @param judgedBy the rules, where operators have some of their own
 */
export async function* findingEvents(
  notification: EventSource,
  scope?: Scope,
  judgedBy: readonly RuleText[] = rules,
): AsyncGenerator<AuditEvent> {
  const judging = new Map(judgedBy.map((rule) => [rule.id, rule]));
  const common = { ...commonOf(notification), scope };
  const { environmentId } = common;
  for await (const line of notification.findings()) {
    const finding = line as Finding;
    const state = newsOf(finding) ?? (scope === 'all' && isOpen(finding) ? finding.state : undefined);
    if (state === undefined) continue;
    const { ruleId, severity, subject, firstSeen, escalatedFrom, loweredFrom, carried, carriedFor, cause, waiver } =
      finding;
    const { regroupedTo } = finding;
    const subjectId = harmlessId(subject);
    const detail = {
      ...common,
      // The finding's own id where the subject's is harmless.
      id: `${environmentId}/${ruleId}/${subjectId}`,
      ruleId,
      severity,
      state,
      status: statusOf(finding),
      subject: { kind: subject.kind, id: subjectId },
      message: messageLine(finding.message, judging.get(ruleId), MAX_TEXT),
      firstSeen,
      ...(escalatedFrom !== undefined && { escalatedFrom }),
      ...(loweredFrom !== undefined && { loweredFrom }),
      ...(carried && isOpen(finding) && { carried }),
      ...(carriedFor !== undefined && { carriedFor: plainLine(carriedFor, MAX_TEXT) }),
      ...(waiver !== undefined && { waivedUntil: waiver.expires }),
      ...(cause !== undefined && { cause }),
      ...(regroupedTo !== undefined && { regroupedTo: harmlessId({ ...subject, id: regroupedTo }) }),
    };
    yield { type: 'FinSpace Audit Finding', detail };
  }
}

const withPlainReasons = ({ iamRoles, permissionGroups }: EnrichedCounts): EnrichedCounts => ({
  ...(iamRoles && {
    iamRoles: { ...iamRoles, ...(iamRoles.reason !== undefined && { reason: plainLine(iamRoles.reason, MAX_TEXT) }) },
  }),
  ...(permissionGroups && {
    permissionGroups: {
      ...permissionGroups,
      ...(permissionGroups.unread !== undefined && { unread: plainLine(permissionGroups.unread, MAX_TEXT) }),
    },
  }),
});

/**
 * Makes the event of a run.
 * @param told what was accepted before it; undefined of a run that is not complete, which tells of no finding
 */
export const runEvent = (
  notification: EventSource,
  notified?: { readonly scope: Scope; readonly findingEvents: number },
): AuditEvent => {
  const { report, head } = notification;
  const { message, asOf, listing, late, source, previousSource, code, previousCode } = report;
  const { verdict, reason, counts, enriched, acceptedHistory, previousRun } = report;
  const unjudged = notFullyJudged(report);
  return {
    type: 'FinSpace Audit Run',
    detail: {
      ...commonOf(notification),
      asOf,
      ...(listing !== undefined && { listing }),
      ...(late && { late }),
      ...(source !== undefined && { source }),
      ...(previousSource !== undefined && { previousSource }),
      ...(code !== undefined && { code }),
      ...(previousCode !== undefined && { previousCode }),
      ...(acceptedHistory !== undefined && {
        acceptedHistory: {
          sha256: acceptedHistory.sha256,
          reason: plainLine(acceptedHistory.reason, MAX_TEXT),
          problem: plainLine(acceptedHistory.problem, MAX_TEXT),
        },
      }),
      verdict,
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message: plainLine(message, MAX_TEXT) }),
      counts,
      ...(enriched !== undefined && { enriched: withPlainReasons(enriched) }),
      ...(unjudged.length > 0 && { notFullyJudged: unjudged.map((id) => plainLine(id, MAX_TEXT)) }),
      findings: report.findings,
      ...notified,
      ...(previousRun !== undefined && { previousRun }),
      ...(head !== undefined && { head }),
    },
  };
};
