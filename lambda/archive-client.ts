import { S3Client } from '@aws-sdk/client-s3';
import { awsClient } from '../core/aws/clients.ts';

/** Makes the client of the archive, which may be in another region than the function. */
export const archiveClient = ({
  AUDIT_BUCKET_REGION: region,
}: Readonly<Record<string, string | undefined>>): S3Client =>
  awsClient(S3Client, region === undefined ? {} : { region });
