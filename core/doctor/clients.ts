import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { awsClient } from '../aws/clients.ts';

/**
 * Makes the clients that a diagnosis needs; those that an audit does without are loaded here.
 * @param configuration has the region of the audit; without one the SDK chooses
 */
export const diagnosticClients = async (configuration: { readonly region?: string } = {}) => {
  const [{ KMSClient }, { SchedulerClient }, { STSClient }] = await Promise.all([
    import('@aws-sdk/client-kms'),
    import('@aws-sdk/client-scheduler'),
    import('@aws-sdk/client-sts'),
  ]);
  return {
    sts: awsClient(STSClient, configuration),
    sns: awsClient(SNSClient, configuration),
    scheduler: awsClient(SchedulerClient, configuration),
    /** Those that tell how the archive is kept; what stands in for S3 has no host name for each bucket, and may know of no such setting. */
    keepers: (forcePathStyle: boolean, { region = configuration.region }: { readonly region?: string } = {}) => ({
      s3: awsClient(S3Client, { ...(region !== undefined && { region }), forcePathStyle, maxAttempts: 2 }),
      kms: awsClient(KMSClient, { ...(region !== undefined && { region }), maxAttempts: 2 }),
    }),
  };
};
