import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DAY_MS } from '../rules/engine/time.ts';
import type { MeasuredNight } from './measured-night.ts';
import { ASOF } from './pages.ts';

/** Runs a program that prints JSON. */
export const runJson = async <T>(program: string, words: readonly string[]): Promise<T> => {
  const { stdout } = await promisify(execFile)(program, words, { maxBuffer: 1e7 });
  return JSON.parse(stdout) as T;
};

/** As Lambda starts Node in 512 MB: the heap may take nine tenths, new objects a twentieth. */
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

/** Audits nights of one environment one after the other, each in a process of its own, and tells of the last. */
export const measureNights = (url: string, nights: number, environmentId = 'bench'): Promise<MeasuredNight> =>
  inFolder(async (folder) => {
    const measure = (night: number) => {
      const asOf = new Date(ASOF.getTime() + night * DAY_MS).toISOString();
      return runScript<MeasuredNight>('measured-night.ts', [folder, url, environmentId, asOf]);
    };
    for (let night = 0; night < nights - 1; night += 1) await measure(night);
    return measure(nights - 1);
  });
