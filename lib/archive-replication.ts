import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnBucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { ReplicateTo, Retention } from '../core/config/config.ts';
import { acknowledge, findingText, INLINE_POLICY } from './acknowledge.ts';
import { allow, throughServices } from './permissions.ts';

export interface ArchiveReplicationProps {
  readonly bucket: IBucket;
  readonly encryptionKey: IKey;
  readonly replicateTo: ReplicateTo;
  readonly lock: Retention['lock'];
}

/** Names the rule in the measurements of S3. */
export const REPLICATION_RULE = 'evidence';

/**
 * S3, as the principal of the role that replicates. Without a condition, as Lambda: no documentation says that S3 sends a
 * source when it takes the role, so one could keep it from replicating; whoever names the role in a bucket's configuration
 * has to be let pass it in its own account (https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html).
 */
const S3 = new ServicePrincipal('s3.amazonaws.com');

/**
 * Copies what is archived from now on to a bucket of another region or account, with its retention; deletions are not
 * copied. The role can add to that bucket, where it belongs to the account that the config names, and can do nothing else.
 */
export class ArchiveReplication extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, props: ArchiveReplicationProps) {
    super(scope, id);
    const { bucket, encryptionKey, replicateTo, lock } = props;
    const { account = Stack.of(this).account } = replicateTo;
    const destination = `arn:${Stack.of(this).partition}:s3:::${replicateTo.bucket}`;
    const [, , , region = ''] = replicateTo.key.split(':');
    const everything = bucket.arnForObjects('*');

    this.role = new Role(this, 'Role', {
      description: 'Copies the archive of the FinSpace user auditor to another bucket',
      assumedBy: S3,
    });
    const statements = [
      allow(['s3:GetReplicationConfiguration', 's3:ListBucket'], bucket.bucketArn),
      allow(
        [
          's3:GetObjectVersionForReplication',
          's3:GetObjectVersionAcl',
          's3:GetObjectVersionTagging',
          ...(lock === 'off' ? [] : ['s3:GetObjectRetention', 's3:GetObjectLegalHold']),
        ],
        everything,
      ),
      new PolicyStatement({
        actions: ['s3:ReplicateObject', 's3:ReplicateTags'],
        resources: [`${destination}/*`],
        // A bucket that was deleted could be made again, under its name, by anybody.
        conditions: { StringEquals: { 'aws:ResourceAccount': account } },
      }),
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [encryptionKey.keyArn],
        conditions: throughServices(this, ['s3']),
      }),
      new PolicyStatement({
        actions: ['kms:Encrypt', 'kms:GenerateDataKey'],
        resources: [replicateTo.key],
        conditions: throughServices(this, ['s3'], region),
      }),
    ];
    for (const statement of statements) this.role.addToPolicy(statement);

    (bucket.node.defaultChild as CfnBucket).replicationConfiguration = {
      role: this.role.roleArn,
      rules: [
        {
          id: REPLICATION_RULE,
          priority: 1,
          status: 'Enabled',
          filter: { prefix: '' },
          deleteMarkerReplication: { status: 'Disabled' },
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
          destination: {
            bucket: destination,
            encryptionConfiguration: { replicaKmsKeyId: replicateTo.key },
            // Without them, S3 tells nobody what it failed to copy.
            metrics: { status: 'Enabled' },
          },
        },
      ],
    };

    acknowledge(this.role, {
      ...INLINE_POLICY,
      [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, everything)}]`]:
        'every key of the archive: a copy that leaves something out is none',
      [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, `${destination}/*`)}]`]:
        'the same keys in the other bucket, which the config names for nothing else',
    });
  }
}
