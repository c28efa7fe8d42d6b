import { describe, expect, test } from '@jest/globals';
import { PARTITIONS, partitionOf, partitionOfRun } from '../../../core/aws/partition.ts';

const REGIONS = [
  ['us-east-1', 'aws'],
  ['ap-southeast-12', 'aws'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['cn-north-1', 'aws-cn'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
  ['eusc-de-east-1', 'aws-eusc'],
] as const;

test.each(REGIONS)('region %s is of partition %s', (region, partition) => {
  expect(partitionOf(region)).toBe(partition);
});

test('every partition has a region', () => {
  expect(PARTITIONS).toEqual(expect.arrayContaining([...new Set(REGIONS.map(([, partition]) => partition))]));
  expect(new Set(REGIONS.map(([, partition]) => partition)).size).toBe(PARTITIONS.length);
});

test.each(['xx-nowhere-1', 'us-isog-east-1', 'mars-north-2', 'us-lunar-1'])(
  'of region %s nothing is known',
  (region) => {
    expect(partitionOf(region)).toBeUndefined();
  },
);

describe('a run', () => {
  test.each([
    [{ partition: 'aws-iso-g', region: 'us-isog-east-1' }, 'aws-iso-g'],
    [{ region: 'us-iso-east-1' }, 'aws-iso'],
    [{ region: 'us-isog-east-1' }, 'aws'],
  ])('%j was judged in %s', (run, partition) => {
    expect(partitionOfRun(run)).toBe(partition);
  });
});
