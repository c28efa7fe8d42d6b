import { createHash } from 'node:crypto';
import { isAtLeast, SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import type { Audible } from '../notify/filter-policy.ts';

export const PROTOCOLS = ['email', 'https', 'sqs', 'lambda'] as const;

/** When somebody is told: after each night, or once a week. */
export const RHYTHMS = ['night', 'week'] as const;

/** What somebody wants to hear of. */
export interface Wanted {
  /** Undefined: as for INFORMATIONAL. */
  readonly minSeverity?: Severity;
  /** Undefined: as for CRITICAL. Everybody hears of runs that are not COMPLETE. */
  readonly maxSeverity?: Severity;
  /** By their ids; undefined: all. */
  readonly environments?: readonly string[];
}

/** Somebody who gets alerts, in the words of SNS. */
export interface AlertRecipient extends Wanted {
  readonly protocol: (typeof PROTOCOLS)[number];
  /** An e-mail address, a URL, or the ARN of a queue or a function. */
  readonly endpoint: string;
  /** Gets one mail about the night of all environments, and none of each. */
  readonly digest?: 'all';
  /** Once a week one mail about all that it wants to hear of, and none of nights. */
  readonly every?: 'week';
}

/** Tells who gets one mail about several environments, each night or week, from who gets one of each. */
export const wantsAll = ({ digest, every }: Pick<AlertRecipient, 'digest' | 'every'>): boolean =>
  digest === 'all' || every === 'week';

const isMild = (severity: Severity, { maxSeverity = 'CRITICAL' }: Wanted): boolean => isAtLeast(maxSeverity, severity);

/** Whether findings of a severity are wanted. */
export const isWanted = (severity: Severity, wanted: Wanted): boolean =>
  isAtLeast(severity, wanted.minSeverity ?? 'INFORMATIONAL') && isMild(severity, wanted);

/** Those who get the same weekly mail. */
export interface Audience extends Wanted {
  /** Stands in the attributes of the mail, the filters of its subscriptions, and the names of its markers. */
  readonly label: string;
}

const audienceOf = ({ minSeverity, maxSeverity, environments }: Wanted): Audience => {
  const ids = environments && [...new Set(environments)].toSorted();
  const some = ids === undefined ? 'all' : createHash('sha256').update(ids.join()).digest('hex').slice(0, 8);
  return {
    label: `week-${minSeverity ?? 'INFORMATIONAL'}-${maxSeverity ?? 'CRITICAL'}-${some}`,
    ...(minSeverity && { minSeverity }),
    ...(maxSeverity && { maxSeverity }),
    ...(ids && { environments: ids }),
  };
};

/** The weekly mails that somebody wants, each once. */
export const weeklyAudiences = (recipients: readonly AlertRecipient[]): readonly Audience[] => {
  const audiences = recipients.filter(({ every }) => every === 'week').map(audienceOf);
  return [...new Map(audiences.map((audience) => [audience.label, audience])).values()];
};

/**
 * Lists who is told of alarms: each once, whether it gets each digest, the one mail or both, and whatever its severity.
 * Behind a queue or a function is a program that was written to read alerts.
 */
export const alarmListeners = <R extends AlertRecipient>(
  recipients: readonly R[],
): readonly Omit<R, keyof Wanted | 'digest' | 'every'>[] => {
  const heard = recipients
    .filter(({ protocol }) => protocol === 'email' || protocol === 'https')
    .map(
      ({ minSeverity: _least, maxSeverity: _most, environments: _some, digest: _one, every: _week, ...listener }) =>
        [listener.endpoint, listener] as const,
    );
  return [...new Map(heard).values()];
};

/**
 * The filter of a subscription; undefined where everything passes. It passes alerts that may tell of a wanted finding, and
 * any of an audit that is not COMPLETE: nobody asked not to be told that nothing was seen. The attributes are those of
 * `Alert` in `core/notify/channel.ts`; a weekly mail passes by the name of its audience alone.
 */
export const filterPolicyOf = (recipient: Wanted & Pick<AlertRecipient, 'digest' | 'every'>) => {
  const { minSeverity, maxSeverity, environments, every } = recipient;
  if (every === 'week') return { audience: [audienceOf(recipient).label] };
  const severities = {
    ...(minSeverity && { maxSeverity: SEVERITIES.filter((severity) => isAtLeast(severity, minSeverity)) }),
    // Alerts of before tell the worst alone.
    ...(maxSeverity && {
      leastSeverity: [...SEVERITIES.filter((severity) => isMild(severity, recipient)), { exists: false }],
    }),
  };
  const policy = {
    ...(wantsAll(recipient) && { audience: [{ exists: false }] }),
    ...(environments && { environment: environments }),
    ...(Object.keys(severities).length > 0 && { $or: [severities, { verdict: [{ 'anything-but': ['COMPLETE'] }] }] }),
  };
  return Object.keys(policy).length === 0 ? undefined : policy;
};

const isOfEnvironment = ({ environments }: Wanted, environment: string): boolean =>
  environments === undefined || environments.includes(environment);

/** Lists the messages that somebody asked for; where nobody is named, whoever subscribed should hear all. */
const askedFor = (recipients: readonly AlertRecipient[], environment: string): readonly Audible[] => {
  const isAsked = (severity: Severity): boolean =>
    recipients.length === 0 || recipients.some((recipient) => isWanted(severity, recipient));
  return [
    { what: 'that a run is not COMPLETE', attributes: { environment, verdict: 'FAILED', maxSeverity: 'CRITICAL' } },
    ...SEVERITIES.toReversed()
      .filter(isAsked)
      .map((severity) => ({
        what: `of ${severity} findings`,
        attributes: { environment, verdict: 'COMPLETE', maxSeverity: severity, leastSeverity: severity },
      })),
  ];
};

/** The alerts of an environment that somebody should hear; those who want one mail about several hear of none. */
export const audibleAlerts = (recipients: readonly AlertRecipient[], environment: string): readonly Audible[] => {
  const ofEach = recipients.filter((recipient) => !wantsAll(recipient) && isOfEnvironment(recipient, environment));
  return recipients.length > 0 && ofEach.length === 0 ? [] : askedFor(ofEach, environment);
};

/** The mails about several environments that somebody should hear. */
export const audibleOverview = (recipients: readonly AlertRecipient[]): readonly Audible[] => {
  const nightly = recipients.filter((recipient) => wantsAll(recipient) && recipient.every !== 'week');
  const weekly = weeklyAudiences(recipients);
  return [
    ...(nightly.length > 0 || weekly.length === 0 ? askedFor(nightly, 'all') : []),
    ...weekly.map(({ label }) => ({ what: `the weekly mail ${label}`, attributes: { audience: label } })),
  ];
};

/** An alarm, as CloudWatch publishes it: without attributes. */
export const AUDIBLE_ALARMS: readonly Audible[] = [{ what: 'of alarms', attributes: {} }];
