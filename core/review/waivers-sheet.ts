import type { Finding } from '../../rules/engine/finding.ts';
import type { SpoolFolder } from '../archive/staging.ts';
import { openSheet } from './sheet.ts';

const COLUMNS = [
  'rule',
  'subjectKind',
  'subject',
  'severity',
  'message',
  'reason',
  'ticket',
  'owner',
  'approver',
  'expires',
  'firstSeen',
  'finding',
] as const;

/** `waivers.csv`: the waivers that the reviewed run accepted findings by, a line a finding. */
export const openWaiversSheet = async (spools: SpoolFolder) => {
  const sheet = await openSheet(spools, 'waivers.csv', COLUMNS);
  return {
    async add({ id, ruleId, subject, severity, state, message, firstSeen, waiver }: Finding): Promise<void> {
      if (state !== 'waived' || waiver === undefined) return;
      const { reason, ticket = '', owner, approver, expires } = waiver;
      await sheet.add({
        rule: ruleId,
        subjectKind: subject.kind,
        subject: subject.id,
        severity,
        message,
        reason,
        ticket,
        owner,
        approver,
        expires,
        firstSeen,
        finding: id,
      });
    },
    count: () => sheet.rows,
    finish: () => sheet.finish(),
  };
};
