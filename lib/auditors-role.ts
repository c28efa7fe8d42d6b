import { Duration } from 'aws-cdk-lib';
import { ArnPrincipal, CompositePrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge, findingText, INLINE_POLICY } from './acknowledge.ts';
import { allow, throughServices } from './permissions.ts';

export interface AuditorsRoleProps {
  readonly bucket: IBucket;
  readonly archiveKey: IKey;
  /** The archive's. @default - that of the stack */
  readonly region?: string | undefined;
  /** The ARNs of the roles and users who may take the role: at least one. */
  readonly auditors: readonly string[];
}

/** The role of those who look at the evidence from outside: they read the archive, its versions too, and nothing else. */
export class AuditorsRole extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, { bucket, archiveKey, region, auditors }: AuditorsRoleProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', {
      description: 'Reads the archive of the FinSpace user auditor, and nothing else',
      assumedBy: new CompositePrincipal(...auditors.map((arn) => new ArnPrincipal(arn))),
      // To verify years of evidence takes longer than the hour that a session has else.
      maxSessionDuration: Duration.hours(12),
    });
    for (const statement of [
      allow(['s3:GetObject', 's3:GetObjectVersion'], bucket.arnForObjects('*')),
      allow(['s3:ListBucket', 's3:ListBucketVersions'], bucket.bucketArn),
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [archiveKey.keyArn],
        conditions: throughServices(this, ['s3'], region),
      }),
    ])
      this.role.addToPolicy(statement);
    acknowledge(this.role, {
      ...INLINE_POLICY,
      [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, bucket.arnForObjects('*'))}]`]:
        'every key of the archive, which holds nothing else: whoever audits chooses what to read',
    });
  }
}
