import type { MeasuredRun, Written } from './measured-run.ts';
import { PRICES } from './prices.ts';

/** The counts of the synthesised template that cost money. */
export interface StackCounts {
  /** The memory of the function. */
  readonly memoryMb: number;
  /** The time that the listing may take. */
  readonly deadlineSeconds: number;
  readonly keys: number;
  readonly alarmMetrics: number;
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

/** The first month of one environment that is audited every night. */
export const firstMonth = (run: MeasuredRun, stack: StackCounts): readonly CostLine[] => {
  const { written, reads, lists, metrics } = run;
  const runs = NIGHTS_A_MONTH;
  const gbSeconds = lambdaSeconds(run, stack) * (stack.memoryMb / 1024);
  return [
    { what: 'Lambda', usd: runs * (gbSeconds * PRICES.lambdaGbSecond.usd + PRICES.lambdaRequest.usd) },
    { what: 'Storage', usd: storageUsd(written, runs) },
    { what: 'Requests to S3', usd: runs * ((written.length + lists) * PRICES.s3Put.usd + reads * PRICES.s3Get.usd) },
    { what: 'KMS keys', usd: stack.keys * PRICES.kmsKey.usd },
    // One for each request to S3, and a few more: bucket keys need fewer.
    { what: 'Requests to KMS', usd: runs * (written.length + reads + 10) * PRICES.kmsRequest.usd },
    { what: 'Alarms', usd: stack.alarmMetrics * PRICES.alarmMetric.usd },
    { what: 'Metrics', usd: metrics * PRICES.customMetric.usd },
    { what: 'Dashboard', usd: stack.dashboards * PRICES.dashboard.usd },
    { what: 'Logs', usd: ((runs * LOG_BYTES) / GB) * PRICES.logsGb.usd },
    { what: 'Mails, one a night and subscription', usd: runs * stack.mailSubscriptions * PRICES.snsMail.usd },
    { what: 'Schedule', usd: runs * PRICES.schedule.usd },
    {
      what: 'Athena, each saved query once over the month',
      usd:
        queryUsd(run, 'findings', runs) +
        queryUsd(run, 'snapshots', runs) +
        queryUsd(run, 'findings', 1) +
        queryUsd(run, 'snapshots', 1),
    },
  ];
};

export const totalUsd = (lines: readonly CostLine[]): number => sum(lines.map(({ usd }) => usd));
