import { type App, CfnOutput, Stack } from 'aws-cdk-lib';
import { AlertTopic } from './alert-topic.ts';
import { ReportArchive } from './report-archive.ts';
import { ScheduledAudit, type ScheduledAuditProps } from './scheduled-audit.ts';

export type AuditorStackProps = Omit<ScheduledAuditProps, 'bucket' | 'topic'>;

/** Everything the auditor is in an account: the scheduled function, its archive and its alerts. */
export class AuditorStack extends Stack {
  constructor(app: App, id: string, props: AuditorStackProps) {
    super(app, id, {
      description:
        'Audits the users of Amazon FinSpace environments. Amazon ended FinSpace on 2026-10-07: a live listing needs an endpoint that still speaks its API.',
    });

    const { bucket } = new ReportArchive(this, 'Archive', props.config.retention);
    const { topic } = new AlertTopic(this, 'Alerts', props.config.alerts);
    const audit = new ScheduledAudit(this, 'Audit', { ...props, bucket, topic });

    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });
    output('BucketName', bucket.bucketName, 'The archive of snapshots, findings and reports');
    output('TopicArn', topic.topicArn, 'Where alerts are published');
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
