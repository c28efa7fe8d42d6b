import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { awsClient } from '../../aws/clients.ts';

/** Makes a client for saved rosters: their bucket may be in any region, and says itself in which. */
export const rosterS3 = (settings?: S3ClientConfig): S3Client =>
  awsClient(S3Client, { followRegionRedirects: true, ...settings });
