import { describe, expect, test } from '@jest/globals';
import { isRegion, partitionOf } from '../../../core/aws/partition.ts';

describe('a region', () => {
  test.each([
    ['us-east-1', 'aws'],
    ['ap-southeast-12', 'aws'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['cn-north-1', 'aws-cn'],
  ])('%s is one, of partition %s', (region, partition) => {
    expect(isRegion(region)).toBe(true);
    expect(partitionOf(region)).toBe(partition);
  });

  test.each(['', 'us', 'us-east', 'us-east-123', 'u-east-1', 'US-EAST-1', 'us-east-1.example', 'us-east-1\n'])(
    '%j is none',
    (text) => {
      expect(isRegion(text)).toBe(false);
    },
  );
});
