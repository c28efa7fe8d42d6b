import { parentPort, workerData } from 'node:worker_threads';
import { fuzzConfig } from './fuzz-configs.ts';
import { fuzzAudit, fuzzListing } from './fuzz-responses.ts';
import { fuzzRoster } from './fuzz-rosters.ts';
import type { Fuzzed, FuzzKind } from './fuzzed.ts';

const FUZZERS = { responses: fuzzListing, audits: fuzzAudit, configs: fuzzConfig, rosters: fuzzRoster } as const;

const { kind, seeds } = workerData as { readonly kind: FuzzKind; readonly seeds: readonly number[] };

const fuzz = async (seed: number): Promise<Fuzzed> => {
  try {
    return await FUZZERS[kind](seed);
  } catch (error) {
    return { outcome: 'threw', problem: `threw ${error instanceof Error ? error.stack : String(error)}` };
  }
};

for (const seed of seeds) {
  parentPort?.postMessage({ seed, ...(await fuzz(seed)) });
}
