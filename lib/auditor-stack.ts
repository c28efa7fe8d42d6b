import { type App, CfnOutput, Stack } from 'aws-cdk-lib';
import { FinSpaceAuditor, type FinSpaceAuditorProps } from './finspace-auditor.ts';

/** A stack of the auditor alone, whose outputs name its parts. */
export class AuditorStack extends Stack {
  constructor(app: App, id: string, props: FinSpaceAuditorProps) {
    super(app, id, {
      description:
        'Audits the users of Amazon FinSpace environments. Amazon ended FinSpace on 2026-10-07: a live listing needs an endpoint that still speaks its API.',
    });
    // `Default` stands in no logical id: the stack holds nothing else.
    const auditor = new FinSpaceAuditor(this, 'Default', props);

    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });
    output('BucketName', auditor.bucket.bucketName, 'The archive of snapshots, findings and reports');
    output('TopicArn', auditor.alertTopic.topicArn, 'Where alerts are published');
    output('AlarmTopicArn', auditor.alarmTopic.topicArn, 'Where alarms are published');
    output('DashboardName', auditor.dashboard.dashboardName, 'The audits at a glance');
    output('WorkGroupName', auditor.history.workGroupName, 'Where the history is asked, in Athena');
    output('DatabaseName', auditor.history.databaseName, 'The tables of the history');
    output('FunctionName', auditor.function.functionName, 'The function that audits');
    output('RoleArn', auditor.role.roleArn, 'Whom FinSpace, or the role of another account, has to let in');
    output(
      'FailuresQueueUrl',
      auditor.failures.queueUrl,
      'Audits that could not be started or failed after all retries',
    );
    output('ScheduleNames', auditor.scheduleNames.join(','), 'One schedule for each environment');
  }
}
