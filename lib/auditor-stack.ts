import { type App, CfnOutput, Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { AlarmTopic } from './alarm-topic.ts';
import { AlertTopic } from './alert-topic.ts';
import { AuditAlarms } from './audit-alarms.ts';
import { AuditDashboard } from './audit-dashboard.ts';
import { EvidenceKey } from './evidence-key.ts';
import { HistoryTables } from './history-tables.ts';
import { ReportArchive } from './report-archive.ts';
import { ScheduledAudit, type ScheduledAuditProps } from './scheduled-audit.ts';

export type AuditorStackProps = Omit<ScheduledAuditProps, 'bucket' | 'topic' | 'encryptionKey'>;

/** Everything the auditor is in an account: the scheduled function, its archive and its alerts. */
export class AuditorStack extends Stack {
  constructor(app: App, id: string, props: AuditorStackProps) {
    super(app, id, {
      description:
        'Audits the users of Amazon FinSpace environments. Amazon ended FinSpace on 2026-10-07: a live listing needs an endpoint that still speaks its API.',
    });

    const { config } = props;
    const { key: encryptionKey } = new EvidenceKey(this, 'Encryption');
    const { bucket, accessLogs } = new ReportArchive(this, 'Archive', {
      retention: config.retention,
      encryptionKey,
    });
    const { topic } = new AlertTopic(this, 'Alerts', { recipients: config.alerts, encryptionKey });
    const audit = new ScheduledAudit(this, 'Audit', { ...props, bucket, topic, encryptionKey });
    const { topic: alarmTopic } = new AlarmTopic(this, 'AlarmTopic', {
      recipients: config.alerts.map(({ email }) => email),
    });
    const watched = { config, audit, alerts: topic };
    const alarms = new AuditAlarms(this, 'Alarms', { ...watched, alarms: alarmTopic });
    const { dashboard } = new AuditDashboard(this, 'Overview', { ...watched, alarms });
    const history = new HistoryTables(this, 'History', {
      environments: config.environments,
      archive: bucket as IBucket,
      accessLogs: accessLogs as IBucket,
      encryptionKey,
    });

    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });
    output('BucketName', bucket.bucketName, 'The archive of snapshots, findings and reports');
    output('TopicArn', topic.topicArn, 'Where alerts are published');
    output('AlarmTopicArn', alarmTopic.topicArn, 'Where alarms are published');
    output('DashboardName', dashboard.dashboardName, 'The audits at a glance');
    output('WorkGroupName', history.workGroupName, 'Where the history is asked, in Athena');
    output('DatabaseName', history.databaseName, 'The tables of the history');
    output('FunctionName', audit.function.functionName, 'The function that audits');
    output(
      'FailuresQueueUrl',
      audit.failures.queueUrl,
      'Audits that could not be started or failed after all retries',
    );
    output(
      'ScheduleNames',
      audit.schedules.map(({ scheduleName }) => scheduleName).join(','),
      'One schedule for each environment',
    );
  }
}
