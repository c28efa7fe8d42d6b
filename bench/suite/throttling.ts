import type { Measure } from '../measure.ts';
import type { PageServerOptions } from '../page-server.ts';
import { servePages } from '../pages.ts';
import { measureRuns } from '../processes.ts';

type Rates = NonNullable<PageServerOptions['rates']>;

const USERS_A_PAGE = 100;
const BURST = 5;

const STEADY: Rates = [{ requestsPerSecond: 20, burst: BURST, grants: 200 }];

const CHANGING: Rates = [20, 5, 40].map((requestsPerSecond) => ({ requestsPerSecond, burst: BURST, grants: 200 }));

/** The seconds in which a service grants all of it to a client that knows its rates and wastes none. */
const idealSeconds = (rates: Rates): number =>
  rates.reduce((sum, { grants, burst, requestsPerSecond }) => sum + (grants - burst) / requestsPerSecond, 0);

const throttled = async (what: string, rates: Rates): Promise<readonly Measure[]> => {
  const pageCount = rates.reduce((sum, { grants }) => sum + grants, 0);
  const pages = await servePages({ users: pageCount * USERS_A_PAGE, rates });
  try {
    const { wallSeconds } = await measureRuns(pages.url, 1);
    const { requests, rejected } = await pages.traffic();
    const ideal = idealSeconds(rates);
    return [
      { what: `${what}: audit / ideal of ${ideal.toFixed(2)} s`, value: wallSeconds / ideal, unit: '×', most: 1.15 },
      { what: `${what}: rejected`, value: (100 * rejected) / requests, unit: '% of requests', most: 5 },
    ];
  } finally {
    pages.close();
  }
};

/** A service that refuses what comes too fast, at one rate and at rates that change after every 200 pages. */
export const throttling = async (): Promise<readonly Measure[]> => [
  ...(await throttled('20 requests/s', STEADY)),
  ...(await throttled('20, then 5, then 40 requests/s', CHANGING)),
];
