import { consequenceOf, FAULT_KINDS, type Fault, type FaultKind } from '../../simulator/faults.ts';
import { flagReader } from '../arguments/flags.ts';

/** The flags of `simulate` as they were typed. */
export interface SimulateFlags {
  readonly port: string;
  readonly users: string;
  readonly seed: string;
  readonly rate?: string;
  readonly burst?: string;
  readonly fault?: readonly string[];
  readonly environment: string;
  readonly json?: true;
}

const FAULT = /^([a-z0-9-]+?)(?:@(\d{1,7}|exchange|groups|members))?(?:x(\d{1,7}|inf))?$/;

const isKind = (text: string | undefined): text is FaultKind => FAULT_KINDS.some((kind) => kind === text);

/** Reads `KIND[@PLACE][xTIMES]`; undefined where the text is no fault. */
const readFault = (text: string): Fault | undefined => {
  const [, fault, where, times] = FAULT.exec(text) ?? [];
  if (!isKind(fault)) return undefined;
  const operation = where === 'exchange' || where === 'groups' || where === 'members' ? where : 'page';
  if (consequenceOf(fault, operation) === undefined) return undefined;
  return {
    fault,
    operation,
    ...(where !== undefined && operation === 'page' && { page: Number(where) }),
    times: times === 'inf' ? Number.POSITIVE_INFINITY : Number(times ?? 1),
  };
};

/** Reads the flags of `simulate`. Throws UsageError. */
export const readSimulateFlags = (flags: SimulateFlags) => {
  const read = flagReader();
  const port = read.whole('--port', flags.port, 0, 65_535) ?? 0;
  const users = read.whole('--users', flags.users, 0, 1_000_000) ?? 0;
  const seed = read.whole('--seed', flags.seed, 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const requestsPerSecond = read.whole('--rate', flags.rate, 1, 1_000_000);
  const burst = read.whole('--burst', flags.burst, 1, 1_000_000) ?? 5;
  const environmentId = read.environmentId('--environment', flags.environment) ?? '';
  if (flags.burst !== undefined && flags.rate === undefined) read.refuse('--burst is allowed with --rate only');
  const faults = (flags.fault ?? []).flatMap((text) => {
    const fault = readFault(text);
    if (fault === undefined) {
      read.refuse(
        `--fault must be KIND[@PAGE|@exchange|@groups|@members][xTIMES], got ${JSON.stringify(text)}; KIND is one of ${FAULT_KINDS.join(', ')}`,
      );
    }
    return fault ?? [];
  });
  read.done();
  return {
    port,
    users,
    seed,
    environmentId,
    faults,
    ...(requestsPerSecond !== undefined && { rate: { requestsPerSecond, burst } }),
  };
};
