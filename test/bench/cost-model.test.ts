import { describe, expect, it } from '@jest/globals';
import {
  enrichedUsd,
  eventsUsd,
  firstMonth,
  hubFindings,
  hubUsd,
  lambdaSeconds,
  longestLatency,
  NIGHTS_A_MONTH,
  outputStorageUsd,
  outputUsd,
  queryUsd,
  type StackCounts,
  storageUsd,
  stored,
  verificationUsd,
  watchUsd,
} from '../../bench/cost-model.ts';
import type { MeasuredRun } from '../../bench/measured-run.ts';
import { PRICES } from '../../bench/prices.ts';

const KB = 1024;
const GB = 1024 ** 3;

const aRun = (overrides: Partial<MeasuredRun> = {}): MeasuredRun => ({
  users: 50,
  findings: 9,
  metrics: 11,
  wallSeconds: 1,
  cpuSeconds: 0,
  peakMemoryMb: 100,
  requests: 0,
  written: [],
  reads: 0,
  lists: 0,
  ...overrides,
});

const aStack = (overrides: Partial<StackCounts> = {}): StackCounts => ({
  environments: 1,
  stacks: 1,
  stackMetrics: 3,
  functions: 3,
  schedules: 3,
  rules: 2,
  memoryMb: 512,
  diskMb: 512,
  deadlineSeconds: 810,
  keys: 2,
  alarmMetrics: 8,
  dashboards: 1,
  mailSubscriptions: 2,
  ...overrides,
});

describe('the time in Lambda', () => {
  it.each([
    { name: 'a CPU at 1769 MB', memoryMb: 1769, run: { cpuSeconds: 2 }, seconds: 2 },
    { name: 'half a CPU', memoryMb: 884.5, run: { cpuSeconds: 2 }, seconds: 4 },
    { name: 'no second CPU for one thread', memoryMb: 3538, run: { cpuSeconds: 2 }, seconds: 2 },
    { name: 'waiting for FinSpace', memoryMb: 512, run: { requests: 101 }, seconds: 5.05 },
    {
      name: 'waiting for S3',
      memoryMb: 512,
      run: { reads: 3, lists: 2, written: [{ area: 'latest', size: 1 }] },
      seconds: 0.3,
    },
  ])('is $name', ({ memoryMb, run, seconds }) => {
    expect(lambdaSeconds(aRun(run), aStack({ memoryMb }))).toBeCloseTo(seconds, 9);
  });

  it('tells how slow FinSpace may be', () => {
    const run = aRun({ cpuSeconds: 10, requests: 1000 });
    expect(longestLatency(run, aStack({ memoryMb: 1769 }), 810)).toBeCloseTo(0.8, 9);
  });
});

describe('what facts beside the listing add', () => {
  const stack = aStack({ memoryMb: 512 });
  const add = (more: Partial<MeasuredRun>, roles = 0, differs: Partial<StackCounts> = {}) =>
    enrichedUsd(aRun(), aRun(more), { ...stack, ...differs }, roles);

  it('is the wait for the roles, five of them a second, and no request', () => {
    expect(add({}, 4000)).toBeCloseTo(NIGHTS_A_MONTH * 800 * 0.5 * PRICES.lambdaGbSecond.usd, 9);
    expect(add({}, 4000, { environments: 3 })).toBeCloseTo(3 * add({}, 4000), 9);
    expect(add({})).toBe(0);
  });

  it('is the objects that are kept, and judging by them', () => {
    const written = [
      { area: 'principals', size: KB },
      { area: 'groups', size: KB },
    ];
    expect(add({ written })).toBeGreaterThan(NIGHTS_A_MONTH * 2 * PRICES.s3Put.usd);
    expect(add({ cpuSeconds: 1 })).toBeGreaterThan(NIGHTS_A_MONTH * 0.5 * PRICES.lambdaGbSecond.usd);
  });
});

describe('what files for other tools add', () => {
  const stack = aStack({ memoryMb: 1769 });
  const plain = { run: aRun(), stack };

  it('is nothing where none are asked for', () => {
    expect(outputUsd(plain, plain)).toBe(0);
    expect(outputStorageUsd(plain, plain, 365)).toBe(0);
  });

  it('is a disk of over 512 MB, for the time of the run', () => {
    const run = aRun({ cpuSeconds: 10 });
    const of = (diskMb: number) =>
      outputUsd({ run, stack }, { run, stack: { ...stack, diskMb } }) / NIGHTS_A_MONTH / PRICES.lambdaDiskGbSecond.usd;
    expect(of(512)).toBe(0);
    expect(of(4096)).toBeCloseTo(10 * 3.5, 6);
  });

  it('is the objects: each is put, and kept by its size and age', () => {
    const run = aRun({ written: [{ area: 'reports', size: GB }] });
    const kept = NIGHTS_A_MONTH * PRICES.s3StandardGbMonth.usd;
    expect(outputUsd(plain, { run, stack })).toBeGreaterThan(kept + NIGHTS_A_MONTH * PRICES.s3Put.usd);
    expect(outputStorageUsd(plain, { run, stack }, 365)).toBeCloseTo(storageUsd(run.written, 365), 9);
  });
});

describe('what Security Hub and EventBridge are told', () => {
  it('is what changed each night, and to Security Hub all that is open every 14 days', () => {
    expect(hubFindings(0, 1)).toBeCloseTo(NIGHTS_A_MONTH, 9);
    expect(hubFindings(140, 0)).toBeCloseTo(10 * NIGHTS_A_MONTH, 9);
    expect(hubUsd(0, 1)).toBeCloseTo(NIGHTS_A_MONTH * PRICES.hubFinding.usd, 9);
  });

  it('is an event more each night, for the run', () => {
    expect(eventsUsd(0)).toBeCloseTo(NIGHTS_A_MONTH * PRICES.event.usd, 12);
    expect(eventsUsd(9)).toBeCloseTo(10 * NIGHTS_A_MONTH * PRICES.event.usd, 12);
  });
});

describe('what is stored', () => {
  const written = [
    { area: 'snapshots', size: 128 * KB },
    { area: 'manifests', size: 128 * KB - 1 },
  ];

  it.each([
    { nights: 90, standard: 90 * (256 * KB - 1), instant: 0, movedANight: 0 },
    { nights: 91, standard: 90 * 128 * KB + 91 * (128 * KB - 1), instant: 128 * KB, movedANight: 1 },
  ])('after $nights nights is colder where it is old and large enough', ({ nights, ...expected }) => {
    expect(stored(written, nights)).toEqual(expected);
  });

  it('costs by class, and for what is moved', () => {
    // A year: 90 GB in Standard, 275 in Instant Retrieval, 30.4 objects moved a month.
    expect(storageUsd([{ area: 'snapshots', size: GB }], 365)).toBeCloseTo(
      90 * 0.023 + 275 * 0.004 + 30.4 * 0.00002,
      9,
    );
  });
});

describe('a query', () => {
  it('is counted as 10 MB at least', () => {
    const run = aRun({ written: [{ area: 'findings', size: 1 }] });
    expect(queryUsd(run, 'findings', 1)).toBeCloseTo(5 / 104_857.6 + 2 * (0.000005 + 0.0000004), 12);
  });

  it('pays again for what has gone cold', () => {
    const run = aRun({ written: [{ area: 'snapshots', size: GB }] });
    expect(queryUsd(run, 'snapshots', 100)).toBeCloseTo(
      (100 / 1024) * 5 + 10 * 0.03 + 10 * 0.00001 + 200 * (0.000005 + 0.0000004),
      9,
    );
  });
});

describe('the first month', () => {
  const usdOf = (what: string) => firstMonth(aRun(), aStack()).find((line) => line.what === what)?.usd;

  it.each([
    ['KMS keys', 2],
    ['Alarms', 0.8],
    // 11 of its runs, one each of its verifications and the watch, and three of the stack.
    ['Metrics', 16 * 0.3],
    ['Dashboard', 3],
  ])('has %s by how many there are', (what, usd) => {
    expect(usdOf(what)).toBeCloseTo(usd, 9);
  });

  it('grows with the environments, but for what a stack has once', () => {
    const one = firstMonth(aRun({ reads: 10 }), aStack());
    const many = firstMonth(aRun({ reads: 10 }), aStack({ environments: 30 }));
    const factorOf = (what: string) => {
      const [usd = 0, of = 0] = [many, one].map((lines) => lines.find((line) => line.what === what)?.usd ?? 0);
      return usd / of;
    };
    for (const what of ['Lambda', 'The hourly watch', 'The weekly verification', 'Requests to S3', 'Logs'])
      expect(factorOf(what)).toBeCloseTo(30, 9);
    for (const what of ['KMS keys', 'Alarms', 'Dashboard']) expect(factorOf(what)).toBe(1);
    expect(factorOf('Metrics')).toBeCloseTo((30 * 13 + 3) / 16, 9);
  });

  it('has a watch that looks at each hour, and a verification that reads a year of the chain', () => {
    // 4 reads and 3 lists an hour, 0.35 s with a quarter of a GB.
    expect(watchUsd()).toBeCloseTo(
      730 * (0.35 * 0.25 * 0.0000133334 + 0.0000002 + 4 * 0.0000004 + 3 * 0.000005 + 4 * 0.000003),
      9,
    );
    const reads = 365 * 4 + 7;
    expect(verificationUsd(aRun({ written: [{ area: 'latest', size: 1 }] }))).toBeCloseTo(
      (52 / 12) *
        (((reads * 0.05) / 4 + 11 * 0.05) * 0.0000133334 + 0.0000002 + reads * (0.0000004 + 0.000003) + 12 * 0.000005),
      9,
    );
  });
});
