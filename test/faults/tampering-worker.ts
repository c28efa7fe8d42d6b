import { parentPort, workerData } from 'node:worker_threads';
import { type Tally, tallyTamperings } from './tampering.ts';

parentPort?.postMessage(await tallyTamperings(workerData as Tally, (done) => parentPort?.postMessage(done)));
