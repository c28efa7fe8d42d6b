import { ALL_EVERY_DAYS } from '../core/notify/notify-security-hub.ts';
import type { MeasuredRun, Written } from './measured-run.ts';
import { PRICES } from './prices.ts';

/** The counts of the synthesised templates that cost money, of all stacks together. */
export interface StackCounts {
  readonly environments: number;
  readonly stacks: number;
  /** The memory of the function. */
  readonly memoryMb: number;
  /** Its disk. */
  readonly diskMb: number;
  /** The time that the listing may take. */
  readonly deadlineSeconds: number;
  readonly keys: number;
  readonly alarmMetrics: number;
  /** The metrics that stacks publish besides those of each environment. */
  readonly stackMetrics: number;
  readonly functions: number;
  readonly schedules: number;
  readonly rules: number;
  readonly dashboards: number;
  readonly mailSubscriptions: number;
}

export const NIGHTS_A_MONTH = 30.4;
/** Lambda gives a whole virtual CPU with so much memory. */
const MB_OF_A_CPU = 1769;
/** Assumed of a request to FinSpace and to S3, in seconds. */
export const LATENCY = { finspace: 0.05, s3: 0.05 } as const;
/** Assumed of a run's log, in bytes. */
export const LOG_BYTES = 20_000;

const GB = 1024 ** 3;
const TB = 1024 ** 4;
/** S3 moves nothing smaller by lifecycle, and would count it as this much. */
const LEAST_MOVED_BYTES = 128 * 1024;
const COLD_AFTER_NIGHTS = 90;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The time that the function takes for such a run: its share of a CPU, and waiting. */
export const lambdaSeconds = (
  { cpuSeconds, requests, written, reads, lists }: MeasuredRun,
  { memoryMb }: StackCounts,
  finspaceLatency: number = LATENCY.finspace,
): number =>
  cpuSeconds / Math.min(1, memoryMb / MB_OF_A_CPU) +
  requests * finspaceLatency +
  (written.length + reads + lists) * LATENCY.s3;

/** The latency of FinSpace, in seconds, from which on such a run no longer fits into so many seconds. */
export const longestLatency = (run: MeasuredRun, stack: StackCounts, seconds: number): number =>
  (seconds - lambdaSeconds(run, stack, 0)) / run.requests;

/** The bytes that the runs of so many nights leave, by storage class. */
export const stored = (written: readonly Written[], nights: number) => {
  const isMoved = ({ size }: Written): boolean => size >= LEAST_MOVED_BYTES;
  const small = sum(written.filter((object) => !isMoved(object)).map(({ size }) => size));
  const large = sum(written.filter(isMoved).map(({ size }) => size));
  const warm = Math.min(nights, COLD_AFTER_NIGHTS);
  return {
    standard: small * nights + large * warm,
    instant: large * (nights - warm),
    movedANight: nights > COLD_AFTER_NIGHTS ? written.filter(isMoved).length : 0,
  };
};

/** A month's storage once so many nights have been kept. */
export const storageUsd = (written: readonly Written[], nights: number): number => {
  const { standard, instant, movedANight } = stored(written, nights);
  return (
    (standard / GB) * PRICES.s3StandardGbMonth.usd +
    (instant / GB) * PRICES.s3InstantGbMonth.usd +
    movedANight * NIGHTS_A_MONTH * PRICES.s3Transition.usd
  );
};

const sizeOf = (run: MeasuredRun, area: string): number =>
  sum(run.written.filter((object) => object.area === area).map(({ size }) => size));

const LEAST_SCANNED_BYTES = 10 * 1024 ** 2;

/** One saved query over so many nights of an area; what is older than 90 days is read from Instant Retrieval. */
export const queryUsd = (run: MeasuredRun, area: 'snapshots' | 'findings', nights: number): number => {
  const size = sizeOf(run, area);
  const cold = size < LEAST_MOVED_BYTES ? 0 : Math.max(0, nights - COLD_AFTER_NIGHTS);
  const scanned = Math.max(LEAST_SCANNED_BYTES, (size + sizeOf(run, 'manifests')) * nights);
  return (
    (scanned / TB) * PRICES.athenaTb.usd +
    ((size * cold) / GB) * PRICES.s3InstantGb.usd +
    cold * PRICES.s3InstantGet.usd +
    // The lines and the manifest of each run, found and read.
    2 * nights * (PRICES.s3Put.usd + PRICES.s3Get.usd)
  );
};

export interface CostLine {
  readonly what: string;
  readonly usd: number;
}

/** The hours of a month, at each of which the watch looks. */
const HOURS_A_MONTH = 730;
/** The watch's requests to S3 for an environment: the pointer, the chain's end, and the last verification. */
const WATCHED = { reads: 4, lists: 3, memoryMb: 256 } as const;
const VERIFICATIONS_A_MONTH = 52 / 12;
const VERIFYING_MB = 1024;
/** The nights that a weekly verification reads the chain of: it grows with the archive. */
export const CHAIN_NIGHTS = 365;
/** It reads so many objects at a time. */
const READS_AT_ONCE = 4;
/** For each night it reads the entry, its copy and two markers. */
const READS_A_NIGHT = 4;

const waitingUsd = (seconds: number, memoryMb: number): number =>
  seconds * (memoryMb / 1024) * PRICES.lambdaGbSecond.usd;

const lambdaUsd = (seconds: number, memoryMb: number): number =>
  waitingUsd(seconds, memoryMb) + PRICES.lambdaRequest.usd;

/** A month of the hourly watch over one environment. */
export const watchUsd = (): number =>
  HOURS_A_MONTH *
  (lambdaUsd((WATCHED.reads + WATCHED.lists) * LATENCY.s3, WATCHED.memoryMb) +
    WATCHED.reads * PRICES.s3Get.usd +
    WATCHED.lists * PRICES.s3Put.usd +
    WATCHED.reads * PRICES.kmsRequest.usd);

/** A month of the weekly verification of one environment, whose archive is a year old. */
export const verificationUsd = ({ written }: MeasuredRun): number => {
  const reads = CHAIN_NIGHTS * READS_A_NIGHT + 7 * written.length;
  const lists = Math.ceil((CHAIN_NIGHTS * written.length) / 1000) + 10;
  const seconds = (reads * LATENCY.s3) / READS_AT_ONCE + lists * LATENCY.s3;
  return (
    VERIFICATIONS_A_MONTH *
    (lambdaUsd(seconds, VERIFYING_MB) +
      reads * (PRICES.s3Get.usd + PRICES.kmsRequest.usd) +
      (lists + 1) * PRICES.s3Put.usd)
  );
};

/** The disk that Lambda gives for nothing. */
const FREE_DISK_MB = 512;

const diskUsd = (seconds: number, { diskMb }: StackCounts): number =>
  seconds * (Math.max(0, diskMb - FREE_DISK_MB) / 1024) * PRICES.lambdaDiskGbSecond.usd;

/** The metrics of an environment besides those of its runs: of its verifications, and of the watch. */
export const BESIDE_RUNS = 2;

/** The first month of environments that are audited every night. */
export const firstMonth = (run: MeasuredRun, stack: StackCounts): readonly CostLine[] => {
  const { written, reads, lists, metrics } = run;
  const { environments } = stack;
  const runs = NIGHTS_A_MONTH * environments;
  const queries =
    queryUsd(run, 'findings', NIGHTS_A_MONTH) +
    queryUsd(run, 'snapshots', NIGHTS_A_MONTH) +
    queryUsd(run, 'findings', 1) +
    queryUsd(run, 'snapshots', 1);
  return [
    {
      what: 'Lambda',
      usd: runs * (lambdaUsd(lambdaSeconds(run, stack), stack.memoryMb) + diskUsd(lambdaSeconds(run, stack), stack)),
    },
    { what: 'The hourly watch', usd: environments * watchUsd() },
    { what: 'The weekly verification', usd: environments * verificationUsd(run) },
    { what: 'Storage', usd: environments * storageUsd(written, NIGHTS_A_MONTH) },
    { what: 'Requests to S3', usd: runs * ((written.length + lists) * PRICES.s3Put.usd + reads * PRICES.s3Get.usd) },
    { what: 'KMS keys', usd: stack.keys * PRICES.kmsKey.usd },
    // One for each request to S3, and a few more: bucket keys need fewer.
    { what: 'Requests to KMS', usd: runs * (written.length + reads + 10) * PRICES.kmsRequest.usd },
    { what: 'Alarms', usd: stack.alarmMetrics * PRICES.alarmMetric.usd },
    { what: 'Metrics', usd: (environments * (metrics + BESIDE_RUNS) + stack.stackMetrics) * PRICES.customMetric.usd },
    { what: 'Dashboard', usd: stack.dashboards * PRICES.dashboard.usd },
    { what: 'Logs', usd: ((runs * LOG_BYTES) / GB) * PRICES.logsGb.usd },
    { what: 'Mails, one a night and subscription', usd: runs * stack.mailSubscriptions * PRICES.snsMail.usd },
    {
      what: 'Schedule',
      usd: (runs + stack.stacks * (HOURS_A_MONTH + VERIFICATIONS_A_MONTH * 24)) * PRICES.schedule.usd,
    },
    { what: 'Athena, each saved query once over the month', usd: environments * queries },
  ];
};

/** The pace at which IAM is asked about roles; its requests and those of STS are free. */
export const ROLES_A_SECOND = 5;

/**
 * Tells what facts beside the listing add to a month: their objects, judging by them, and waiting for so many roles.
 */
export const enrichedUsd = (plain: MeasuredRun, enriched: MeasuredRun, stack: StackCounts, roles: number): number =>
  totalUsd(firstMonth(enriched, stack)) -
  totalUsd(firstMonth(plain, stack)) +
  NIGHTS_A_MONTH * stack.environments * waitingUsd(roles / ROLES_A_SECOND, stack.memoryMb);

/** A run that leaves files for other tools, and the stack that makes it. */
export interface WithOutput {
  readonly run: MeasuredRun;
  readonly stack: StackCounts;
}

/** Tells what such files add to the first month: to write them, on what disk, and to keep them. */
export const outputUsd = (plain: WithOutput, added: WithOutput): number =>
  totalUsd(firstMonth(added.run, added.stack)) - totalUsd(firstMonth(plain.run, plain.stack));

/** Tells what they add to a month's storage once so many nights have been kept. */
export const outputStorageUsd = (plain: WithOutput, added: WithOutput, nights: number): number =>
  storageUsd(added.run.written, nights) - storageUsd(plain.run.written, nights);

/** The findings that Security Hub takes in a month: all that are open now and then, and each night what changed. */
export const hubFindings = (open: number, changed: number): number =>
  open * (NIGHTS_A_MONTH / ALL_EVERY_DAYS) + changed * NIGHTS_A_MONTH;

export const hubUsd = (open: number, changed: number): number => hubFindings(open, changed) * PRICES.hubFinding.usd;

/** Prices the events of a month: of what changed each night, and of the run. */
export const eventsUsd = (changed: number): number => (changed + 1) * NIGHTS_A_MONTH * PRICES.event.usd;

export const totalUsd = (lines: readonly CostLine[]): number => sum(lines.map(({ usd }) => usd));
