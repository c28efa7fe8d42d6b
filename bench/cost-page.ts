import { ALL_EVERY_DAYS, FINDINGS_A_SECOND } from '../core/notify/notify-security-hub.ts';
import {
  BESIDE_RUNS,
  CHAIN_NIGHTS,
  type CostLine,
  enrichedUsd,
  eventsUsd,
  firstMonth,
  hubFindings,
  hubUsd,
  LATENCY,
  LOG_BYTES,
  lambdaSeconds,
  longestLatency,
  NIGHTS_A_MONTH,
  outputStorageUsd,
  outputUsd,
  queryUsd,
  ROLES_A_SECOND,
  type StackCounts,
  storageUsd,
  stored,
  totalUsd,
  type WithOutput,
} from './cost-model.ts';
import type { MeasuredRun } from './measured-run.ts';
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

const users = ({ users: count }: MeasuredRun): string => `${number(count, 0)} users`;

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(row)].join('\n');

const megabytes = ({ written }: MeasuredRun): number => written.reduce((sum, object) => sum + object.size, 0) / MB;

const measuredTable = (measured: readonly MeasuredRun[], stack: StackCounts): string => {
  const facts: readonly (readonly [string, (run: MeasuredRun) => string])[] = [
    ['seconds on the bench', ({ wallSeconds }) => number(wallSeconds, 1)],
    ['seconds of one core', ({ cpuSeconds }) => number(cpuSeconds, 1)],
    ['peak memory, MB', ({ peakMemoryMb }) => number(peakMemoryMb, 0)],
    ['requests to FinSpace', ({ requests }) => number(requests, 0)],
    ['findings', ({ findings }) => number(findings, 0)],
    ['objects written', ({ written }) => number(written.length, 0)],
    ['MB written', (run) => number(megabytes(run), 2)],
    ['reads and lists of S3', ({ reads, lists }) => number(reads + lists, 0)],
    ['seconds in Lambda, computed', (run) => number(lambdaSeconds(run, stack), 0)],
    ['FinSpace may take, ms a request', (run) => latency(longestLatency(run, stack, stack.deadlineSeconds))],
  ];
  return markdownTable(
    ['', ...measured.map(users)],
    facts.map(([name, of]) => [name, ...measured.map(of)]),
  );
};

const monthTable = (measured: readonly MeasuredRun[], stack: StackCounts): string => {
  const months = measured.map((run) => firstMonth(run, stack));
  const names = months[0]?.map(({ what }) => what) ?? [];
  const usdOf = (lines: readonly CostLine[], what: string): string =>
    usd(lines.find((line) => line.what === what)?.usd ?? 0);
  return markdownTable(
    ['USD', ...measured.map(users)],
    [
      ...names.map((what) => [what, ...months.map((lines) => usdOf(lines, what))]),
      ['**Sum**', ...months.map((lines) => `**${usd(totalUsd(lines))}**`)],
    ],
  );
};

/** Tabulates what so many environments of one directory cost, and what each of them does. */
const fleetTable = (run: MeasuredRun, fleets: readonly StackCounts[]): string => {
  const months = fleets.map((fleet) => firstMonth(run, fleet));
  const names = months[0]?.map(({ what }) => what) ?? [];
  const usdOf = (lines: readonly CostLine[], what: string): string =>
    usd(lines.find((line) => line.what === what)?.usd ?? 0);
  const counts: readonly (readonly [string, (fleet: StackCounts) => number])[] = [
    ['stacks', ({ stacks }) => stacks],
    ['functions', ({ functions }) => functions],
    ['schedules', ({ schedules }) => schedules],
    ['rules of EventBridge (free for events of AWS)', ({ rules }) => rules],
    ['metrics under alarm', ({ alarmMetrics }) => alarmMetrics],
    [
      'metrics of their own',
      ({ environments, stackMetrics }) => environments * (run.metrics + BESIDE_RUNS) + stackMetrics,
    ],
  ];
  return markdownTable(
    ['', ...fleets.map(({ environments }) => (environments === 1 ? '1 environment' : `${environments} environments`))],
    [
      ...counts.map(([name, of]) => [name, ...fleets.map((fleet) => number(of(fleet), 0))]),
      ...names.map((what) => [`${what}, USD`, ...months.map((lines) => usdOf(lines, what))]),
      ['**Sum, USD**', ...months.map((lines) => `**${usd(totalUsd(lines))}**`)],
      [
        '**each environment, USD**',
        ...months.map((lines, index) => `**${usd(totalUsd(lines) / (fleets[index]?.environments ?? 1))}**`),
      ],
    ],
  );
};

/** The roles that a night may ask for, so many, and the most that its time allows. */
const ROLES = [100, 1000, 4000];

const enrichedTable = (plain: MeasuredRun, enriched: MeasuredRun, stack: StackCounts): string => {
  const objects = enriched.written.length - plain.written.length;
  return markdownTable(
    [`${users(plain)} with \`enrich\``, ...ROLES.map((roles) => `${number(roles, 0)} roles`)],
    [
      ['requests to IAM and STS, free', ...ROLES.map((roles) => number(roles + 1, 0))],
      ['seconds of waiting for them', ...ROLES.map((roles) => number(roles / ROLES_A_SECOND, 0))],
      ['objects more', ...ROLES.map(() => number(objects, 0))],
      ['MB more', ...ROLES.map(() => number(megabytes(enriched) - megabytes(plain), 2))],
      ['USD a month more', ...ROLES.map((roles) => usd(enrichedUsd(plain, enriched, stack, roles)))],
    ],
  );
};

const outputsTable = (plain: WithOutput, outputs: Readonly<Record<string, WithOutput>>): string => {
  const all = Object.values(outputs);
  const objects = ({ run }: WithOutput): number => run.written.length;
  return markdownTable(
    [`${users(plain.run)} with`, ...Object.keys(outputs).map((name) => `\`${name}\``)],
    [
      ['objects more', ...all.map((one) => number(objects(one) - objects(plain), 0))],
      ['MB more', ...all.map(({ run }) => number(megabytes(run) - megabytes(plain.run), 2))],
      ['MB of disk', ...all.map(({ stack }) => number(stack.diskMb, 0))],
      ['USD in the first month more', ...all.map((one) => usd(outputUsd(plain, one)))],
      ...[1, 7].map((year) => [
        `USD a month more after ${year} year${year === 1 ? '' : 's'}, storage alone`,
        ...all.map((one) => usd(outputStorageUsd(plain, one, year * NIGHTS_A_YEAR))),
      ]),
    ],
  );
};

/** Open findings, one in a hundred of which changes in a night. */
const OPEN = [100, 10_000, 100_000];
const CHANGED = 0.01;

const toldTable = (): string =>
  markdownTable(
    ['', ...OPEN.map((open) => `${number(open, 0)} open findings`)],
    [
      ['findings to Security Hub a month', ...OPEN.map((open) => number(hubFindings(open, open * CHANGED), 0))],
      ['seconds to tell it all', ...OPEN.map((open) => number(Math.ceil(open / FINDINGS_A_SECOND), 0))],
      ['Security Hub, USD a month', ...OPEN.map((open) => usd(hubUsd(open, open * CHANGED)))],
      ['EventBridge, USD a month', ...OPEN.map((open) => usd(eventsUsd(open * CHANGED)))],
    ],
  );

const yearsTable = (measured: readonly MeasuredRun[]): string =>
  markdownTable(
    ['after', ...measured.map((run) => `${users(run)}: GB`), ...measured.map((run) => `${users(run)}: USD a month`)],
    YEARS.map((year) => {
      const gb = ({ written }: MeasuredRun): string => {
        const { standard, instant } = stored(written, year * NIGHTS_A_YEAR);
        return number((standard + instant) / GB, 2);
      };
      const monthly = ({ written }: MeasuredRun): string => usd(storageUsd(written, year * NIGHTS_A_YEAR));
      return [`${year} year${year === 1 ? '' : 's'}`, ...measured.map(gb), ...measured.map(monthly)];
    }),
  );

const queriesTable = (measured: readonly MeasuredRun[]): string =>
  markdownTable(
    ['USD', ...measured.map(users)],
    [
      ['findings of a day', ...measured.map((run) => usd(queryUsd(run, 'findings', 1)))],
      ['records of a day', ...measured.map((run) => usd(queryUsd(run, 'snapshots', 1)))],
      ['findings of a year', ...measured.map((run) => usd(queryUsd(run, 'findings', NIGHTS_A_YEAR)))],
      ['records of a year', ...measured.map((run) => usd(queryUsd(run, 'snapshots', NIGHTS_A_YEAR)))],
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
const memoryWarnings = (measured: readonly MeasuredRun[], { memoryMb }: StackCounts): string =>
  measured
    .filter(({ peakMemoryMb }) => peakMemoryMb > memoryMb)
    .map(
      (run) =>
        `\n**${users(run)} took ${number(run.peakMemoryMb, 0)} MB on the bench, and the function has ${memoryMb}: give it more before you audit so many.**\n`,
    )
    .join('');

/** `docs/cost.md`. */
export const costPage = (
  measured: readonly MeasuredRun[],
  [plain, enriched]: readonly [MeasuredRun, MeasuredRun],
  outputs: Readonly<Record<string, WithOutput>>,
  [stack, ...further]: readonly [StackCounts, ...StackCounts[]],
  bench: string,
): string => `# Cost

Written by \`npm run cost\`, which audits two nights of simulated directories into a folder, measures the second, counts what the
synthesised stack has, and multiplies. One environment, one audit a night (${NIGHTS_A_MONTH} a month), us-east-1. **The prices are assumed:
check them before you rely on a sum.**

## A night, measured

On ${bench}. The simulated directories hold a finding for every six users or so.

${measuredTable(measured, stack)}

In Lambda, ${stack.memoryMb} MB have ${number(stack.memoryMb / 17.69, 0)} % of a CPU, assumed as fast as the bench's; FinSpace is assumed to answer in ${LATENCY.finspace * 1000} ms, S3 in ${LATENCY.s3 * 1000} ms.
The last row is what FinSpace may take for a request before the listing passes its deadline of ${stack.deadlineSeconds} s: pages come one after
the other, so a large directory behind a slow service ends as \`INCOMPLETE: deadline\`.
${memoryWarnings(measured, stack)}
## The first month

${monthTable(measured, stack)}

The stack has ${stack.functions} functions, ${stack.keys} keys, ${stack.alarmMetrics} metrics under alarm and ${stack.dashboards} dashboard; a run publishes ${measured[0]?.metrics} metrics,
a verification and the watch one each, and the stack ${stack.stackMetrics}. A verification is counted with the chain of ${CHAIN_NIGHTS} nights. A run's log is taken for ${LOG_BYTES / 1000} kB. The archive's access log is left out. After a
year each key costs a dollar more a month, after two years another, as its rotations are counted.

## Roles and permission groups

${enrichedTable(plain, enriched, stack)}

IAM is asked about one role after the other, ${ROLES_A_SECOND} a second, so that the function waits. What does not fit into its time is asked for
another night: answers of under a week stand in. With \`idle-principal\` off, over 200 roles of an account are listed instead, 1,000
a request. A permission group with a risk is a request or more to FinSpace, as a page of users is. MB are those of the simulated roles. What judging takes more
is less than a measurement of so few users tells: see docs/performance.md.

## Files for other tools

${outputsTable({ run: plain, stack }, outputs)}

With \`outputs\` set, each night leaves them; they are stored as they are read, not zipped, and grow with the users and findings. What
\`export\` makes is kept nowhere. Security Lake, a SIEM and a GRC tool ask their own price.

## Security Hub and EventBridge

${toldTable()}

Of none where neither \`securityHub\` nor \`events\` is set. One in a hundred is taken to change in a night; Security Hub is told all that
is open every ${ALL_EVERY_DAYS} days besides, ${number(FINDINGS_A_SECOND, 0)} a second at the most, which has to fit into the function's quarter of an hour.

## Many environments

A month of so many environments of ${measured[1] === undefined ? '' : users(measured[1])} each, in as many stacks as it takes.

${measured[1] === undefined ? '' : fleetTable(measured[1], [stack, ...further])}

Alarms and metrics are what most of it is paid for: each environment has an alarm of silence and its own measurements, each stack the
others. A metric that is published once a night or a week costs less than this bound, which counts all hours of a month. A copy by
\`replicateTo\` costs its storage again, a PUT an object, what the other region asks for the transfer, and two metrics under alarm.
The mail about all environments is one more metric under alarm, or two where a URL, a queue or a function gets it. The alarm that
nobody would hear is counted, the OpsItem that it opens is not. A run of a saved roster asks its bucket for a
list and some objects in place of FinSpace: under a cent a month.

## The archive over the years

With \`afterRetention: keep\`, nothing is deleted. After 90 days what has 128 KB or more goes to Glacier Instant Retrieval; S3 leaves smaller objects where they
are.

${yearsTable(measured)}

## A question to the history

Athena counts the bytes as stored, zipped. What is older than 90 days is paid for once more as it is read. The limit of a query is
100 GB.

${queriesTable(measured)}

## Prices

Of us-east-1 without free tiers, assumed on ${ASSUMED_ON}, not looked up: **check before relying on them** at
https://aws.amazon.com/pricing.

${pricesTable()}
`;
