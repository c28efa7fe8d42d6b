import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { KEY_CHANGES } from '../core/archive/denials.ts';
import { acknowledge } from './acknowledge.ts';
import { roleOfRules } from './alarm-topic.ts';

export interface EvidenceWatchProps {
  readonly bucket: IBucket;
  readonly encryptionKey: IKey;
  readonly alarmTopic: ITopic;
}

/** The calls that change how a bucket keeps evidence, in CloudTrail's words, which are not IAM's. */
const BUCKET_CALLS = [
  'DeleteBucket',
  'DeleteBucketEncryption',
  'DeleteBucketLifecycle',
  'DeleteBucketOwnershipControls',
  'DeleteBucketPolicy',
  'DeleteBucketPublicAccessBlock',
  'DeleteBucketReplication',
  'PutBucketEncryption',
  'PutBucketLifecycle',
  'PutBucketObjectLockConfiguration',
  'PutBucketOwnershipControls',
  'PutBucketPolicy',
  'PutBucketPublicAccessBlock',
  'PutBucketReplication',
  'PutBucketVersioning',
  'PutObjectLockConfiguration',
];

/**
 * Mails every call that changes how the evidence is kept, refused ones too. Like the rule on schedules it needs a trail
 * of management events in the account.
 */
export class EvidenceWatch extends Construct {
  readonly rule: Rule;

  constructor(scope: Construct, id: string, { bucket, encryptionKey, alarmTopic }: EvidenceWatchProps) {
    super(scope, id);
    this.rule = new Rule(this, 'Changed', {
      description: 'Tells when somebody changes how the evidence of the FinSpace user auditor is kept',
      eventPattern: {
        source: ['aws.s3', 'aws.kms'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['s3.amazonaws.com', 'kms.amazonaws.com'],
          eventName: [...BUCKET_CALLS, ...KEY_CHANGES],
          $or: [
            { requestParameters: { bucketName: [bucket.bucketName] } },
            // KMS takes a key by its id as well; its resources always have the ARN.
            { resources: { ARN: [encryptionKey.keyArn] } },
            { requestParameters: { keyId: [encryptionKey.keyId, encryptionKey.keyArn] } },
          ],
        },
      },
    });
    const call = EventField.fromPath('$.detail.eventName');
    const time = EventField.fromPath('$.detail.eventTime');
    const event = EventField.fromPath('$.detail.eventID');
    this.rule.addTarget(
      new SnsTopic(alarmTopic, {
        role: roleOfRules(this, alarmTopic).withoutPolicyUpdates(),
        message: RuleTargetInput.fromText(
          `Somebody changed, or tried to change, how the evidence of the FinSpace user auditor is kept: ${call} at ${time}, CloudTrail event ${event}. What to do: docs/runbook.md#the-keeping-of-evidence-was-changed`,
        ),
      }),
    );
    acknowledge(this.rule, {
      'Serverless::Serverless-EventBusDLQ':
        'EventBridge retries for a day; CloudTrail keeps the call, and doctor sees what it left',
    });
  }
}
