import { SNSClient } from '@aws-sdk/client-sns';
import { awsClient } from '../aws/clients.ts';

/**
 * Makes clients of the services that only a diagnosis asks, besides SNS; what an audit doesn't need is loaded here.
 * @param configuration whose region is that of the audit; without one it is the SDK's own choice
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
