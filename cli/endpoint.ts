import { finspaceEndpoint } from '../lambda/finspace/endpoint.ts';
import { UsageError } from './exit-codes.ts';
import type { Io } from './terminal.ts';

/** Where FinSpace is. A wrong endpoint in the environment is a wrong command line: throws UsageError. */
export const endpointOf = (region: string, env: Io['env']): string => {
  try {
    return finspaceEndpoint(region, env);
  } catch (error) {
    throw new UsageError([error instanceof Error ? error.message : String(error)]);
  }
};
