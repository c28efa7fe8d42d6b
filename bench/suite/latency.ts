import { interleaved, type Measure, medianSeconds, type Taken } from '../measure.ts';
import { servePages } from '../pages.ts';
import { measureRuns, runScript } from '../processes.ts';

const USERS = 20_000;
const PAGES = 200;
const LATENCY_MS = 40;

/** Pages come one after the other, so nothing is quicker than all their latencies. */
export const latency = async (): Promise<readonly Measure[]> => {
  const pages = await servePages({ users: USERS, latencyMs: LATENCY_MS });
  try {
    const taken = await interleaved<string, Taken>(3, {
      bare: () => runScript<Taken>('bare-loop.ts', [pages.url]),
      audit: () => measureRuns(pages.url, 1),
    });
    const ideal = (PAGES * LATENCY_MS) / 1000;
    return [
      { what: `audit of 20,000 users at ${LATENCY_MS} ms a page`, value: medianSeconds(taken.audit), unit: 's' },
      { what: 'audit / pages × latency', value: medianSeconds(taken.audit) / ideal, unit: '×', most: 1.05 },
      { what: 'bare loop over the same pages / pages × latency', value: medianSeconds(taken.bare) / ideal, unit: '×' },
    ];
  } finally {
    pages.close();
  }
};
