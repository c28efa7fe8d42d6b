import type { RuleText } from '../../../rules/engine/rule.ts';
import type { Report } from '../../model/report.ts';
import type { Channel } from '../channel.ts';
import type { ReachedHub } from '../notify-security-hub.ts';
import { RECEIPTS } from '../receipts.ts';
import type { DeliveryTime } from './lanes.ts';

const NAME = 'security-hub';

/**
 * Tells the Security Hub of an account what complete runs found.
 * @param hubOf gives the Security Hub that takes the findings of an environment; undefined: none does
 * @param rules those that judge, where operators have some of their own
 */
export const securityHubChannel = (
  hubOf: (report: Report) => ReachedHub | undefined,
  rules?: readonly RuleText[],
  time?: DeliveryTime,
): Channel => ({
  name: NAME,
  hasReceipt: RECEIPTS[NAME],
  prepare(notification) {
    const { report } = notification;
    const hub = hubOf(report);
    if (hub === undefined || report.verdict !== 'COMPLETE') return undefined;
    // Loaded where it is used: most auditors tell nobody else.
    return async () =>
      (await import('../notify-security-hub.ts')).notifySecurityHub(notification, hub, NAME, rules, time);
  },
});
