import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Annotations, Names } from 'aws-cdk-lib';
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { type IManagedPolicy, type IRole, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../core/config/config.ts';
import { readConfigWithRules } from '../core/config/custom-rules.ts';
import { ConfigError } from '../core/config/errors.ts';
import { parseWaivers } from '../core/config/read-config.ts';
import { readText } from '../core/config/read-text.ts';
import { wantsAll } from '../core/config/recipient.ts';
import { rules } from '../rules/index.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { AlertTopic } from './alert-topic.ts';
import { AuditorsRole } from './auditors-role.ts';
import { addAudits } from './audits.ts';
import { EvidenceKey } from './evidence-key.ts';
import { EvidenceWatch } from './evidence-watch.ts';
import { HistoryTables } from './history-tables.ts';
import { archiveRegion } from './permissions.ts';
import { ReportArchive } from './report-archive.ts';

/** The parts of an auditor: each is left out where it is to have its own. */
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
  /**
   * The environments of the config that are audited here, by id, where other stacks audit the others.
   *
   * @default - all of them; a stack takes 60
   */
  readonly environmentIds?: readonly string[];
  /**
   * A bucket to archive in: one that a platform team owns, or that of an earlier stack, whose chain of runs goes on.
   * It has to be versioned and take conditional writes; its policy, lock and lifecycle are its owner's, and `doctor`
   * tells what they lack.
   *
   * @default - a bucket of its own, which outlives the stack
   */
  readonly bucket?: IBucket;
  /**
   * The key of archive, alerts, failures and logs, or of all but the archive where the config names one that is there
   * already. Its policy has to let the account's own policies count, and
   * CloudWatch Logs use it for the log groups of this stack.
   *
   * @default - a key of its own, which outlives the stack
   */
  readonly encryptionKey?: IKey;
  /**
   * The topic that alerts are published to, and that recipients of the config are subscribed to. Where it has a key of
   * its own, the function needs to be let in to that.
   *
   * @default - a topic of its own
   */
  readonly alertTopic?: ITopic;
  /**
   * The network that the function is in; from there it has to reach FinSpace, S3, SNS, KMS and STS.
   *
   * @default - Lambda's own
   */
  readonly vpc?: IVpc;
  /**
   * The most that any role made here may do.
   *
   * @default - none
   */
  readonly permissionsBoundary?: IManagedPolicy;
  /**
   * The time for which logs are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: RetentionDays;
  /**
   * The beginning of the names that have to be known before anything is made: of schedules, of the workgroup, and, in
   * lower case, of the database; at most 37 letters, digits or characters of _.-
   *
   * @default - by the construct's path, the same at every synthesis
   */
  readonly namePrefix?: string;
}

/** Gives the files with their paths in full, and what the config file says; throws ConfigError. */
export const readFiles = ({ configFile = 'audit.yaml', waiversFile, config }: FinSpaceAuditorProps) => {
  const beside = join(dirname(configFile), 'waivers.yaml');
  const waivers = waiversFile ?? (existsSync(beside) ? beside : undefined);
  if (waivers !== undefined) parseWaivers(readText(waivers), waivers, Date.now());
  return {
    config: config ?? readConfigWithRules(readText(configFile), configFile, rules).config,
    configFile: resolve(configFile),
    ...(waivers !== undefined && { waiversFile: resolve(waivers) }),
  };
};

/** Warns where the policies of what keeps the evidence are not made here, so that no role is named in them. */
const warnOfUnguarded = (scope: Construct, isGiven: { readonly bucket: boolean; readonly key: boolean }): void => {
  const given = [...(isGiven.bucket ? ['bucket'] : []), ...(isGiven.key ? ['key'] : [])];
  if (given.length === 0) return;
  Annotations.of(scope).addWarningV2(
    'finspace-user-auditor:evidence-unguarded',
    `breakGlassRoleArn is named in no policy of the archive's ${given.join(' and its ')} here, which ${given.length === 1 ? 'is' : 'are'} there already: doctor looks whether their own policies guard them`,
  );
};

/**
 * The auditor of the users of FinSpace environments: the scheduled function, its archive, the topics of alerts and
 * alarms, the alarms for when it is ill. It needs nothing of the stack that it is part of.
 * @param historyName names the workgroup and the database alone, where nothing else is named by `namePrefix`
 * @throws an error named `ConfigError` where a file is wrong or does not go with what is given here: its message lists every
 * problem, one a line
 */
export class FinSpaceAuditor extends Construct {
  /** The key of archive, alerts, failures and logs; it outlives the stack. */
  readonly encryptionKey: IKey;
  /** The archive of snapshots, findings and reports; it outlives the stack. */
  readonly bucket: IBucket;
  /** The topic of alerts: what the audits found. */
  readonly alertTopic: ITopic;
  /** The topic of the one mail about all environments; undefined where nobody wants that. */
  readonly overviewTopic: ITopic | undefined;
  /** The queue of those mails that a URL, a queue or a function did not take; undefined where there is none of these. */
  readonly overviewUndelivered: IQueue | undefined;
  /** The topic of alarms: that the auditor itself is ill. */
  readonly alarmTopic: ITopic;
  /** The queue of alerts that a URL, a queue or a function did not take; undefined where there is none of these. */
  readonly undelivered: IQueue | undefined;
  /** The function, or the alias of it, to invoke for an audit. */
  readonly function: IFunction;
  /** The function that verifies the archive each week. */
  readonly verification: IFunction;
  /** The function's role, which FinSpace, or the role of another account, has to let in. */
  readonly role: IRole;
  /** The queue of audits that could not be started or failed after all retries. */
  readonly failures: IQueue;
  /** The role by which the auditors of the config read the archive. */
  readonly auditorsRole?: IRole;
  /** The dashboard of CloudWatch: verdicts, findings and the health of the auditor. */
  readonly dashboard: Dashboard;
  /** Tells when somebody changes how the evidence is kept. */
  readonly evidenceWatch: EvidenceWatch;
  /** The archive as tables of Athena. */
  readonly history: HistoryTables;
  /** The beginning of the names of the schedules, which the environment's id follows. */
  readonly schedulePrefix: string;

  constructor(scope: Construct, id: string, props: FinSpaceAuditorProps = {}, historyName?: string) {
    super(scope, id);
    const files = readFiles(props);
    const { config } = files;

    const { retention, alerts: recipients, environments, archive, archiveWriters: writers } = config;
    const { replicateTo, auditors, breakGlassRoleArn } = config;
    if (writers.length > 0 && (props.bucket ?? props.encryptionKey) !== undefined)
      throw new ConfigError([
        "archiveWriters: must be left out where the construct is given a bucket or a key: their policies are their owner's",
      ]);
    const breakGlass = breakGlassRoleArn === undefined ? {} : { breakGlassRoleArn };
    const encryptionKey = props.encryptionKey ?? new EvidenceKey(this, 'Encryption', { ...breakGlass, writers }).key;
    // The key of an archive that is there already may be of another region or account, and knows no log group of this stack.
    if (archive !== undefined && props.bucket !== undefined)
      throw new ConfigError(['archive: must be left out where the construct is given a bucket, got both']);
    const archiveKey = archive === undefined ? encryptionKey : Key.fromKeyArn(this, 'EarlierKey', archive.key);
    const givenBucket =
      archive === undefined ? props.bucket : Bucket.fromBucketName(this, 'EarlierArchive', archive.bucket);
    const { bucket, accessLogs } = new ReportArchive(this, 'Archive', {
      retention,
      encryptionKey,
      writers,
      ...(givenBucket && { bucket: givenBucket }),
      ...(replicateTo && { replicateTo }),
      ...breakGlass,
    });
    const isGiven = {
      bucket: givenBucket !== undefined,
      key: archiveKey !== encryptionKey || props.encryptionKey !== undefined,
    };
    if (breakGlassRoleArn !== undefined) warnOfUnguarded(this, isGiven);
    if (auditors.length > 0)
      this.auditorsRole = new AuditorsRole(this, 'Auditors', {
        bucket,
        archiveKey,
        region: archiveRegion(config),
        auditors,
      }).role;
    const { topic, undelivered } = new AlertTopic(this, 'Alerts', {
      recipients: recipients.filter((recipient) => !wantsAll(recipient)),
      encryptionKey,
      ...(props.alertTopic && { topic: props.alertTopic }),
    });
    const ofAll = recipients.filter(wantsAll);
    const overviewAlerts =
      ofAll.length === 0 ? undefined : new AlertTopic(this, 'OverviewAlerts', { recipients: ofAll, encryptionKey });
    const { topic: alarmTopic } = new AlarmTopic(this, 'AlarmTopic', { recipients });
    this.evidenceWatch = new EvidenceWatch(this, 'EvidenceWatch', { bucket, encryptionKey: archiveKey, alarmTopic });
    const { audit, verification, dashboard } = addAudits(this, {
      ...props,
      ...files,
      environmentIds: props.environmentIds ?? environments.map((environment) => environment.id),
      bucket,
      topic,
      alarmTopic,
      archiveKey,
      encryptionKey,
      watchedAlerts: topic,
      undelivered,
      overview: { alerts: overviewAlerts },
    });

    this.history = new HistoryTables(this, 'History', {
      environments,
      archive: bucket,
      accessLogs: accessLogs as IBucket,
      encryptionKey,
      name: props.namePrefix ?? historyName ?? Names.uniqueId(this).slice(-100),
    });
    if (props.permissionsBoundary !== undefined) PermissionsBoundary.of(this).apply(props.permissionsBoundary);

    this.encryptionKey = encryptionKey;
    this.bucket = bucket;
    this.alertTopic = topic;
    this.overviewTopic = overviewAlerts?.topic;
    this.overviewUndelivered = overviewAlerts?.undelivered;
    this.alarmTopic = alarmTopic;
    this.undelivered = undelivered;
    this.function = audit.target;
    this.verification = verification;
    this.role = audit.role;
    this.failures = audit.failures;
    this.dashboard = dashboard;
    this.schedulePrefix = audit.schedulePrefix;
  }
}
