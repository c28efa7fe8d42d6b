import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { snsAlerts } from './alerts/sns.ts';
import { bucketArchive } from './archive/bucket.ts';
import { audit } from './audit.ts';
import { readBundledConfig } from './bundled-config.ts';
import { finspaceEndpoint } from './finspace/endpoint.ts';
import { finspaceSource } from './finspace/source.ts';
import { functionDoctor } from './function-doctor.ts';
import { answerOf, attemptName, byEvent, configuredSettings, readInvocation } from './invocation.ts';
import { publishMetrics } from './metrics.ts';

// Once a cold start, so that a bad setting fails before the first audit.
const { AUDIT_BUCKET: bucket = '', AUDIT_TOPIC_ARN: topicArn = '' } = process.env;
const { config, waivers } = readBundledConfig(import.meta.dirname);
const archive = bucketArchive(new S3Client({}), bucket);
const sendAlert = snsAlerts(new SNSClient({}), topicArn);
const loadCredentials = defaultProvider();
const logger = new Logger();
const examine = functionDoctor({ config, archive, topicArn, loadCredentials, env: process.env });

/** Audits one environment, or looks whether it could. Rejects where a run is not complete or nobody was told. */
export const handler = byEvent(examine, async (event, context) => {
  const startedAt = Date.now();
  const request = readInvocation(event, context, config, startedAt, attemptName(startedAt, randomUUID()));
  const endpoint = finspaceEndpoint(request.region, process.env);
  const listUsers = finspaceSource({ ...request, endpoint, mode: config.credentials, loadCredentials });
  const settings = configuredSettings(config, waivers, request.environmentId);
  const result = await audit(request, { ...settings, listUsers, archive, sendAlert });
  logger.info('audited', { report: { ...result.report, rules: undefined }, alert: result.alert });
  publishMetrics(result, startedAt);
  return answerOf(result);
});
