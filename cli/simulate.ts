import { lazyDirectory } from '../simulator/directory.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/server.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { interrupted } from './interrupt.ts';
import { readSimulateFlags, type SimulateFlags } from './simulate-options.ts';
import type { Io } from './terminal.ts';

const ACCOUNT = '111122223333';

/** A port that can't be had is a wrong flag. */
const startOnPort = async (options: SimulatorOptions): Promise<Simulator> => {
  try {
    return await startSimulator(options);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    throw new UsageError([`--port must be one that is free and allowed, got "${options.port}" (${code})`]);
  }
};

/** `simulate`: serves a simulated FinSpace until it is interrupted. */
export const simulate = async (flags: SimulateFlags, { out }: Io): Promise<ExitCode> => {
  const { users, seed, ...options } = readSimulateFlags(flags);
  const directory = lazyDirectory({ users, seed, asOf: new Date(), accountId: ACCOUNT });
  const ended = interrupted();
  const simulator = await startOnPort({ ...options, users: directory });
  const { url, environmentId, region, callerCredentials } = simulator;

  out.line(
    `A simulated FinSpace Data API with ${users} users; Ctrl-C ends it. To audit it from another shell:`,
  );
  out.line();
  out.line(`export AWS_ENDPOINT_URL_FINSPACE_DATA=${url}`);
  out.line(`export AWS_ACCESS_KEY_ID=${callerCredentials.accessKeyId}`);
  out.line(`export AWS_SECRET_ACCESS_KEY=${callerCredentials.secretAccessKey}`);
  out.line('unset AWS_SESSION_TOKEN');
  out.line(
    `npx finspace-audit run --environment ${environmentId} --account ${ACCOUNT} --region ${region} --out audit-history`,
  );
  await ended;
  await simulator.close();
  const { requests, pages, throttled, rejectedSignatures, faultsPlayed } = simulator.stats();
  out.line();
  out.line(
    `Ended after ${requests} requests: ${pages} pages, ${throttled} throttled, ${rejectedSignatures} wrong signatures, ${faultsPlayed} faults.`,
  );
  return EXIT.ok;
};
