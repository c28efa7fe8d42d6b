import { parentPort } from 'node:worker_threads';
import { runHistoryCase } from './history-case.ts';
import { type FaultCase, makeReference, runCase } from './run-case.ts';

/** Runs the cases that it is sent, and answers each with its outcome. */
const reference = makeReference();
parentPort?.on('message', async ({ number, one }: { readonly number: number; readonly one: FaultCase }) => {
  const { history, store } = one;
  const outcome = history === undefined ? runCase(one, await reference) : runHistoryCase(history, store);
  parentPort?.postMessage({ number, outcome: await outcome });
});
