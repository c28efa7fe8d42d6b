import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { bucketArchive } from '../core/archive/bucket.ts';
import type { AuditRequest } from '../core/audit/request.ts';
import type { AuditResult } from '../core/audit/result.ts';
import { configuredSettings } from '../core/audit/settings.ts';
import { awsClient } from '../core/aws/clients.ts';
import { systemClock } from '../core/model/clock.ts';
import { snsAlerts } from '../core/notify/channels/sns.ts';
import { readBundledConfig } from './bundled-config.ts';
import { compose, configuredChannels } from './composition.ts';
import { functionDoctor } from './function-doctor.ts';
import { loggable } from './invocation.ts';
import { publishMetrics } from './metrics.ts';

// Once a cold start.
const { AUDIT_BUCKET: bucket = '', AUDIT_TOPIC_ARN: topicArn = '' } = process.env;
const { config, waivers } = readBundledConfig(import.meta.dirname);
const archive = bucketArchive(awsClient(S3Client), bucket);
const sendAlert = snsAlerts(awsClient(SNSClient), topicArn);
const { credentialsOf, usersOf } = compose(config, process.env);
const channels = configuredChannels(config, sendAlert);
const clock = systemClock;
const logger = new Logger();

/** What the function audits with, by its environment and the files beside it. */
export const auditor = {
  config,
  clock,
  listUsersOf: usersOf,
  settingsOf: ({ environmentId }: AuditRequest) => ({
    ...configuredSettings(config, waivers, environmentId),
    archive,
    channels,
  }),
  onResult(result: AuditResult, startedAt: number): void {
    logger.info('audited', loggable(result));
    publishMetrics(result, (clock.now() - startedAt) / 1000);
  },
  /** Looks whether an audit could be made. */
  examine: functionDoctor({ config, archive, topicArn, credentialsOf, clock, env: process.env }),
};
