import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { rules } from '../rules/index.ts';
import { snsAlerts } from './alerts/sns.ts';
import { bucketArchive } from './archive/bucket.ts';
import type { AuditRequest, AuditResult } from './audit.ts';
import { configuredEdges, configuredUsers } from './composition.ts';
import { parseConfig, parseWaivers } from './config.ts';
import { configuredSettings, loggable } from './invocation.ts';
import { publishMetrics } from './metrics.ts';

// Once a cold start, so that a bad setting fails before the first audit.
const { AUDIT_BUCKET: bucket = '', AUDIT_TOPIC_ARN: topicArn = '' } = process.env;
const beside = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');
const config = parseConfig(beside('audit.yaml'), 'audit.yaml', rules);
const waivers = parseWaivers(beside('waivers.yaml'), 'waivers.yaml', Date.now());
const archive = bucketArchive(new S3Client({}), bucket);
const sendAlert = snsAlerts(new SNSClient({}), topicArn);
const edges = configuredEdges(config);
const logger = new Logger();

/** What the function audits with, by its environment and the files beside it. */
export const auditor = {
  config,
  listUsersOf: configuredUsers(config, process.env),
  settingsOf: ({ environmentId }: AuditRequest) => ({
    ...configuredSettings(config, waivers, environmentId),
    ...edges,
    archive,
    sendAlert,
  }),
  onResult(result: AuditResult, startedAt: number): void {
    logger.info('audited', loggable(result));
    publishMetrics(result, startedAt);
  },
};
