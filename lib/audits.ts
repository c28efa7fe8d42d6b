import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { ConfigError } from '../core/config/errors.ts';
import { ArchiveVerification } from './archive-verification.ts';
import { AuditAlarms } from './audit-alarms.ts';
import { AuditDashboard } from './audit-dashboard.ts';
import { ScheduledAudit, type ScheduledAuditProps } from './scheduled-audit.ts';
import { type OverviewProps, SilenceWatch } from './silence-watch.ts';

/**
 * The most environments that one stack takes: with all that stands there once, they need less than four fifths of every
 * quota in `quotas.ts`.
 */
export const ENVIRONMENTS_PER_STACK = 60;

export interface AuditsProps extends ScheduledAuditProps {
  /** The environments that are audited here, by id. */
  readonly environmentIds: readonly string[];
  /** The topic of alerts, where it is watched here. */
  readonly watchedAlerts: ITopic | undefined;
  /** The queue of alerts that a subscriber did not take, where it is watched here. */
  readonly undelivered: Queue | undefined;
  /** The watch that tells of all environments of the config together: in one stack only. */
  readonly overview: OverviewProps | undefined;
}

/** Adds the audits of some environments to a scope that has an archive and topics: function, schedules, alarms, dashboard. */
export const addAudits = (
  scope: Construct,
  { environmentIds, watchedAlerts: alerts, undelivered, overview, ...props }: AuditsProps,
): { readonly audit: ScheduledAudit; readonly verification: IFunction; readonly dashboard: Dashboard } => {
  const known = new Map(props.config.environments.map((environment) => [environment.id, environment]));
  const twice = environmentIds.find((id, index) => environmentIds.indexOf(id) < index);
  if (twice !== undefined)
    throw new ConfigError([`environmentIds: must have each environment once, got ${twice} twice`]);
  const environments = environmentIds.map((id) => {
    const environment = known.get(id);
    if (environment === undefined)
      throw new ConfigError([
        `environments: must have ${id}, which is to be audited here, got ${[...known.keys()].join(', ')}`,
      ]);
    return environment;
  });
  if (environments.length > ENVIRONMENTS_PER_STACK)
    throw new ConfigError([
      `environments: must be at most ${ENVIRONMENTS_PER_STACK} in one stack, got ${environments.length}: addAuditorStacks spreads them over further stacks`,
    ]);
  const config = { ...props.config, environments };
  const audit = new ScheduledAudit(scope, 'Audit', { ...props, config, overviewTopic: overview?.alerts?.topic });
  // The stack that watches the topics has the archive as well.
  const replicated = alerts === undefined ? undefined : props.bucket;
  const watched = { config, audit, alerts, undelivered, overview, replicated };
  const { function: verification } = new ArchiveVerification(scope, 'Verification', { ...props, config, audit });
  const watch = new SilenceWatch(scope, 'Watch', { ...props, config, audit, overview });
  const alarms = new AuditAlarms(scope, 'Alarms', { ...watched, watch, alarms: props.alarmTopic });
  const { dashboard } = new AuditDashboard(scope, 'Overview', { ...watched, alarms });
  return { audit, verification, dashboard };
};
