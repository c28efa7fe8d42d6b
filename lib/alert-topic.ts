import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSubscription, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { AlertRecipient } from '../lambda/config.ts';
import { isAtLeast, SEVERITIES, type Severity } from '../rules/engine/severity.ts';
import { acknowledge } from './acknowledge.ts';

/**
 * Passes alerts whose worst finding is at least this severe, and any alert of an audit that is not COMPLETE: nobody
 * asked not to be told that nothing was seen. The attributes are those of `Alert` in `lambda/ports.ts`.
 */
const filterPolicy = (least: Severity) => ({
  $or: [
    { maxSeverity: SEVERITIES.filter((severity) => isAtLeast(severity, least)) },
    { verdict: [{ 'anything-but': ['COMPLETE'] }] },
  ],
});

export interface AlertTopicProps {
  readonly recipients: readonly AlertRecipient[];
  readonly encryptionKey: IKey;
}

/** Where alerts are published, with a mail subscription for each recipient, who has to confirm it once. */
export class AlertTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { recipients, encryptionKey }: AlertTopicProps) {
    super(scope, id);

    this.topic = new Topic(this, 'Topic', {
      displayName: 'FinSpace user auditor',
      enforceSSL: true,
      masterKey: encryptionKey,
    });

    const subscribe = ({ email, minSeverity }: AlertRecipient) => {
      // Named by its address: another one before it in the list must not make people confirm theirs again.
      const subscription = new CfnSubscription(this, email, {
        topicArn: this.topic.topicArn,
        protocol: 'email',
        endpoint: email,
        ...(minSeverity && { filterPolicy: filterPolicy(minSeverity) }),
      });
      acknowledge(subscription, {
        'Serverless::Serverless-SNSRedrivePolicy':
          'an alert that did not reach a subscriber raises an alarm, and stands in the archive, where people read it',
      });
    };
    for (const recipient of recipients) subscribe(recipient);
  }
}
