import { describe, expect, it } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { Retention } from '../../lambda/config.ts';
import { ReportArchive } from '../../lib/report-archive.ts';

const bucketOf = (retention: Retention) => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  const archive = new ReportArchive(stack, 'Archive', retention);
  expect(archive.bucket.node.path).toBe('Stack/Archive/Bucket');
  return Object.values(Template.fromStack(stack).findResources('AWS::S3::Bucket'))[0];
};

describe('the archive', () => {
  it('is private, encrypted and versioned, and outlives the stack', () => {
    expect(bucketOf({ years: 7, lock: 'off' })).toEqual({
      Type: 'AWS::S3::Bucket',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
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

  it.each([
    { lock: 'governance', years: 1, mode: 'GOVERNANCE', days: 366 },
    { lock: 'governance', years: 7, mode: 'GOVERNANCE', days: 2557 },
    { lock: 'compliance', years: 99, mode: 'COMPLIANCE', days: 36_160 },
  ] as const)('locks what it takes in for $years years by $lock', ({ lock, years, mode, days }) => {
    expect(bucketOf({ years, lock })?.Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: mode, Days: days } },
      },
    });
  });
});
