import { describe, expect, it } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { DATED_AREAS } from '../../core/archive/keys.ts';
import type { ReplicateTo, Retention } from '../../core/config/config.ts';
import { ReportArchive } from '../../lib/report-archive.ts';
import { only } from './stack-template.ts';

const archiveOf = (retention: Retention, replicateTo?: ReplicateTo): Template => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  const archive = new ReportArchive(stack, 'Archive', {
    retention,
    encryptionKey: new Key(stack, 'Key'),
    ...(replicateTo && { replicateTo }),
  });
  expect(archive.bucket.node.path).toBe('Stack/Archive/Bucket');
  return Template.fromStack(stack);
};

const BUCKET = 'ArchiveBucket';
const LOGS = 'ArchiveAccessLogs';

describe('the archive', () => {
  const unlocked = archiveOf({ years: 7, lock: 'off', afterRetention: 'keep' });
  const bucket = only(unlocked, 'AWS::S3::Bucket', BUCKET);
  const statements = only(unlocked, 'AWS::S3::BucketPolicy', BUCKET).properties.PolicyDocument.Statement;

  it.each([BUCKET, LOGS])('is private, versioned, and outlives the stack: %s', (part) => {
    const { id } = only(unlocked, 'AWS::S3::Bucket', part);
    expect(unlocked.findResources('AWS::S3::Bucket')[id]).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        VersioningConfiguration: { Status: 'Enabled' },
      },
    });
  });

  it('is protected for as long as it is there', () => {
    const { id } = only(unlocked, 'AWS::S3::BucketPolicy', BUCKET);
    expect(unlocked.findResources('AWS::S3::BucketPolicy')[id]).toMatchObject({ DeletionPolicy: 'Retain' });
  });

  it('tells of every access, by the policy of the bucket that takes the logs', () => {
    expect(bucket.properties).toMatchObject({
      LoggingConfiguration: {
        DestinationBucketName: { Ref: only(unlocked, 'AWS::S3::Bucket', LOGS).id },
        LogFilePrefix: 'archive/',
      },
    });
    expect(only(unlocked, 'AWS::S3::BucketPolicy', LOGS).properties.PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { Service: 'logging.s3.amazonaws.com' },
        Action: 's3:PutObject',
        Condition: {
          ArnLike: { 'aws:SourceArn': bucket.arn },
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        },
      }),
    );
  });

  it('takes no old TLS', () => {
    expect(statements).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } }),
    );
  });

  it('grows cheaper after 90 days, and stays readable at once where history and verification read', () => {
    const rules: readonly { readonly Prefix?: string; readonly Transitions?: unknown }[] =
      bucket.properties.LifecycleConfiguration.Rules;
    const classes = rules.flatMap(({ Prefix, Transitions }) => (Prefix ? [[Prefix, Transitions]] : []));
    const to = (StorageClass: string) => [{ StorageClass, TransitionInDays: 90 }];
    expect(Object.fromEntries(classes)).toEqual({
      'snapshots/': to('GLACIER_IR'),
      'findings/': to('GLACIER_IR'),
      'resolved/': to('GLACIER_IR'),
      'reports/': to('GLACIER_IR'),
      'principals/': to('GLACIER_IR'),
      'groups/': to('GLACIER_IR'),
      'manifests/': to('GLACIER_IR'),
      'chain/': to('GLACIER_IR'),
      'incomplete/': to('DEEP_ARCHIVE'),
      'listings/': to('DEEP_ARCHIVE'),
    });
    const ended = rules.filter((rule: object) => JSON.stringify(rule).includes('Expiration'));
    expect(ended).toEqual([
      {
        Id: 'old-hints',
        Status: 'Enabled',
        TagFilters: [{ Key: 'kept', Value: 'briefly' }],
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      },
    ]);
    expect(bucket.properties.LifecycleConfiguration).toMatchObject({
      TransitionDefaultMinimumObjectSize: 'all_storage_classes_128K',
    });
  });

  it('locks nothing where it is told so', () => {
    expect(bucket.properties).not.toHaveProperty('ObjectLockEnabled');
  });

  it.each([
    { lock: 'governance', years: 1, mode: 'GOVERNANCE', days: 366 },
    { lock: 'governance', years: 7, mode: 'GOVERNANCE', days: 2557 },
    { lock: 'compliance', years: 99, mode: 'COMPLIANCE', days: 36_160 },
  ] as const)('locks what it takes in for $years years by $lock', ({ lock, years, mode, days }) => {
    expect(
      only(archiveOf({ years, lock, afterRetention: 'keep' }), 'AWS::S3::Bucket', BUCKET).properties,
    ).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: mode, Days: days } } },
    });
  });

  it('deletes what had to be kept, in every area and no day before, only where it is told so', () => {
    const { Rules } = only(
      archiveOf({ years: 7, lock: 'governance', afterRetention: 'delete' }),
      'AWS::S3::Bucket',
      BUCKET,
    ).properties.LifecycleConfiguration;
    const deleting = Rules.filter((rule: object) => 'ExpirationInDays' in rule);
    expect(deleting.map(({ Prefix }: { Prefix: string }) => Prefix)).toEqual(DATED_AREAS.map((area) => `${area}/`));
    for (const rule of deleting)
      expect(rule).toMatchObject({ ExpirationInDays: 2557, NoncurrentVersionExpiration: { NoncurrentDays: 30 } });
    expect(Rules).toContainEqual(expect.objectContaining({ ExpiredObjectDeleteMarker: true }));
  });

  it('is copied with its retention to where it is told, and deletions are not', () => {
    const key = 'arn:aws:kms:eu-west-1:222233334444:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const copied = archiveOf(
      { years: 7, lock: 'governance', afterRetention: 'keep' },
      { bucket: 'copy', account: '222233334444', key },
    );
    const { Role, Rules } = only(copied, 'AWS::S3::Bucket', BUCKET).properties.ReplicationConfiguration;
    expect(Role).toEqual(only(copied, 'AWS::IAM::Role').arn);
    expect(Rules).toEqual([
      {
        Id: 'evidence',
        Priority: 1,
        Status: 'Enabled',
        Filter: { Prefix: '' },
        DeleteMarkerReplication: { Status: 'Disabled' },
        SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
        Destination: {
          Bucket: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::copy']] },
          EncryptionConfiguration: { ReplicaKmsKeyID: key },
          Metrics: { Status: 'Enabled' },
        },
      },
    ]);
  });
});
