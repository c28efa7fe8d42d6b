import { isAtLeast, SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import type { Audible } from '../notify/filter-policy.ts';

export const PROTOCOLS = ['email', 'https', 'sqs', 'lambda'] as const;

/** Somebody who gets alerts, in the words of SNS. */
export interface AlertRecipient {
  readonly protocol: (typeof PROTOCOLS)[number];
  /** An e-mail address, a URL, or the ARN of a queue or a function. */
  readonly endpoint: string;
  /** Undefined: every alert, as for INFORMATIONAL. Everybody gets those of runs that are not COMPLETE. */
  readonly minSeverity?: Severity;
  /** Gets one mail about the night of all environments, and none of each. */
  readonly digest?: 'all';
}

/** Tells who gets the one mail about all environments from who gets one of each. */
export const wantsAll = ({ digest }: AlertRecipient): boolean => digest === 'all';

/**
 * Lists who is told of alarms: each once, whether it gets each digest, the one mail or both, and whatever its severity.
 * Behind a queue or a function is a program that was written to read alerts.
 */
export const alarmListeners = <R extends AlertRecipient>(
  recipients: readonly R[],
): readonly Omit<R, 'minSeverity'>[] => {
  const heard = recipients
    .filter(({ protocol }) => protocol === 'email' || protocol === 'https')
    .map(({ minSeverity: _minSeverity, ...listener }) => [listener.endpoint, listener] as const);
  return [...new Map(heard).values()];
};

/**
 * Passes alerts whose worst finding is at least this severe, and any alert of an audit that is not COMPLETE: nobody
 * asked not to be told that nothing was seen. The attributes are those of `Alert` in `core/notify/channel.ts`.
 */
export const filterPolicyOf = (least: Severity) => ({
  $or: [
    { maxSeverity: SEVERITIES.filter((severity) => isAtLeast(severity, least)) },
    { verdict: [{ 'anything-but': ['COMPLETE'] }] },
  ],
});

/** Lists the messages that somebody asked for; where nobody is named, whoever subscribed should hear all. */
const askedFor = (recipients: readonly AlertRecipient[], environment: string): readonly Audible[] => {
  const isAsked = (severity: Severity): boolean =>
    recipients.length === 0 ||
    recipients.some(({ minSeverity }) => isAtLeast(severity, minSeverity ?? 'INFORMATIONAL'));
  return [
    { what: 'that a run is not COMPLETE', attributes: { environment, verdict: 'FAILED', maxSeverity: 'CRITICAL' } },
    ...SEVERITIES.toReversed()
      .filter(isAsked)
      .map((maxSeverity) => ({
        what: `of ${maxSeverity} findings`,
        attributes: { environment, verdict: 'COMPLETE', maxSeverity },
      })),
  ];
};

/** The alerts of an environment that somebody should hear; those who want the one mail about all hear of none. */
export const audibleAlerts = (recipients: readonly AlertRecipient[], environment: string): readonly Audible[] => {
  const ofEach = recipients.filter((recipient) => !wantsAll(recipient));
  return recipients.length > 0 && ofEach.length === 0 ? [] : askedFor(ofEach, environment);
};

/** The mails about all environments that somebody should hear. */
export const audibleOverview = (recipients: readonly AlertRecipient[]): readonly Audible[] =>
  askedFor(recipients.filter(wantsAll), 'all');

/** An alarm, as CloudWatch publishes it: without attributes. */
export const AUDIBLE_ALARMS: readonly Audible[] = [{ what: 'of alarms', attributes: {} }];
