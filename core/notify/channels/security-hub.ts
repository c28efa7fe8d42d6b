import type { SecurityHubClientConfig } from '@aws-sdk/client-securityhub';
import type { RuleText } from '../../../rules/engine/rule.ts';
import type { Report } from '../../model/report.ts';
import type { SecurityHub } from '../asff.ts';
import type { Channel } from '../channel.ts';
import type { TellingTime } from './lanes.ts';

/** The name of the channel that tells Security Hub. */
export const SECURITY_HUB = 'security-hub';

/** A Security Hub, and the keys that it lets in. */
export interface ReachedHub extends SecurityHub {
  readonly credentials: NonNullable<SecurityHubClientConfig['credentials']>;
}

/**
 * Tells the Security Hub of an account what complete runs found.
 * @param hubOf gives the Security Hub that takes the findings of an environment; undefined: none does
 * @param rules those that judge, where operators have some of their own
 */
export const securityHubChannel = (
  hubOf: (report: Report) => ReachedHub | undefined,
  rules?: readonly RuleText[],
  time?: TellingTime,
): Channel => ({
  name: SECURITY_HUB,
  hasReceipt: ({ findings }) => Number.isSafeInteger(findings),
  prepare(notification) {
    const { report } = notification;
    const hub = hubOf(report);
    if (hub === undefined || report.verdict !== 'COMPLETE') return undefined;
    // Loaded where it is used: most auditors tell nobody else.
    return async () => (await import('../tell-security-hub.ts')).tellSecurityHub(notification, hub, rules, time);
  },
});
