import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import type { ZodType } from 'zod';
import { rules } from '../rules/index.ts';
import { snsAlerts } from './alerts/sns.ts';
import { bucketArchive } from './archive/bucket.ts';
import { audit } from './audit.ts';
import { configuredEdges, configuredUsers } from './composition.ts';
import { configSchema, waiversSchema } from './config.ts';
import { checked } from './config-file.ts';
import {
  answerOf,
  attemptName,
  configuredSettings,
  type Invocation,
  loggable,
  readInvocation,
} from './invocation.ts';
import { publishMetrics } from './metrics.ts';

// Once a cold start, so that a bad setting fails before the first audit.
const { AUDIT_BUCKET: bucket = '', AUDIT_TOPIC_ARN: topicArn = '' } = process.env;
const beside = <T>(name: string, schema: ZodType<T>): T =>
  checked(JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8')), schema, () => name);
const config = beside('audit.json', configSchema(rules));
const waivers = beside('waivers.json', waiversSchema(Date.now()));
const archive = bucketArchive(new S3Client({}), bucket);
const sendAlert = snsAlerts(new SNSClient({}), topicArn);
const edges = configuredEdges(config);
const usersOf = configuredUsers(config, process.env);
const logger = new Logger();

/** Audits one environment: what the schedule invokes. Rejects where the run is not complete or nobody was told. */
export const handler = async (event: unknown, context: Invocation) => {
  const startedAt = Date.now();
  const request = readInvocation(event, context, config, startedAt, attemptName(startedAt, randomUUID()));
  const listUsers = usersOf(request);
  const settings = configuredSettings(config, waivers, request.environmentId);
  const result = await audit(request, { ...settings, ...edges, listUsers, archive, sendAlert });
  logger.info('audited', loggable(result));
  publishMetrics(result, startedAt);
  return answerOf(result);
};
