import { parentPort } from 'node:worker_threads';
import { type FaultCase, makeReference, runCase } from './run-case.ts';

/** Runs the cases that it is sent, and answers each with its outcome. */
const reference = makeReference();
parentPort?.on('message', async ({ number, one }: { readonly number: number; readonly one: FaultCase }) => {
  parentPort?.postMessage({ number, outcome: await runCase(one, await reference) });
});
