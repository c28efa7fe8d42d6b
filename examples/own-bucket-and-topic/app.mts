import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { FinSpaceAuditor } from 'finspace-user-auditor';

const stack = new Stack(new App(), 'AccessAudit', { env: { account: '111122223333', region: 'us-east-1' } });

const encryptionKey = new Key(stack, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN });
// The log groups of the auditor are encrypted by it too.
const logGroups = stack.formatArn({ service: 'logs', resource: '*' });
encryptionKey.addToResourcePolicy(
  new PolicyStatement({
    principals: [new ServicePrincipal('logs.us-east-1.amazonaws.com')],
    actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    resources: ['*'],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
  }),
);

// Policy, lock and lifecycle of a bucket that is given are its owner's; `npx finspace-audit doctor` tells what they lack.
const bucket = new Bucket(stack, 'Evidence', {
  encryption: BucketEncryption.KMS,
  encryptionKey,
  bucketKeyEnabled: true,
  versioned: true,
  objectLockDefaultRetention: ObjectLockRetention.governance(Duration.days(7 * 365)),
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  removalPolicy: RemovalPolicy.RETAIN,
});

const alertTopic = new Topic(stack, 'AccessAlerts', { masterKey: encryptionKey, enforceSSL: true });

new FinSpaceAuditor(stack, 'Auditor', { bucket, encryptionKey, alertTopic, logRetention: RetentionDays.TWO_YEARS });
