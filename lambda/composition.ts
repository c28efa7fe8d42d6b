import { Logger } from '@aws-lambda-powertools/logger';
import type { IAMClientConfig } from '@aws-sdk/client-iam';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import type { STSClientConfig } from '@aws-sdk/client-sts';
import { bucketArchive } from '../core/archive/bucket.ts';
import { type AuditRequest, requestForRoster, storingMs } from '../core/audit/request.ts';
import type { AuditResult } from '../core/audit/result.ts';
import { type AuditSettings, configuredSettings, enrichmentSettings } from '../core/audit/settings.ts';
import { awsClient } from '../core/aws/clients.ts';
import { callerCredentials } from '../core/aws/credentials.ts';
import { AUDIBLE_ALARMS, audibleAlerts, bandsOf } from '../core/config/recipient.ts';
import { type AuditedEnvironment, securityHubOf } from '../core/config/security-hub.ts';
import { type Clock, systemClock } from '../core/model/clock.ts';
import { describeUnheard } from '../core/notify/audience.ts';
import { digestChannel } from '../core/notify/channels/digest.ts';
import { eventBridgeChannel } from '../core/notify/channels/event-bridge.ts';
import { securityHubChannel } from '../core/notify/channels/security-hub.ts';
import { snsAlerts } from '../core/notify/channels/sns.ts';
import type { ReachedHub } from '../core/notify/notify-security-hub.ts';
import { assumedRole } from '../core/sources/finspace/assumed-role.ts';
import { finspaceEndpoint } from '../core/sources/finspace/endpoint.ts';
import type { AwsCredentials } from '../core/sources/finspace/signing.ts';
import { chooseEnrichments, chooseSource } from '../core/sources/index.ts';
import type { ListingPart } from '../core/sources/parts/listing-parts.ts';
import { RosterError } from '../core/sources/roster/file.ts';
import { openRoster } from '../core/sources/roster/open.ts';
import { rosterS3 } from '../core/sources/roster/s3-client.ts';
import type { ResumableSource, UserSource } from '../core/sources/source.ts';
import type { Rule } from '../rules/engine/rule.ts';
import { archiveClient } from './archive-client.ts';
import { readBundledConfig, readBundledWaivers } from './bundled-config.ts';
import { functionDoctor } from './function-doctor.ts';
import { tellingMs } from './invocation.ts';
import { publishMetrics, publishPart, publishUnheard } from './metrics.ts';

/** Leaves out the rules' outcomes and the trend, which the report has; names nobody. */
const loggable = ({ report, head, deliveries, unheard, warnings }: AuditResult) => ({
  report: { ...report, rules: undefined, trend: undefined },
  head,
  ...deliveries,
  unheard,
  warnings,
});

/** Replaced by tests. */
export interface Edges {
  readonly clock?: Clock;
  /** Of the client that assumes the roles that the config names. */
  readonly sts?: STSClientConfig;
  /** Of the client that reads roles. */
  readonly iam?: IAMClientConfig;
  /** Of the clients of the archive and of saved rosters. */
  readonly s3?: S3ClientConfig;
}

/**
 * Composes the auditor that a function is, of its environment and of the files in the folder of its code.
 * @param rules the rules, where operators have some of their own
 */
export const composeAuditor = (
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  { clock = systemClock, sts, iam, s3: s3Settings }: Edges = {},
  rules?: readonly Rule[],
) => {
  const { AUDIT_BUCKET: bucket = '', AUDIT_TOPIC_ARN: topicArn = '', AUDIT_ALARM_TOPIC_ARN: alarmTopicArn } = env;
  const config = readBundledConfig(folder);
  const waivers = readBundledWaivers(folder);
  const { environments, events } = config;
  const s3 = s3Settings === undefined ? archiveClient(env) : awsClient(S3Client, s3Settings);
  const archiveUntil = (instant: number) => bucketArchive(s3, bucket, undefined, () => instant - clock.now());
  const sns = awsClient(SNSClient);
  const alarms = alarmTopicArn === undefined ? [] : [{ topicArn: alarmTopicArn, messages: AUDIBLE_ALARMS }];
  const logger = new Logger();
  const ownKeys = callerCredentials();

  /** The keys that an environment is read with: those of the role that the config names, else the function's own. */
  const credentialsOf = (environmentId: string): (() => Promise<AwsCredentials>) => {
    const role = environments.find(({ id }) => id === environmentId)?.role;
    if (role === undefined) return ownKeys;
    return assumedRole({ ...role, sessionName: `finspace-auditor-${environmentId}` }, clock, sts);
  };

  const reachHub = (audited: AuditedEnvironment): ReachedHub | undefined => {
    const hub = securityHubOf(config, audited, env.AWS_REGION);
    return hub && { ...hub, credentials: hub.isByRole ? credentialsOf(audited.environmentId) : ownKeys };
  };

  const alert = snsAlerts(sns, topicArn);

  /** @param until the end of the time for telling, in milliseconds since the epoch */
  const channelsUntil = (until: number, audited: string) => [
    digestChannel(alert, (environmentId) =>
      describeUnheard(sns, [{ topicArn, messages: audibleAlerts(config.alerts, environmentId) }, ...alarms]),
    ),
    ...bandsOf(config.alerts, audited).map((band) => digestChannel(alert, undefined, band)),
    ...(events === undefined ? [] : [eventBridgeChannel(events.bus, rules, { clock, until })]),
    ...(config.securityHub === undefined ? [] : [securityHubChannel(reachHub, rules, { clock, until })]),
  ];

  const liveOf = ({ environmentId, region }: Pick<AuditRequest, 'environmentId' | 'region'>) => ({
    config,
    environmentId,
    region,
    endpoint: finspaceEndpoint(region, env),
    loadCredentials: credentialsOf(environmentId),
    clock,
  });

  const savedPlace = (environmentId: string): string | undefined =>
    environments.find(({ id }) => id === environmentId)?.source?.roster;

  const openSaved = (place: string, environmentId: string) =>
    openRoster({ from: [place], environmentId, s3: async () => rosterS3(s3Settings), now: clock.now() });

  return {
    config,
    clock,

    sourceOf: (request: Pick<AuditRequest, 'environmentId' | 'region'>): ResumableSource =>
      chooseSource(liveOf(request)),

    /** Opens the saved roster that the config has for an environment; undefined: FinSpace is asked. */
    async openRoster(
      request: AuditRequest,
    ): Promise<{ readonly request: AuditRequest; readonly listUsers: UserSource } | undefined> {
      const { environmentId, asOf } = request;
      const from = savedPlace(environmentId);
      if (from === undefined) return undefined;
      try {
        const roster = await openSaved(from, environmentId);
        // The moment at which it was due: an event that is delivered again carries the same.
        return { request: requestForRoster(request, roster, asOf.getTime()), listUsers: chooseSource(roster) };
      } catch (error) {
        if (error instanceof RosterError) return { request, listUsers: chooseSource(error) };
        throw error;
      }
    },

    settingsOf: (
      request: Pick<AuditRequest, 'environmentId' | 'region' | 'accountId' | 'deadline'>,
    ): Omit<AuditSettings, 'listUsers'> => ({
      ...configuredSettings(config, waivers, request.environmentId, rules),
      enrichments: chooseEnrichments({
        ...liveOf(request),
        ...enrichmentSettings(config, request),
        ...(iam && { iam }),
        ...(sts && { sts }),
      }),
      archive: archiveUntil(request.deadline + storingMs(config)),
      channels: channelsUntil(request.deadline + tellingMs(config), request.environmentId),
      clock,
    }),

    onPart(part: ListingPart, { environmentId }: Pick<AuditRequest, 'environmentId'>): void {
      const { pass, number, counts, end, idle } = part;
      logger.info('listed a part', { environmentId, pass, number, idle, ...counts, end });
      publishPart(environmentId, counts);
    },

    onSetback(message: string, { environmentId }: Pick<AuditRequest, 'environmentId'>): void {
      logger.warn('tried again', { environmentId, message });
    },

    onResult(result: AuditResult, startedAt: number): void {
      logger.info('audited', loggable(result));
      const isSaved = savedPlace(result.report.environmentId) !== undefined;
      publishMetrics(result, (clock.now() - startedAt) / 1000, isSaved);
      publishUnheard(env.AUDIT_SCHEDULE_PREFIX ?? '', result.unheard?.length ?? 0);
    },

    /** Examines whether an audit could be made. */
    examine: functionDoctor({
      config,
      archive: bucketArchive(s3, bucket),
      topicArn,
      openSaved,
      credentialsOf,
      reachHub,
      clock,
      env,
    }),
  };
};
