import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { bucketArchive } from '../core/archive/bucket.ts';
import { awsClient } from '../core/aws/clients.ts';
import { archiveClient } from './archive-client.ts';
import { checkSilence, readSilenceEvent } from './silence-check.ts';

const { AUDIT_BUCKET: bucket = '', AUDIT_ALARM_TOPIC_ARN: TopicArn = '', AUDIT_WATCH: watch = '' } = process.env;

// Once a cold start.
const archive = bucketArchive(archiveClient(process.env), bucket);
const sns = awsClient(SNSClient);
const metrics = new Metrics();

/** Looks each hour whether environments have the runs that were due, and tells every day of those that have not. */
export const handler = async (event: unknown): Promise<{ readonly silent: readonly string[] }> => {
  const { silent, mail } = await checkSilence(archive, readSilenceEvent(event));
  if (mail !== undefined) await sns.send(new PublishCommand({ TopicArn, Subject: mail.subject, Message: mail.body }));
  metrics.addDimension('watch', watch);
  metrics.addMetric('SilentEnvironments', MetricUnit.Count, silent.length);
  metrics.publishStoredMetrics();
  return { silent };
};
