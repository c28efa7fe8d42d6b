import { createHash } from 'node:crypto';
import type { Finding } from '../../../rules/engine/finding.ts';
import { readPrincipal } from '../../../rules/engine/principal.ts';
import type { Subject } from '../../../rules/engine/rule.ts';
import { type HighlightKind, kindOf } from '../../model/highlights.ts';
import type { Report } from '../../model/report.ts';
import { plainLine } from '../../text/plain-text.ts';
import type { AuditEvent } from '../channel.ts';

/** What a run has to tell those who automate. */
export interface Tidings {
  readonly report: Report;
  /** Where the report stands in the archive; undefined where it stands nowhere. */
  readonly reportKey: string | undefined;
  /** Every line of the findings file of a complete run, and nothing of any other: the next one finds them new. */
  readonly findings: AsyncIterable<unknown> | readonly [];
}

/** What is told; what stays open or waived is no news, and no program needs to be reminded. */
const TOLD: ReadonlySet<HighlightKind> = new Set([
  'new',
  'reopened',
  'escalated',
  'waiver-ended',
  'event',
  'resolved',
]);

/** So that an event is far from the 256 KB that EventBridge takes. */
const MAX_TEXT = 2000;

/** As mails have it: an id that may be anything somebody typed, a name among others, is told by its digest only. */
const tellableId = ({ kind, id }: Subject): string => {
  const isTellable =
    id.length <= MAX_TEXT &&
    plainLine(id) === id &&
    (kind !== 'principal' || readPrincipal(id).kind === 'role');
  return isTellable ? id : `sha256:${createHash('sha256').update(id).digest('hex')}`;
};

/**
 * An event for each finding that changed, and at last one for the run. They hold no evidence, which is where names
 * and e-mail addresses are.
 */
export async function* eventsOf({ report, reportKey, findings }: Tidings): AsyncGenerator<AuditEvent> {
  const { run, environmentId, accountId, region, message } = report;
  const common = {
    schemaVersion: 1,
    run,
    environmentId,
    accountId,
    region,
    ...(reportKey !== undefined && { report: reportKey }),
  };
  for await (const line of findings) {
    const finding = line as Finding;
    const state = kindOf(finding);
    if (!TOLD.has(state)) continue;
    const { ruleId, severity, subject, firstSeen, escalatedFrom, cause } = finding;
    const subjectId = tellableId(subject);
    const detail = {
      ...common,
      // The finding's own id where the subject's can be told.
      id: `${environmentId}/${ruleId}/${subjectId}`,
      ruleId,
      severity,
      state,
      subject: { kind: subject.kind, id: subjectId },
      message: plainLine(finding.message, MAX_TEXT),
      firstSeen,
      ...(escalatedFrom !== undefined && { escalatedFrom }),
      ...(cause !== undefined && { cause }),
    };
    yield { type: 'FinSpace Audit Finding', detail };
  }
  const { asOf, verdict, reason, counts, previousRun } = report;
  yield {
    type: 'FinSpace Audit Run',
    detail: {
      ...common,
      asOf,
      verdict,
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message: plainLine(message, MAX_TEXT) }),
      counts,
      findings: report.findings,
      ...(previousRun !== undefined && { previousRun }),
    },
  };
}
