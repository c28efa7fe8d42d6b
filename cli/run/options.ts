import { PARTITIONS, partitionOf } from '../../core/aws/partition.ts';
import { aheadProblem } from '../../core/model/run-name.ts';
import { SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import { type AuditFlags, readAuditFlags } from '../arguments/audit-flags.ts';
import { type FlagReader, flagReader, isReason, REASON_ALLOWED } from '../arguments/flags.ts';
import { UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';

/** The flags of `run` as they were typed. */
export interface RunFlags extends AuditFlags {
  /** Every environment of the config, in place of one. */
  readonly all?: true;
  /** Default: now. */
  readonly asOf?: string;
  readonly json?: true;
  readonly failOn?: string;
  /** Default: as the config says. */
  readonly deadlineSeconds?: string;
  readonly acceptRosterDrop?: true;
  readonly acceptHistory?: string;
  readonly reason?: string;
  readonly defaults?: true;
  /** Default: as the region tells it. */
  readonly partition?: string;
}

const PARTITION = `one of ${PARTITIONS.join(', ')}`;

/** The partition of a region, which is asked for where the region does not tell it. Throws UsageError. */
export const partitionFor = (region: string, given: string | undefined): string => {
  const told = partitionOf(region);
  if (told !== undefined && given !== undefined && given !== told)
    throw new UsageError([`--partition must be ${told}, which region ${region} is of, got ${given}`]);
  const partition = given ?? told;
  if (partition !== undefined) return partition;
  throw new UsageError([`--partition must be ${PARTITION}, got nothing, and region ${region} does not tell it`]);
};

/** The flags that are of one environment, as they are typed. */
const OF_ONE = {
  environment: '--environment',
  directCredentials: '--direct-credentials',
  roster: '--roster',
  acceptRosterDrop: '--accept-roster-drop',
  acceptHistory: '--accept-history',
  defaults: '--defaults',
} as const satisfies Partial<Record<keyof RunFlags, string>>;

const refuseWithAll = (read: FlagReader, flags: RunFlags): void => {
  for (const [name, flag] of Object.entries(OF_ONE))
    if (flags[name as keyof typeof OF_ONE] !== undefined)
      read.refuse(`${flag} must be left out with --all: it is of one environment`);
  if (flags.config === undefined)
    read.refuse('--config must be the path of a file with --all, got nothing: its environments are audited');
};

const isSha256 = (value: string): boolean => /^[0-9a-f]{64}$/.test(value);

const isSeverity = (value: string): value is Severity => SEVERITIES.some((severity) => severity === value);

const isSeverityName = (value: string): boolean => isSeverity(value.toUpperCase());

/**
 * Reads the flags of `run`. Throws UsageError, which lists everything that is wrong at once.
 * @param now in milliseconds since the epoch: no audit speaks for what is to come
 */
export const readRunFlags = (flags: RunFlags, env: Io['env'], now: number) => {
  const read = flagReader();
  const isAll = flags.all ?? false;
  const audited = readAuditFlags(read, flags, env, isAll);
  if (isAll) refuseWithAll(read, flags);
  const asOf = read.time('--as-of', flags.asOf);
  const asOfProblem = asOf && aheadProblem(asOf, now);
  if (asOfProblem !== undefined) read.refuse(`--as-of ${asOfProblem}`);
  const failOn = read.text('--fail-on', flags.failOn, `one of ${SEVERITIES.join(', ')}`, isSeverityName)?.toUpperCase();
  const deadlineSeconds = read.whole('--deadline-seconds', flags.deadlineSeconds, 1, Number.MAX_SAFE_INTEGER);

  const sha256 = read.text('--accept-history', flags.acceptHistory, '64 hexadecimal digits in lower case', isSha256);
  const reason = read.text('--reason', flags.reason, REASON_ALLOWED, isReason);
  if ((flags.acceptHistory === undefined) !== (flags.reason === undefined))
    read.refuse('--accept-history and --reason must be given together: whoever reads the archive wants to know why');

  if (flags.directCredentials && flags.account === undefined) {
    read.refuse(
      '--account must be 12 digits, got nothing: with --direct-credentials the account of the keys may be another',
    );
  }
  if (flags.defaults && flags.config !== undefined)
    read.refuse('one of --config FILE and --defaults is allowed, got both');
  const partition = read.text('--partition', flags.partition, PARTITION, (value) =>
    PARTITIONS.some((name) => name === value),
  );
  read.done();

  return {
    ...audited,
    isAll,
    partition,
    asOf,
    isJson: flags.json ?? false,
    failOn: failOn !== undefined && isSeverity(failOn) ? failOn : undefined,
    deadlineSeconds,
    acceptRosterDrop: flags.acceptRosterDrop ?? false,
    ...(sha256 !== undefined && reason !== undefined && { acceptHistory: { sha256, reason } }),
    isByDefaults: flags.defaults ?? false,
  };
};

/** The flags of `run`, read and checked. */
export type RunOptions = ReturnType<typeof readRunFlags>;
