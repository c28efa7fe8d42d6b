import { Worker } from 'node:worker_threads';
import type { Fuzzed, FuzzKind } from './fuzzed.ts';

/** A case takes some milliseconds; one that takes longer than this is stuck. */
const MOST_MS = 60_000;

/** The outcomes of many cases. */
export interface FuzzResult {
  readonly kind: FuzzKind;
  readonly cases: number;
  readonly outcomes: ReadonlyMap<string, number>;
  /** Each names its seed. */
  readonly problems: readonly string[];
}

/** Fuzzes on a thread of its own, which is given up where a case does not end. */
export const fuzz = (kind: FuzzKind, seeds: readonly number[]): Promise<FuzzResult> => {
  const { promise, resolve, reject } = Promise.withResolvers<FuzzResult>();
  const outcomes = new Map<string, number>();
  const problems: string[] = [];
  let cases = 0;
  const worker = new Worker(new URL('fuzz-worker.ts', import.meta.url), { workerData: { kind, seeds } });
  const end = async (): Promise<void> => {
    clearTimeout(watch);
    await worker.terminate();
    resolve({ kind, cases, outcomes, problems });
  };
  const giveUp = (): void => {
    problems.push(`seed ${seeds[cases]}: not done within ${MOST_MS / 1000} s`);
    end().catch(reject);
  };
  const watch = setTimeout(giveUp, MOST_MS);
  worker.on('message', ({ seed, outcome, problem }: Fuzzed & { readonly seed: number }) => {
    watch.refresh();
    cases += 1;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (problem !== undefined) problems.push(`seed ${seed}: ${problem}`);
    if (cases === seeds.length) end().catch(reject);
  });
  worker.once('error', reject);
  return promise;
};
