import { Annotations, ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnSubscription, type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type AlertRecipient, alarmListeners } from '../core/config/recipient.ts';
import { acknowledge, INLINE_POLICY } from './acknowledge.ts';
import { useOfKey } from './permissions.ts';

/**
 * Makes the role by which rules of EventBridge publish alarms. EventBridge passes no source on to KMS, so that a key
 * that let the service itself in would let in the rules of every account; the role is this account's.
 */
export const roleOfRules = (scope: Construct, { topicArn, masterKey }: ITopic): Role => {
  const { account } = Stack.of(scope);
  const rules = Stack.of(scope).formatArn({ service: 'events', resource: 'rule', resourceName: '*' });
  const role = new Role(scope, 'RulesRole', {
    assumedBy: new ServicePrincipal('events.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': rules } },
    }),
  });
  role.addToPolicy(new PolicyStatement({ actions: ['sns:Publish'], resources: [topicArn] }));
  if (masterKey !== undefined) role.addToPolicy(useOfKey(scope, masterKey, ['sns']));
  acknowledge(role, INLINE_POLICY);
  return role;
};

/** The recipients of the topic of alarms. */
export interface AlarmTopicProps {
  /** Those by e-mail and https are told of every alarm. */
  readonly recipients: readonly AlertRecipient[];
}

/**
 * The topic that tells of the auditor's own illness, apart from alerts: what CloudWatch publishes has no attributes, so
 * no subscription that filters by severity would ever pass it on. Only alarms and rules of this account may publish.
 */
export class AlarmTopic extends Construct {
  /** The topic, which CloudWatch and EventBridge of this account publish to. */
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { recipients }: AlarmTopicProps) {
    super(scope, id);
    const { account } = Stack.of(this);
    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: {
          'aws:SourceArn': Stack.of(this).formatArn({
            service: 'cloudwatch',
            resource: 'alarm',
            resourceName: '*',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        },
      },
    });

    const masterKey = new Key(this, 'Key', {
      description: 'Alarms of the FinSpace user auditor',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    masterKey.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
      }),
    );

    this.topic = new Topic(this, 'Topic', {
      displayName: 'FinSpace user auditor: alarms',
      enforceSSL: true,
      masterKey,
    });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [cloudWatch],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
      }),
    );

    const listeners = alarmListeners(recipients);
    if (listeners.length === 0) {
      Annotations.of(this).addWarningV2(
        'finspace-user-auditor:alarms-unheard',
        'alerts names nobody by email or https: nobody is told when the auditor itself is ill, ' +
          'unless somebody subscribes to the topic of alarms by other means',
      );
    }
    for (const { protocol, endpoint } of listeners) {
      const subscription = new CfnSubscription(this, endpoint, { topicArn: this.topic.topicArn, protocol, endpoint });
      acknowledge(subscription, {
        'Serverless::Serverless-SNSRedrivePolicy':
          'an alarm that did not reach a subscriber raises another, and stands in CloudWatch until it is mended',
      });
    }
  }
}
