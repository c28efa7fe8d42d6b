import { finspaceEndpoint } from '../../core/sources/finspace/endpoint.ts';
import { UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';

/** Where FinSpace is. A wrong endpoint in the environment is a wrong command line: throws UsageError. */
export const endpointOf = (region: string, env: Io['env']): string => {
  try {
    return finspaceEndpoint(region, env);
  } catch (error) {
    throw new UsageError([error instanceof Error ? error.message : String(error)]);
  }
};
