import { partition as resolve } from '@aws-sdk/core/client';

/** The partitions that AWS has, by the names that ARNs give them. */
export const PARTITIONS = [
  'aws',
  'aws-cn',
  'aws-us-gov',
  'aws-iso',
  'aws-iso-b',
  'aws-iso-e',
  'aws-iso-f',
  'aws-eusc',
] as const;

/** A region, as AWS's own list has it. */
interface ListedRegion {
  readonly name: string;
  /** Only of a region that is listed. */
  readonly description?: string;
}

/**
 * The AWS partition of a region, by the list that the AWS SDK keeps; undefined where that does not tell it. The SDK
 * takes whatever it does not know for `aws`, which is believed only where the list has a region of that place.
 */
export const partitionOf = (region: string): string | undefined => {
  const { name, description }: ListedRegion = resolve(region.replace(/\d+$/, '1'));
  return name !== 'aws' || description !== undefined ? name : undefined;
};

/**
 * The partition that an archived run was judged in: versions that did not note it took every region that they did
 * not know for one of `aws`.
 */
export const partitionOfRun = ({ partition, region }: { readonly partition?: string; readonly region: string }) =>
  partition ?? partitionOf(region) ?? 'aws';
