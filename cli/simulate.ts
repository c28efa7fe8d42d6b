import { lazyDirectory } from '../simulator/directory.ts';
import { startSimulator } from '../simulator/server.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { readSimulateFlags, type SimulateFlags } from './simulate-options.ts';
import type { Io } from './terminal.ts';

const ACCOUNT = '111122223333';

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });

/** `simulate`: serves a simulated FinSpace until it is interrupted. */
export const simulate = async (flags: SimulateFlags, { out }: Io): Promise<ExitCode> => {
  const { users, seed, ...options } = readSimulateFlags(flags);
  const directory = lazyDirectory({ users, seed, asOf: new Date(), accountId: ACCOUNT });
  const simulator = await startSimulator({ ...options, users: directory });
  const { url, environmentId, region, callerCredentials } = simulator;

  out.line(`A simulated FinSpace Data API with ${users} users; Ctrl-C ends it.`);
  out.line();
  out.line(`export AWS_ENDPOINT_URL_FINSPACE_DATA=${url}`);
  out.line(`export AWS_ACCESS_KEY_ID=${callerCredentials.accessKeyId}`);
  out.line(`export AWS_SECRET_ACCESS_KEY=${callerCredentials.secretAccessKey}`);
  out.line(
    `npx finspace-audit run --environment ${environmentId} --account ${ACCOUNT} --region ${region} --out audit-history`,
  );
  await interrupted();
  await simulator.close();
  return EXIT.ok;
};
