import { type App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { ConfigError } from '../core/config/errors.ts';
import { addAudits } from './audits.ts';
import { FinSpaceAuditor, type FinSpaceAuditorProps, readFiles } from './finspace-auditor.ts';

const DESCRIPTION =
  'Audits the users of Amazon FinSpace environments. Amazon ended FinSpace on 2026-10-07: a live listing needs an endpoint that still speaks its API.';

/** The parts that further stacks take from the first. */
type Shared = 'archive-bucket' | 'encryption-key' | 'alert-topic' | 'alarm-topic' | 'alarm-key';

/** Names a parameter of the first stack: fixed, so that no stack holds on to an export of another. */
const parameterName = (stackName: string, shared: Shared): string => `/finspace-user-auditor/${stackName}/${shared}`;

/** The outputs of a stack that people need to know. */
type Audits = Pick<FinSpaceAuditor, 'function' | 'verification' | 'role' | 'failures' | 'dashboard' | 'schedulePrefix'>;

const output = (stack: Stack, name: string, value: string, description: string): CfnOutput =>
  new CfnOutput(stack, name, { value, description });

const tellAudits = (stack: Stack, audits: Audits): void => {
  output(stack, 'DashboardName', audits.dashboard.dashboardName, 'The audits at a glance');
  output(stack, 'FunctionName', audits.function.functionName, 'The function that audits');
  output(stack, 'VerificationFunctionName', audits.verification.functionName, 'The function that verifies the archive');
  output(stack, 'RoleArn', audits.role.roleArn, 'Whom FinSpace, or the role of another account, has to let in');
  output(
    stack,
    'FailuresQueueUrl',
    audits.failures.queueUrl,
    'Audits that could not be started or failed after all retries',
  );
  output(
    stack,
    'SchedulePrefix',
    audits.schedulePrefix,
    "The beginning of a schedule's name: the environment's id follows",
  );
};

/**
 * A stack of the auditor alone, whose outputs name its parts. Further stacks find in parameters what they share with it.
 * @throws an error named `ConfigError`, as `FinSpaceAuditor` does
 */
export class AuditorStack extends Stack {
  constructor(app: App, id: string, props: FinSpaceAuditorProps) {
    super(app, id, { description: DESCRIPTION });
    // `Default` stands in no logical id: the stack holds nothing else.
    const auditor = new FinSpaceAuditor(this, 'Default', props, this.stackName);

    output(this, 'BucketName', auditor.bucket.bucketName, 'The archive of snapshots, findings and reports');
    output(this, 'TopicArn', auditor.alertTopic.topicArn, 'Where alerts are published');
    if (auditor.overviewTopic !== undefined)
      output(
        this,
        'OverviewTopicArn',
        auditor.overviewTopic.topicArn,
        'Where the mail about all environments is published',
      );
    output(this, 'AlarmTopicArn', auditor.alarmTopic.topicArn, 'Where alarms are published');
    if (auditor.undelivered !== undefined)
      output(this, 'UndeliveredQueueArn', auditor.undelivered.queueArn, 'Alerts that a subscriber did not take');
    if (auditor.overviewUndelivered !== undefined)
      output(
        this,
        'OverviewUndeliveredQueueArn',
        auditor.overviewUndelivered.queueArn,
        'Mails about all environments that a subscriber did not take',
      );
    output(this, 'WorkGroupName', auditor.history.workGroupName, 'Where the history is asked, in Athena');
    output(this, 'DatabaseName', auditor.history.databaseName, 'The tables of the history');
    if (auditor.auditorsRole !== undefined)
      output(
        this,
        'AuditorsRoleArn',
        auditor.auditorsRole.roleArn,
        'The role by which the archive is read, and no more',
      );
    tellAudits(this, auditor);

    const share = (shared: Shared, stringValue: string): StringParameter =>
      new StringParameter(this, `Shared-${shared}`, {
        parameterName: parameterName(this.stackName, shared),
        description: 'For the further stacks of the same auditor',
        stringValue,
      });
    share('archive-bucket', auditor.bucket.bucketName);
    share('encryption-key', auditor.encryptionKey.keyArn);
    share('alert-topic', auditor.alertTopic.topicArn);
    share('alarm-topic', auditor.alarmTopic.topicArn);
    share('alarm-key', auditor.alarmTopic.masterKey?.keyArn ?? '');
  }
}

interface FurtherStackProps extends FinSpaceAuditorProps {
  /** Which has the archive, the keys, the topics and the history. */
  readonly first: AuditorStack;
  readonly environmentIds: readonly string[];
}

/** Makes a stack of more environments of an auditor: function, schedules, alarms and dashboard, and nothing that is evidence. */
const furtherStack = (app: App, id: string, { first, ...props }: FurtherStackProps): Stack => {
  const stack = new Stack(app, id, { description: DESCRIPTION });
  stack.addStackDependency(first);
  const shared = (name: Shared): string =>
    StringParameter.valueForStringParameter(stack, parameterName(first.stackName, name));

  const files = readFiles(props);
  const { archive } = files.config;
  const encryptionKey = Key.fromKeyArn(stack, 'Encryption', shared('encryption-key'));

  const { audit, verification, dashboard } = addAudits(stack, {
    ...files,
    environmentIds: props.environmentIds,
    bucket: Bucket.fromBucketName(stack, 'Archive', shared('archive-bucket')),
    archiveKey: archive === undefined ? encryptionKey : Key.fromKeyArn(stack, 'EarlierKey', archive.key),
    encryptionKey,
    topic: Topic.fromTopicArn(stack, 'Alerts', shared('alert-topic')),
    alarmTopic: Topic.fromTopicAttributes(stack, 'AlarmTopic', {
      topicArn: shared('alarm-topic'),
      keyArn: shared('alarm-key'),
    }),
    watchedAlerts: undefined,
    undelivered: undefined,
    overview: undefined,
  });
  const { role, failures, schedulePrefix } = audit;
  tellAudits(stack, { role, failures, schedulePrefix, function: audit.target, verification, dashboard });
  return stack;
};

/**
 * Adds the stacks of an auditor to an app.
 * @param stacks the ids of the environments of each, by its name; the first has what all of them share
 * @throws an error named `ConfigError`, as `FinSpaceAuditor` does, and where there is no stack, or an environment is not in the config
 */
export const addAuditorStacks = (
  app: App,
  props: FinSpaceAuditorProps,
  stacks: Readonly<Record<string, readonly string[]>>,
): void => {
  const [[name, environmentIds] = ['', []], ...further] = Object.entries(stacks);
  if (name === '') throw new ConfigError(['stacks: must name one stack or more, got none']);
  const first = new AuditorStack(app, name, { ...props, environmentIds });
  for (const [id, ids] of further) {
    if (ids.length > 0) furtherStack(app, id, { ...props, first, environmentIds: ids });
  }
};
