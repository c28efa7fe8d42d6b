import { finspaceEndpoint } from '../../core/sources/finspace/endpoint.ts';
import { messageOf } from '../../core/text/error-message.ts';
import { UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';

/** The endpoint of FinSpace. A wrong one in the environment is a wrong command line: throws UsageError. */
export const endpointOf = (region: string, env: Io['env']): string => {
  try {
    return finspaceEndpoint(region, env);
  } catch (error) {
    throw new UsageError([messageOf(error)]);
  }
};
