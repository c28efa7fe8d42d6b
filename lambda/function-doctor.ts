import type { Archive } from '../core/archive/archive.ts';
import type { Config } from '../core/config/config.ts';
import type { AuditedEnvironment } from '../core/config/security-hub.ts';
import type { Diagnosis } from '../core/doctor/doctor.ts';
import type { Clock } from '../core/model/clock.ts';
import type { ReachedHub } from '../core/notify/notify-security-hub.ts';
import { finspaceEndpoint, isEndpointGiven } from '../core/sources/finspace/endpoint.ts';
import type { AwsCredentials } from '../core/sources/finspace/signing.ts';
import type { OpenedRoster } from '../core/sources/roster/open.ts';
import { type InvocationContext, readDoctorEvent } from './invocation.ts';

/** The parts of the function's auditor that a diagnosis tries out. */
export interface FunctionSettings {
  readonly config: Config;
  readonly archive: Archive;
  readonly topicArn: string;
  /** Opens the newest roster at a place. */
  readonly openSaved: (place: string, environmentId: string) => Promise<OpenedRoster>;
  readonly credentialsOf: (environmentId: string) => () => Promise<AwsCredentials>;
  readonly reachHub: (audited: AuditedEnvironment) => ReachedHub | undefined;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Examines whether the function could audit an environment. A diagnosis is no failure of the function, whatever it finds.
 * The clients that audits don't need are loaded with the first one.
 */
export const functionDoctor =
  ({ config, archive, topicArn, openSaved, credentialsOf, reachHub, clock, env }: FunctionSettings) =>
  async (event: unknown, context: InvocationContext): Promise<Diagnosis> => {
    const request = readDoctorEvent(event, context, config);
    const { environmentId, region, functionArn } = request;
    const [{ doctor }, { diagnosticClients }] = await Promise.all([
      import('../core/doctor/doctor.ts'),
      import('../core/doctor/clients.ts'),
    ]);
    const { AUDIT_BUCKET: bucket = '', AUDIT_BUCKET_REGION: archiveRegion } = env;
    const { AUDIT_SCHEDULE_PREFIX: prefix, AUDIT_SCHEDULED_ALIAS: alias, AUDIT_ALARM_TOPIC_ARN: alarmTopicArn } = env;
    const { AUDIT_OVERVIEW_TOPIC_ARN: overviewTopicArn } = env;
    const { keepers, ...clients } = await diagnosticClients();
    const isStandIn = (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined;
    const { role, source, enrich } = config.environments.find(({ id }) => id === environmentId) ?? {};
    const saved = source?.roster;
    return doctor({
      ...request,
      openRoster: saved === undefined ? undefined : () => openSaved(saved, environmentId),
      functionArn: alias === undefined ? functionArn : `${functionArn}:${alias}`,
      endpoint: finspaceEndpoint(region, env),
      isEndpointGiven: isEndpointGiven(env),
      mode: config.credentials,
      enrich,
      loadCredentials: credentialsOf(environmentId),
      securityHub: reachHub({
        environmentId,
        region,
        accountId: role?.accountId ?? request.accountId,
        auditorAccountId: request.accountId,
      }),
      location: { bucket: archive },
      topicArn,
      alarmTopicArn,
      overviewTopicArn,
      recipients: config.alerts,
      scheduleName: prefix === undefined ? undefined : `${prefix}-${environmentId}`,
      expected: config.schedule,
      deployment: undefined,
      clock,
      ...clients,
      keeping: { ...keepers(isStandIn, archiveRegion === undefined ? {} : { region: archiveRegion }), bucket, config },
    });
  };
