import { interleaved, type Measure, median } from '../measure.ts';
import { servePages } from '../pages.ts';
import { measureNights } from '../processes.ts';

const USERS = 20_000;
const PAGES = 200;
const LATENCY_MS = 40;

/** Pages come one after the other, so nothing is quicker than all their latencies. */
export const latency = async (): Promise<readonly Measure[]> => {
  const pages = await servePages({ users: USERS, latencyMs: LATENCY_MS });
  try {
    const { audit } = await interleaved(3, { audit: () => measureNights(pages.url, 1) });
    const wall = median(audit.map(({ wallSeconds }) => wallSeconds));
    const ideal = (PAGES * LATENCY_MS) / 1000;
    return [
      { what: `audit of 20,000 users at ${LATENCY_MS} ms a page`, value: wall, unit: 's' },
      { what: 'audit / pages × latency', value: wall / ideal, unit: '×', most: 1.05 },
    ];
  } finally {
    pages.close();
  }
};
