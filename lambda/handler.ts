import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { snsAlerts } from './alerts/sns.ts';
import { bucketArchive } from './archive/bucket.ts';
import { audit } from './audit.ts';
import { awsTimeouts } from './aws-timeouts.ts';
import { readBundledConfig } from './bundled-config.ts';
import { compose } from './composition.ts';
import { functionDoctor } from './function-doctor.ts';
import { answerOf, byEvent, configuredSettings, loggable, readInvocation } from './invocation.ts';
import { publishMetrics } from './metrics.ts';

// Once a cold start, so that a bad setting fails before the first audit.
const { AUDIT_BUCKET: bucket = '', AUDIT_TOPIC_ARN: topicArn = '' } = process.env;
const { config, waivers } = readBundledConfig(import.meta.dirname);
const archive = bucketArchive(new S3Client(awsTimeouts()), bucket);
const sendAlert = snsAlerts(new SNSClient(awsTimeouts()), topicArn);
const { credentialsOf, usersOf, edges } = compose(config, process.env);
const logger = new Logger();
const examine = functionDoctor({ config, archive, topicArn, credentialsOf, env: process.env });

/** Audits one environment, or looks whether it could. Rejects where a run is not complete or nobody was told. */
export const handler = byEvent(examine, async (event, context) => {
  const startedAt = Date.now();
  const request = readInvocation(event, context, config, startedAt, randomUUID());
  const listUsers = usersOf(request);
  const settings = configuredSettings(config, waivers, request.environmentId);
  const result = await audit(request, { ...settings, ...edges, listUsers, archive, sendAlert });
  logger.info('audited', loggable(result));
  publishMetrics(result, startedAt);
  return answerOf(result);
});
