import { Duration } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { CfnSubscription, type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlertRecipient, filterPolicyOf, haveBands } from '../core/config/recipient.ts';
import { acknowledge } from './acknowledge.ts';

/** The recipients of the topic of alerts, and the key that encrypts it. */
export interface AlertTopicProps {
  /** Those under `alerts` of the config who are to hear of each night. */
  readonly recipients: readonly AlertRecipient[];
  /** The key of a topic that is made here. */
  readonly encryptionKey: IKey;
  /** A topic that is there already; recipients are subscribed to it. @default - a topic is made */
  readonly topic?: ITopic;
}

/** The topic of alerts, with a subscription for each recipient; those by e-mail and https have to confirm it. */
export class AlertTopic extends Construct {
  /** The topic that is made, or the one that was given. */
  readonly topic: ITopic;
  /** The queue of alerts that a URL, a queue or a function did not take; undefined where there is none of these. */
  readonly undelivered?: Queue;

  constructor(scope: Construct, id: string, { recipients, encryptionKey, topic }: AlertTopicProps) {
    super(scope, id);

    this.topic =
      topic ??
      new Topic(this, 'Topic', { displayName: 'FinSpace user auditor', enforceSSL: true, masterKey: encryptionKey });
    // SNS keeps no mail that it could not deliver.
    const isKept = ({ protocol }: AlertRecipient) => protocol !== 'email';
    if (recipients.some(isKept)) this.undelivered = this.undeliveredAlerts();
    const hasBands = haveBands(recipients);
    for (const recipient of recipients) {
      this.subscribe(recipient, filterPolicyOf(recipient, hasBands), isKept(recipient) ? this.undelivered : undefined);
    }
  }

  private subscribe(
    { protocol, endpoint }: AlertRecipient,
    filterPolicy: object | undefined,
    undelivered: Queue | undefined,
  ): void {
    const { topicArn } = this.topic;
    // Named by its endpoint: another one before it in the list must not make people confirm theirs again.
    const subscription = new CfnSubscription(this, endpoint, {
      topicArn,
      protocol,
      endpoint,
      ...(filterPolicy && { filterPolicy }),
      ...(undelivered && { redrivePolicy: { deadLetterTargetArn: undelivered.queueArn } }),
    });
    if (undelivered === undefined) {
      acknowledge(subscription, {
        'Serverless::Serverless-SNSRedrivePolicy':
          'an alert that did not reach a subscriber raises an alarm, and stands in the archive, where people read it',
      });
    }
    if (protocol !== 'lambda') return;
    const permission = new CfnPermission(this, `Invoke ${endpoint}`, {
      functionName: endpoint,
      action: 'lambda:InvokeFunction',
      principal: 'sns.amazonaws.com',
      sourceArn: topicArn,
    });
    subscription.addResourceDependency(permission);
  }

  /** Makes a queue that SQS encrypts: for the key of the evidence, SNS would have to be let in to that. */
  private undeliveredAlerts(): Queue {
    const queue = new Queue(this, 'Undelivered', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    queue.addToResourcePolicy(
      new PolicyStatement({
        sid: 'UndeliveredAlerts',
        principals: [new ServicePrincipal('sns.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': this.topic.topicArn } },
      }),
    );
    const reason = 'it is the dead-letter queue, of the subscriptions';
    acknowledge(queue, {
      'AwsSolutions::AwsSolutions-SQS3': reason,
      'Serverless::Serverless-SQSRedrivePolicy': reason,
    });
    return queue;
  }
}
