import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import { awsClient } from '../core/aws/clients.ts';

/**
 * Gives what tells when a schedule was made, in milliseconds since the epoch; undefined where it is not there, or can't be
 * looked at: then nobody is asked again, as each time may take as long. The client is loaded with the first one.
 * @param prefix begins the names of the schedules
 */
export const scheduleCreation = (prefix: string): ((name: string) => Promise<number | undefined>) => {
  let client: SchedulerClient | undefined;
  let isBlind = false;
  return async (name) => {
    if (isBlind) return undefined;
    try {
      const { GetScheduleCommand, SchedulerClient } = await import('@aws-sdk/client-scheduler');
      client ??= awsClient(SchedulerClient);
      const { CreationDate } = await client.send(new GetScheduleCommand({ Name: `${prefix}${name}` }));
      return CreationDate?.getTime();
    } catch (error) {
      isBlind = !(error instanceof Error && error.name === 'ResourceNotFoundException');
      return undefined;
    }
  };
};
