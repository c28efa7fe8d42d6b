import { isAtLeast, SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import type { Audible } from '../notify/audience.ts';

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

/** Tells recipients who get alarms too: behind a queue or a function is a program that was written to read alerts. */
export const hearsAlarms = ({ protocol }: AlertRecipient): boolean => protocol === 'email' || protocol === 'https';

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

/**
 * The alerts of an environment that somebody asked for; where nobody is named, whoever subscribed should hear all. Those
 * who want the one mail about all environments hear of none.
 */
export const audibleAlerts = (recipients: readonly AlertRecipient[], environment: string): readonly Audible[] => {
  const ofEach = recipients.filter((recipient) => !wantsAll(recipient));
  if (recipients.length > 0 && ofEach.length === 0) return [];
  const isAsked = (severity: Severity): boolean =>
    ofEach.length === 0 || ofEach.some(({ minSeverity }) => isAtLeast(severity, minSeverity ?? 'INFORMATIONAL'));
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

/** The one mail about all environments, where some were not seen: that goes to everybody who wants one. */
export const AUDIBLE_OVERVIEW: readonly Audible[] = [
  { what: 'of all environments', attributes: { environment: 'all', verdict: 'INCOMPLETE', maxSeverity: 'CRITICAL' } },
];

/** An alarm, as CloudWatch publishes it: without attributes. */
export const AUDIBLE_ALARMS: readonly Audible[] = [{ what: 'of alarms', attributes: {} }];
