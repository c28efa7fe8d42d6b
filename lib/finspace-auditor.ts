import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../core/config/config.ts';
import { parseConfig, parseWaivers } from '../core/config/read-config.ts';
import { rules } from '../rules/index.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { AlertTopic } from './alert-topic.ts';
import { AuditAlarms } from './audit-alarms.ts';
import { AuditDashboard } from './audit-dashboard.ts';
import { EvidenceKey } from './evidence-key.ts';
import { HistoryTables } from './history-tables.ts';
import { ReportArchive } from './report-archive.ts';
import { ScheduledAudit } from './scheduled-audit.ts';

export interface FinSpaceAuditorProps {
  /**
   * The path of the file that says what is audited, how, and whom to tell. It goes with the function's code.
   *
   * @default - `audit.yaml` in the working directory
   */
  readonly configFile?: string;
  /**
   * The path of the file of waivers. It goes with the function's code.
   *
   * @default - `waivers.yaml` beside the config file; nothing is waived where there is none
   */
  readonly waiversFile?: string;
  /**
   * The content of the config file, where it has been read already.
   *
   * @default - the config file is read and checked here; a wrong key is a `ConfigError` that names it
   */
  readonly config?: Config;
}

/** Gives the files with their paths in full, and what the config file says; throws ConfigError. */
const readFiles = ({ configFile = 'audit.yaml', waiversFile, config }: FinSpaceAuditorProps) => {
  const beside = join(dirname(configFile), 'waivers.yaml');
  const waivers = waiversFile ?? (existsSync(beside) ? beside : undefined);
  if (waivers !== undefined) parseWaivers(readFileSync(waivers, 'utf8'), waivers, Date.now());
  return {
    config: config ?? parseConfig(readFileSync(configFile, 'utf8'), configFile, rules),
    configFile: resolve(configFile),
    ...(waivers !== undefined && { waiversFile: resolve(waivers) }),
  };
};

/**
 * The auditor of the users of FinSpace environments: the scheduled function, its archive, the topics of alerts and
 * alarms, the alarms for when it is ill. It needs nothing of the stack that it is part of.
 */
export class FinSpaceAuditor extends Construct {
  /** The key of archive, alerts, failures and logs; it outlives the stack. */
  readonly encryptionKey: IKey;
  /** The archive of snapshots, findings and reports; it outlives the stack. */
  readonly bucket: IBucket;
  /** The topic of alerts: what the audits found. */
  readonly alertTopic: ITopic;
  /** The topic of alarms: that the auditor itself is ill. */
  readonly alarmTopic: ITopic;
  /** The function, or the alias of it, to invoke for an audit. */
  readonly function: IFunction;
  /** The function's role, which FinSpace, or the role of another account, has to let in. */
  readonly role: IRole;
  /** The queue of audits that could not be started or failed after all retries. */
  readonly failures: IQueue;
  readonly dashboard: Dashboard;
  /** The archive as tables of Athena. */
  readonly history: HistoryTables;
  /** The names of the schedules, one for each environment. */
  readonly scheduleNames: readonly string[];

  constructor(scope: Construct, id: string, props: FinSpaceAuditorProps = {}) {
    super(scope, id);
    const files = readFiles(props);
    const { config } = files;

    const { key: encryptionKey } = new EvidenceKey(this, 'Encryption');
    const { bucket, accessLogs } = new ReportArchive(this, 'Archive', { retention: config.retention, encryptionKey });
    const { topic, undelivered } = new AlertTopic(this, 'Alerts', { recipients: config.alerts, encryptionKey });
    const { topic: alarmTopic } = new AlarmTopic(this, 'AlarmTopic', { recipients: config.alerts });
    const audit = new ScheduledAudit(this, 'Audit', { ...files, bucket, topic, alarmTopic, encryptionKey });
    const watched = { config, audit, alerts: topic, undelivered };
    const alarms = new AuditAlarms(this, 'Alarms', { ...watched, alarms: alarmTopic });
    const { dashboard } = new AuditDashboard(this, 'Overview', { ...watched, alarms });

    this.history = new HistoryTables(this, 'History', {
      environments: config.environments,
      archive: bucket as IBucket,
      accessLogs: accessLogs as IBucket,
      encryptionKey,
    });
    this.encryptionKey = encryptionKey;
    this.bucket = bucket as IBucket;
    this.alertTopic = topic;
    this.alarmTopic = alarmTopic;
    this.function = audit.target;
    this.role = audit.role;
    this.failures = audit.failures;
    this.dashboard = dashboard;
    this.scheduleNames = audit.schedules.map(({ scheduleName }) => scheduleName);
  }
}
