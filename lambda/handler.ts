import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { rules } from '../rules/index.ts';
import { snsAlerts } from './alerts/sns.ts';
import { bucketArchive } from './archive/bucket.ts';
import { audit } from './audit.ts';
import { awsTimeouts } from './aws-timeouts.ts';
import { parseConfig, parseWaivers } from './config.ts';
import { finspaceEndpoint } from './finspace/endpoint.ts';
import { finspaceSource } from './finspace/source.ts';
import { answerOf, attemptName, configuredSettings, type Invocation, readInvocation } from './invocation.ts';
import { publishMetrics } from './metrics.ts';

// Once a cold start, so that a bad setting fails before the first audit.
const { AUDIT_BUCKET: bucket = '', AUDIT_TOPIC_ARN: topicArn = '' } = process.env;
const beside = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');
const config = parseConfig(beside('audit.yaml'), 'audit.yaml', rules);
const waivers = parseWaivers(beside('waivers.yaml'), 'waivers.yaml', Date.now());
const archive = bucketArchive(new S3Client(awsTimeouts()), bucket);
const sendAlert = snsAlerts(new SNSClient(awsTimeouts()), topicArn);
const loadCredentials = defaultProvider();
const logger = new Logger();

/** Audits one environment: what the schedule invokes. Rejects where the run is not complete or nobody was told. */
export const handler = async (event: unknown, context: Invocation) => {
  const startedAt = Date.now();
  const request = readInvocation(event, context, config, startedAt, attemptName(startedAt, randomUUID()));
  const endpoint = finspaceEndpoint(request.region, process.env);
  const listUsers = finspaceSource({ ...request, endpoint, mode: config.credentials, loadCredentials });
  const settings = configuredSettings(config, waivers, request.environmentId);
  const result = await audit(request, { ...settings, listUsers, archive, sendAlert });
  logger.info('audited', {
    report: { ...result.report, rules: undefined, trend: undefined },
    alert: result.alert,
    warnings: result.warnings,
  });
  publishMetrics(result, startedAt);
  return answerOf(result);
};
