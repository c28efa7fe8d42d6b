import { errorCode } from '../../core/text/error-code.ts';
import { numberText, plural } from '../../core/text/plain-text.ts';
import { lazyDirectory } from '../../simulator/directory.ts';
import { makeGroups } from '../../simulator/groups.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/server.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import { interrupted } from '../terminal/interrupt.ts';
import { type Io, type Terminal, writeJson } from '../terminal/terminal.ts';
import { readSimulateFlags, type SimulateFlags } from './options.ts';

const ACCOUNT = '111122223333';

/** The users among whom the members of groups are. */
const MOST_IN_GROUPS = 1000;

/** Starts the simulator; a port that can't be had is a wrong flag. */
const startOnPort = async (options: SimulatorOptions): Promise<Simulator> => {
  try {
    return await startSimulator(options);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    throw new UsageError([`--port must be one that is free and allowed, got "${options.port}" (${code})`]);
  }
};

/** The address of a simulator and the keys that it takes, which are of no use elsewhere. */
const accessOf = ({ url, environmentId, region, callerCredentials }: Simulator) => ({
  url,
  environmentId,
  accountId: ACCOUNT,
  region,
  accessKeyId: callerCredentials.accessKeyId,
  secretAccessKey: callerCredentials.secretAccessKey,
});

const showAccess = (simulator: Simulator, users: number, out: Terminal): void => {
  const { url, environmentId, region, accessKeyId, secretAccessKey } = accessOf(simulator);
  out.line(
    `A simulated FinSpace Data API with ${plural(users, 'user')}; Ctrl-C ends it. To audit it from another shell:`,
  );
  out.line();
  out.line(`export AWS_ENDPOINT_URL_FINSPACE_DATA=${url}`);
  out.line(`export AWS_ACCESS_KEY_ID=${accessKeyId}`);
  out.line(`export AWS_SECRET_ACCESS_KEY=${secretAccessKey}`);
  out.line('unset AWS_SESSION_TOKEN');
  out.line(
    `npx finspace-audit run --environment ${environmentId} --account ${ACCOUNT} --region ${region} --out simulated-history`,
  );
};

/** `simulate`: serves a simulated FinSpace until it is interrupted. */
export const simulate = async (flags: SimulateFlags, { out }: Io): Promise<ExitCode> => {
  const { users, seed, ...options } = readSimulateFlags(flags);
  const directory = lazyDirectory({ users, seed, asOf: new Date(), accountId: ACCOUNT });
  const ended = interrupted();
  const simulator = await startOnPort({
    ...options,
    users: directory,
    groups: makeGroups(directory.slice(0, MOST_IN_GROUPS)),
  });
  if (flags.json) writeJson(out, accessOf(simulator), 0);
  else showAccess(simulator, users, out);
  await ended;
  await simulator.close();
  const stats = simulator.stats();
  if (flags.json) {
    writeJson(out, stats, 0);
    return EXIT.ok;
  }
  const { requests, pages, throttled, rejectedSignatures, faultsPlayed } = stats;
  out.line();
  out.line(
    `Ended after ${plural(requests, 'request')}: ${plural(pages, 'page')}, ${numberText(throttled)} throttled, ${plural(rejectedSignatures, 'wrong signature')}, ${plural(faultsPlayed, 'fault')}.`,
  );
  return EXIT.ok;
};
