import { createHash } from 'node:crypto';
import type { Finding } from '../../../rules/engine/finding.ts';
import { readPrincipal } from '../../../rules/engine/principal.ts';
import type { Subject } from '../../../rules/engine/rule.ts';
import { isNews, kindOf } from '../../model/highlights.ts';
import { plainLine } from '../../text/plain-text.ts';
import type { Notification } from '../channel.ts';

/** One event for programs. */
export interface AuditEvent {
  readonly type: 'FinSpace Audit Finding' | 'FinSpace Audit Run';
  /** Any JSON; names nobody. */
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
 * Makes an event for each finding that changed, and at last one for the run. They hold no evidence, which is where
 * names and e-mail addresses are.
 */
export async function* eventsOf({
  report,
  head,
  reportKey,
  findings,
}: Pick<Notification, 'report' | 'head' | 'reportKey' | 'findings'>): AsyncGenerator<AuditEvent> {
  const { run, environmentId, accountId, region, message } = report;
  const common = {
    schemaVersion: 1,
    run,
    environmentId,
    accountId,
    region,
    ...(reportKey !== undefined && { report: reportKey }),
  };
  for await (const line of findings()) {
    const finding = line as Finding;
    const state = kindOf(finding);
    if (!isNews(state)) continue;
    const { ruleId, severity, subject, firstSeen, escalatedFrom, carriedFor, cause, regroupedTo } = finding;
    const subjectId = harmlessId(subject);
    const detail = {
      ...common,
      // The finding's own id where the subject's is harmless.
      id: `${environmentId}/${ruleId}/${subjectId}`,
      ruleId,
      severity,
      state,
      subject: { kind: subject.kind, id: subjectId },
      message: plainLine(finding.message, MAX_TEXT),
      firstSeen,
      ...(escalatedFrom !== undefined && { escalatedFrom }),
      ...(carriedFor !== undefined && { carriedFor: plainLine(carriedFor, MAX_TEXT) }),
      ...(cause !== undefined && { cause }),
      ...(regroupedTo !== undefined && { regroupedTo: harmlessId({ ...subject, id: regroupedTo }) }),
    };
    yield { type: 'FinSpace Audit Finding', detail };
  }
  const { asOf, listing, late, source, previousSource, code, previousCode, verdict, reason, counts, previousRun } =
    report;
  yield {
    type: 'FinSpace Audit Run',
    detail: {
      ...common,
      asOf,
      ...(listing !== undefined && { listing }),
      ...(late && { late }),
      ...(source !== undefined && { source }),
      ...(previousSource !== undefined && { previousSource }),
      ...(code !== undefined && { code }),
      ...(previousCode !== undefined && { previousCode }),
      verdict,
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message: plainLine(message, MAX_TEXT) }),
      counts,
      findings: report.findings,
      ...(previousRun !== undefined && { previousRun }),
      ...(head !== undefined && { head }),
    },
  };
}
