import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { bucketArchive } from '../core/archive/bucket.ts';
import { awsClient } from '../core/aws/clients.ts';
import { audibleOverview, wantsAll, weeklyAudiences } from '../core/config/recipient.ts';
import { describeUnheard } from '../core/notify/audience.ts';
import { snsAlerts } from '../core/notify/channels/sns.ts';
import { type Collected, collectNight, collectWeek } from '../core/overview/collect.ts';
import { archiveClient } from './archive-client.ts';
import { readBundledConfig } from './bundled-config.ts';
import type { InvocationContext } from './invocation.ts';
import { scheduleCreation } from './schedule-creation.ts';
import { checkSilence, readSilenceEvent, type SilenceAnswer, type SilenceEvent } from './silence-check.ts';

const { AUDIT_BUCKET: bucket = '', AUDIT_ALARM_TOPIC_ARN: TopicArn = '', AUDIT_WATCH: watch = '' } = process.env;
const { AUDIT_OVERVIEW: isOverview, AUDIT_OVERVIEW_TOPIC_ARN: overviewTopicArn } = process.env;

// Once a cold start.
const archive = bucketArchive(archiveClient(process.env), bucket);
const sns = awsClient(SNSClient);
const metrics = new Metrics();
/** There in one stack of an auditor, which tells of the environments of all. */
const config = isOverview === undefined ? undefined : readBundledConfig(import.meta.dirname);

/** Ends the name of the watch's own schedule. */
const OWN_SCHEDULE = 'silence-watch';

/** The fate of the mails about several environments: that of each night, and those of each week by their audience. */
type Overview = Collected & { readonly weekly: Readonly<Record<string, Collected>> };

const collect = async (
  { scheduledTime, schedule, graceHours }: SilenceEvent,
  { invokedFunctionArn }: Pick<InvocationContext, 'invokedFunctionArn'>,
  askedSince: ReturnType<typeof scheduleCreation>,
): Promise<Overview | undefined> => {
  if (config === undefined) return undefined;
  const { name, environments, archive: given, alerts } = config;
  const sendAlert = overviewTopicArn === undefined ? undefined : snsAlerts(sns, overviewTopicArn);
  const audiences = weeklyAudiences(alerts);
  // Where nobody is named whoever subscribed hears each night; where only weekly mails are wanted nobody does.
  const isNightly = audiences.length === 0 || alerts.some((one) => wantsAll(one) && one.every !== 'week');
  const options = {
    environments,
    auditor: `${invokedFunctionArn.split(':')[4]}-${name}`,
    hasPage: given?.shared !== true,
    schedule,
    graceHours,
    now: Date.parse(scheduledTime),
    askedSince: () => askedSince(OWN_SCHEDULE),
    sendAlert,
  };
  const night = await collectNight(archive, { ...options, sendAlert: isNightly ? sendAlert : undefined });
  const weekly: Record<string, Collected> = {};
  for (const audience of audiences) weekly[audience.label] = await collectWeek(archive, options, audience);
  return { ...night, weekly };
};

/** Measures each of these environments, which have alarms of their own. */
const publishSilence = (environmentIds: readonly string[], value: 0 | 1): void => {
  for (const id of environmentIds) {
    const single = metrics.singleMetric();
    single.addDimensions({ watch, environment: id });
    single.addMetric('Silent', MetricUnit.Count, value);
  }
};

/**
 * Looks each hour whether environments have the runs that were due, and tells every day of those that have not, and whether
 * their archives were verified; then tells of all environments together. A fault of the second hides nothing of the first.
 */
export const handler = async (
  event: unknown,
  context: Pick<InvocationContext, 'invokedFunctionArn'>,
): Promise<Omit<SilenceAnswer, 'mail'> & { readonly overview: Overview | undefined }> => {
  const request = readSilenceEvent(event);
  const askedSince = scheduleCreation(watch);
  const { silent, seen, unverified, mail } = await checkSilence(archive, { ...request, askedSince });
  if (mail !== undefined) await sns.send(new PublishCommand({ TopicArn, Subject: mail.subject, Message: mail.body }));
  metrics.addDimension('watch', watch);
  metrics.addMetric('SilentEnvironments', MetricUnit.Count, silent.length);
  metrics.addMetric('UnverifiedEnvironments', MetricUnit.Count, unverified.length);
  metrics.publishStoredMetrics();
  publishSilence(silent, 1);
  publishSilence(seen, 0);
  const overview = await collect(request, context, askedSince);
  const unheard =
    overviewTopicArn === undefined
      ? []
      : await describeUnheard(sns, [{ topicArn: overviewTopicArn, messages: audibleOverview(config?.alerts ?? []) }]);
  if (unheard.length > 0) throw new Error(unheard.join('; '));
  return { silent, seen, unverified, overview };
};
