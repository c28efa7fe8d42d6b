import { createHash } from 'node:crypto';
import { isAtLeast, SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import { type Band, bandLabel, isInBand, severitiesBeyond, WHOLE_BAND } from '../model/band.ts';
import type { Audible } from '../notify/filter-policy.ts';

export const PROTOCOLS = ['email', 'https', 'sqs', 'lambda'] as const;

/** When somebody is told: after each night, or once a week. */
export const RHYTHMS = ['night', 'week'] as const;

/** A recipient's choice of what to hear of. */
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

/** Whether findings of a severity are wanted. */
export const isWanted = (
  severity: Severity,
  { minSeverity = 'INFORMATIONAL', maxSeverity = 'CRITICAL' }: Wanted,
): boolean => isInBand(severity, { minSeverity, maxSeverity });

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

/** The band of somebody who hears each night of some severities alone; undefined where all are wanted. */
const bandOf = (recipient: AlertRecipient): Pick<Band, 'minSeverity' | 'maxSeverity'> | undefined => {
  const { minSeverity = 'INFORMATIONAL', maxSeverity = 'CRITICAL' } = recipient;
  const ends = { minSeverity, maxSeverity };
  return wantsAll(recipient) || bandLabel(ends) === WHOLE_BAND ? undefined : ends;
};

/** Whether somebody hears each night of some severities alone: what tells of all is then for others. */
export const haveBands = (recipients: readonly AlertRecipient[]): boolean =>
  recipients.some((recipient) => bandOf(recipient) !== undefined);

/**
 * The filter of a subscription; undefined where everything passes. It passes the mails of the band, in which an audit that
 * is not COMPLETE is told too: nobody asked not to be told that nothing was seen. Of what has no band (it is for everybody,
 * or an older version composed it) it passes what may tell of a finding that is severe enough. The attributes are those
 * of `Alert` in `core/notify/channel.ts`, five at most, which SNS takes; a weekly mail passes by the name of its audience alone.
 * @param hasBands whether somebody at the same topic hears of some severities alone
 */
export const filterPolicyOf = (recipient: AlertRecipient, hasBands: boolean) => {
  const { minSeverity = 'INFORMATIONAL', environments, digest, every } = recipient;
  if (every === 'week') return { audience: [audienceOf(recipient).label] };
  const severeEnough = { maxSeverity: SEVERITIES.filter((severity) => isAtLeast(severity, minSeverity)) };
  if (digest === 'all') {
    const audience = [{ exists: false }];
    if (minSeverity === 'INFORMATIONAL') return { audience };
    return { audience, $or: [severeEnough, { verdict: [{ 'anything-but': ['COMPLETE'] }] }] };
  }
  const band = bandOf(recipient);
  const label = band === undefined ? WHOLE_BAND : bandLabel(band);
  const none = { exists: false };
  const policy = {
    ...(environments && { environment: environments }),
    ...(minSeverity === 'INFORMATIONAL'
      ? (band !== undefined || hasBands) && { band: [label, none] }
      : { $or: [{ band: [label] }, { band: [none], ...severeEnough }] }),
  };
  return Object.keys(policy).length === 0 ? undefined : policy;
};

const isOfEnvironment = ({ environments }: Wanted, environment: string): boolean =>
  environments === undefined || environments.includes(environment);

/** The bands of those who hear each night of some severities of an environment, each once. */
export const bandsOf = (recipients: readonly AlertRecipient[], environment: string): readonly Band[] => {
  const ofIt = recipients.filter((recipient) => isOfEnvironment(recipient, environment));
  const bands = ofIt
    .flatMap((recipient) => bandOf(recipient) ?? [])
    .map(
      (ends): Band => ({
        ...ends,
        label: bandLabel(ends),
        sentToOthers: severitiesBeyond(ends).filter((severity) => ofIt.some((other) => isWanted(severity, other))),
      }),
    );
  return [...new Map(bands.map((band) => [band.label, band])).values()];
};

/** The ends of a run of which everybody hears. */
const NOT_COMPLETE = ['INCOMPLETE', 'FAILED'] as const;

/** The mail about all environments tells of a night by one of these alone, and of no mildest severity. */
const OF_ALL = { environment: 'all', verdicts: NOT_COMPLETE.slice(0, 1), hasLeast: false };

/**
 * Lists the messages that somebody asked for, as their mails have it; where nobody is named, whoever subscribed should
 * hear all.
 */
const askedFor = (
  recipients: readonly AlertRecipient[],
  { environment, verdicts, hasLeast }: typeof OF_ALL,
  bands: readonly Band[] = [],
): readonly Audible[] => {
  const isAsked = (severity: Severity): boolean =>
    recipients.length === 0 || recipients.some((recipient) => isWanted(severity, recipient));
  const labels = (isTold: (band: Band) => boolean) =>
    bands.length === 0
      ? [{}]
      : [WHOLE_BAND, ...bands.filter(isTold).map(({ label }) => label)].map((band) => ({ band }));
  return [
    // Whoever hears of the one alone takes the other for a night on which all was seen.
    ...verdicts.map((verdict) => ({
      what: `that a run is ${verdict}`,
      messages: labels(() => true).map((band) => ({ environment, verdict, maxSeverity: 'CRITICAL', ...band })),
    })),
    ...SEVERITIES.toReversed()
      .filter(isAsked)
      .map((severity) => ({
        what: `of ${severity} findings`,
        messages: labels((band) => isInBand(severity, band)).map((band) => ({
          environment,
          verdict: 'COMPLETE',
          maxSeverity: severity,
          ...(hasLeast && { leastSeverity: severity }),
          ...band,
        })),
      })),
  ];
};

/** The alerts of an environment that somebody should hear; those who want one mail about several hear of none. */
export const audibleAlerts = (recipients: readonly AlertRecipient[], environment: string): readonly Audible[] => {
  const ofEach = recipients.filter((recipient) => !wantsAll(recipient) && isOfEnvironment(recipient, environment));
  if (recipients.length > 0 && ofEach.length === 0) return [];
  return askedFor(ofEach, { environment, verdicts: [...NOT_COMPLETE], hasLeast: true }, bandsOf(ofEach, environment));
};

/** The mails about several environments that somebody should hear. */
export const audibleOverview = (recipients: readonly AlertRecipient[]): readonly Audible[] => {
  const nightly = recipients.filter((recipient) => wantsAll(recipient) && recipient.every !== 'week');
  const weekly = weeklyAudiences(recipients);
  return [
    ...(nightly.length > 0 || weekly.length === 0 ? askedFor(nightly, OF_ALL) : []),
    ...weekly.map(({ label }) => ({ what: `the weekly mail ${label}`, messages: [{ audience: label }] })),
  ];
};

/** An alarm, as CloudWatch publishes it: without attributes. */
export const AUDIBLE_ALARMS: readonly Audible[] = [{ what: 'of alarms', messages: [{}] }];
