import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DAY_MS } from '../rules/engine/time.ts';
import type { Asked } from './complete-audit.ts';
import type { MeasuredRun } from './measured-run.ts';
import { ASOF } from './pages.ts';

/** Runs a program that prints JSON. */
export const runJson = async <T>(program: string, words: readonly string[]): Promise<T> => {
  const { stdout } = await promisify(execFile)(program, words, { maxBuffer: 1e7 });
  return JSON.parse(stdout) as T;
};

/** The flags by which Lambda starts Node in 512 MB: the heap may take nine tenths, new objects a twentieth. */
const AS_LAMBDA: readonly string[] = ['--max-old-space-size=460', '--max-semi-space-size=25'];

/** Runs a script of this folder by itself, as Lambda runs Node. */
export const runScript = <T>(script: string, words: readonly string[]): Promise<T> =>
  runJson<T>(process.execPath, [...AS_LAMBDA, join(import.meta.dirname, script), ...words]);

/** The cost of a program from its start to its end. */
export interface Spent {
  readonly wallSeconds: number;
  /** The seconds of one core, in user and system mode, of the program and whatever it started. */
  readonly cpuSeconds: number;
}

/** The seconds in a line of what `times` of a shell prints: those of its own, or of what it waited for. */
const secondsOf = (line = ''): number =>
  [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );

/** Runs a program and throws away what it prints. */
export const measureProgram = async (
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Spent> => {
  const before = performance.now();
  const script = '"$@" > /dev/null; code=$?; times; exit $code';
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script, 'sh', program, ...words], {
    env: { ...process.env, ...env },
  });
  return { wallSeconds: (performance.now() - before) / 1000, cpuSeconds: secondsOf(stdout.trim().split('\n').at(-1)) };
};

/** A folder that is gone afterwards. */
export const inFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'finspace-audit-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Makes runs of one environment a day apart, each in a process of its own, and measures the last. */
export const measureRuns = (
  url: string,
  runs: number,
  environmentId = 'bench',
  asked: Asked = {},
): Promise<MeasuredRun> =>
  inFolder(async (folder) => {
    const measure = (day: number) => {
      const asOf = new Date(ASOF.getTime() + day * DAY_MS).toISOString();
      return runScript<MeasuredRun>('measured-run.ts', [folder, url, environmentId, asOf, JSON.stringify(asked)]);
    };
    for (let day = 0; day < runs - 1; day += 1) await measure(day);
    return measure(runs - 1);
  });
