import {
  type CostLine,
  firstMonth,
  LATENCY,
  LOG_BYTES,
  lambdaSeconds,
  longestLatency,
  NIGHTS_A_MONTH,
  queryUsd,
  type StackCounts,
  storageUsd,
  stored,
  totalUsd,
} from './cost-model.ts';
import type { MeasuredNight } from './measured-night.ts';
import { ASSUMED_ON, PRICES, type Price } from './prices.ts';

const MB = 1024 ** 2;
const GB = 1024 ** 3;
const YEARS = [1, 2, 3, 4, 5, 6, 7];
const NIGHTS_A_YEAR = 365;

const number = (value: number, digits: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const usd = (value: number): string => (value > 0 && value < 0.005 ? 'under 0.01' : number(value, 2));

/** After 10 s a request is given up and made again. */
const latency = (seconds: number): string => (seconds > 10 ? 'any' : number(seconds * 1000, 0));

const users = ({ users: count }: MeasuredNight): string => `${number(count, 0)} users`;

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map((_, place) => (place === 0 ? '---' : '---:'))), ...rows.map(row)].join('\n');

const measuredTable = (nights: readonly MeasuredNight[], stack: StackCounts): string => {
  const size = ({ written }: MeasuredNight) => written.reduce((sum, object) => sum + object.size, 0) / MB;
  const facts: readonly (readonly [string, (night: MeasuredNight) => string])[] = [
    ['seconds on the bench', ({ wallSeconds }) => number(wallSeconds, 1)],
    ['seconds of one core', ({ cpuSeconds }) => number(cpuSeconds, 1)],
    ['peak memory, MB', ({ peakMemoryMb }) => number(peakMemoryMb, 0)],
    ['requests to FinSpace', ({ requests }) => number(requests, 0)],
    ['findings', ({ findings }) => number(findings, 0)],
    ['objects written', ({ written }) => number(written.length, 0)],
    ['MB written', (night) => number(size(night), 2)],
    ['reads and lists of S3', ({ reads, lists }) => number(reads + lists, 0)],
    ['seconds in Lambda, computed', (night) => number(lambdaSeconds(night, stack), 0)],
    [
      'FinSpace may take, ms a request',
      (night) => latency(longestLatency(night, stack, stack.deadlineSeconds)),
    ],
  ];
  return markdownTable(
    ['', ...nights.map(users)],
    facts.map(([name, of]) => [name, ...nights.map(of)]),
  );
};

const monthTable = (nights: readonly MeasuredNight[], stack: StackCounts): string => {
  const months = nights.map((night) => firstMonth(night, stack));
  const names = months[0]?.map(({ what }) => what) ?? [];
  const usdOf = (lines: readonly CostLine[], what: string): string =>
    usd(lines.find((line) => line.what === what)?.usd ?? 0);
  return markdownTable(
    ['USD', ...nights.map(users)],
    [
      ...names.map((what) => [what, ...months.map((lines) => usdOf(lines, what))]),
      ['**Sum**', ...months.map((lines) => `**${usd(totalUsd(lines))}**`)],
    ],
  );
};

const yearsTable = (nights: readonly MeasuredNight[]): string =>
  markdownTable(
    [
      'after',
      ...nights.map((night) => `${users(night)}: GB`),
      ...nights.map((night) => `${users(night)}: USD a month`),
    ],
    YEARS.map((year) => {
      const gb = ({ written }: MeasuredNight): string => {
        const { standard, instant } = stored(written, year * NIGHTS_A_YEAR);
        return number((standard + instant) / GB, 2);
      };
      const monthly = ({ written }: MeasuredNight): string => usd(storageUsd(written, year * NIGHTS_A_YEAR));
      return [`${year} year${year === 1 ? '' : 's'}`, ...nights.map(gb), ...nights.map(monthly)];
    }),
  );

const queriesTable = (nights: readonly MeasuredNight[]): string =>
  markdownTable(
    ['USD', ...nights.map(users)],
    [
      ['findings of a day', ...nights.map((night) => usd(queryUsd(night, 'findings', 1)))],
      ['records of a day', ...nights.map((night) => usd(queryUsd(night, 'snapshots', 1)))],
      ['findings of a year', ...nights.map((night) => usd(queryUsd(night, 'findings', NIGHTS_A_YEAR)))],
      ['records of a year', ...nights.map((night) => usd(queryUsd(night, 'snapshots', NIGHTS_A_YEAR)))],
    ],
  );

const pricesTable = (): string =>
  markdownTable(
    ['assumed price', 'USD'],
    Object.values<Price>(PRICES).map(({ usd: price, per, note }) => [
      note === undefined ? per : `${per} (${note})`,
      price.toLocaleString('en-US', { maximumFractionDigits: 10 }),
    ]),
  );

/** Lambda ends what needs more memory than the function has. */
const memoryWarnings = (nights: readonly MeasuredNight[], { memoryMb }: StackCounts): string =>
  nights
    .filter(({ peakMemoryMb }) => peakMemoryMb > memoryMb)
    .map(
      (night) =>
        `\n**${users(night)} took ${number(night.peakMemoryMb, 0)} MB on the bench, and the function has ${memoryMb}: give it more before you audit so many.**\n`,
    )
    .join('');

/** `docs/cost.md`. */
export const costPage = (
  nights: readonly MeasuredNight[],
  stack: StackCounts,
  bench: string,
): string => `# Cost

Written by \`npm run cost\`, which audits two nights of simulated directories into a folder, measures the second, counts what the
synthesised stack has, and multiplies. One environment, one audit a night (${NIGHTS_A_MONTH} a month), us-east-1. **The prices are assumed:
check them before you rely on a sum.**

## A night, measured

On ${bench}. The simulated directories hold a finding for every six users or so.

${measuredTable(nights, stack)}

In Lambda, ${stack.memoryMb} MB have ${number(stack.memoryMb / 17.69, 0)} % of a CPU, assumed as fast as the bench's; FinSpace is assumed to answer in ${LATENCY.finspace * 1000} ms, S3 in ${LATENCY.s3 * 1000} ms.
The last row is what FinSpace may take for a request before the listing passes its deadline of ${stack.deadlineSeconds} s: pages come one after
the other, so a large directory behind a slow service ends as \`INCOMPLETE: deadline\`.
${memoryWarnings(nights, stack)}
## The first month

${monthTable(nights, stack)}

The stack has ${stack.keys} keys, ${stack.alarmMetrics} metrics under alarm and ${stack.dashboards} dashboard, and a run publishes ${nights[0]?.metrics} metrics: each further
environment adds as many, and one under alarm. A run's log is taken for ${LOG_BYTES / 1000} kB. The archive's access log is left out. After a
year each key costs a dollar more a month, after two years another, as its rotations are counted.

## The archive over the years

Nothing is deleted. After 90 days what has 128 KB or more goes to Glacier Instant Retrieval; S3 leaves smaller objects where they
are.

${yearsTable(nights)}

## A question to the history

Athena counts the bytes as stored, zipped. What is older than 90 days is paid for once more as it is read. The limit of a query is
100 GB.

${queriesTable(nights)}

## Prices

Of us-east-1 without free tiers, assumed on ${ASSUMED_ON}, not looked up: **check before relying on them** at
https://aws.amazon.com/pricing.

${pricesTable()}
`;
