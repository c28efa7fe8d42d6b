import type { Measure } from '../measure.ts';
import type { PageServerOptions } from '../page-server.ts';
import { servePages } from '../pages.ts';
import { measureNights } from '../processes.ts';

type Rates = NonNullable<PageServerOptions['rates']>;

const USERS = 20_000;
const PAGES = 200;

const STEADY: Rates = [{ fromMs: 0, requestsPerSecond: 20, burst: 5 }];

const CHANGING: Rates = [
  { fromMs: 0, requestsPerSecond: 20, burst: 5 },
  { fromMs: 4000, requestsPerSecond: 5, burst: 5 },
  { fromMs: 10_000, requestsPerSecond: 40, burst: 5 },
];

/** The seconds in which a service grants so many requests to a client that knows its rates and wastes none. */
const idealSeconds = (rates: Rates, requests: number): number => {
  let left = requests;
  for (const [index, { fromMs, requestsPerSecond, burst }] of rates.entries()) {
    const needed = (Math.max(0, left - burst) / requestsPerSecond) * 1000;
    const lasts = (rates[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY) - fromMs;
    if (needed <= lasts) return (fromMs + needed) / 1000;
    left -= burst + (lasts / 1000) * requestsPerSecond;
  }
  return Number.POSITIVE_INFINITY;
};

const throttled = async (what: string, rates: Rates): Promise<readonly Measure[]> => {
  const pages = await servePages({ users: USERS, rates });
  try {
    const { wallSeconds } = await measureNights(pages.url, 1);
    const { requests, rejected } = await pages.traffic();
    const ideal = idealSeconds(rates, PAGES);
    return [
      {
        what: `${what}: audit / ideal of ${ideal.toFixed(2)} s`,
        value: wallSeconds / ideal,
        unit: '×',
        most: 1.15,
      },
      { what: `${what}: rejected`, value: (100 * rejected) / requests, unit: '% of requests', most: 5 },
    ];
  } finally {
    pages.close();
  }
};

/** A service that refuses what comes too fast, at one rate and at rates that change midway. */
export const throttling = async (): Promise<readonly Measure[]> => [
  ...(await throttled('20 requests/s', STEADY)),
  ...(await throttled('20, then 5, then 40 requests/s', CHANGING)),
];
