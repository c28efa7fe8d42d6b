import { SNSClient } from '@aws-sdk/client-sns';
import { awsClient } from '../aws/clients.ts';

/**
 * Makes the clients that a diagnosis needs; those that an audit does without are loaded here.
 * @param configuration has the region of the audit; without one the SDK chooses
 */
export const diagnosticClients = async (configuration: { readonly region?: string } = {}) => {
  const [{ SchedulerClient }, { STSClient }] = await Promise.all([
    import('@aws-sdk/client-scheduler'),
    import('@aws-sdk/client-sts'),
  ]);
  return {
    sts: awsClient(STSClient, configuration),
    sns: awsClient(SNSClient, configuration),
    scheduler: awsClient(SchedulerClient, configuration),
  };
};
