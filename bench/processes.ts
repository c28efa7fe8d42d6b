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
