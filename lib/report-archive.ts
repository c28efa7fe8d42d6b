import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Retention } from '../lambda/config.ts';

/** Rounded up, so that no leap year shortens a duty to keep records. */
const yearsAsDays = (years: number): Duration => Duration.days(Math.ceil(years * 365.25));

const defaultRetention = ({ years, lock }: Retention): ObjectLockRetention | undefined => {
  if (lock === 'off') return undefined;
  const duration = yearsAsDays(years);
  return lock === 'governance'
    ? ObjectLockRetention.governance(duration)
    : ObjectLockRetention.compliance(duration);
};

/** The bucket of evidence. It outlives the stack: only its owner deletes it, by hand, and once no lock is left. */
export class ReportArchive extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, retention: Retention) {
    super(scope, id);
    const objectLockDefaultRetention = defaultRetention(retention);

    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      ...(objectLockDefaultRetention && { objectLockDefaultRetention }),
    });
  }
}
