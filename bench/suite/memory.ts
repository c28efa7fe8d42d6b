import type { Measure } from '../measure.ts';
import { servePages } from '../pages.ts';
import { inFolder, measureRuns } from '../processes.ts';
import { saveRoster } from '../roster-file.ts';

const SMALL = 100_000;
const LARGE = 1_000_000;

const secondRun = async (users: number) => {
  const pages = await servePages({ users });
  try {
    return await measureRuns(pages.url, 2);
  } finally {
    pages.close();
  }
};

/** The first run, of a saved roster in one file. */
const savedRun = (users: number) => inFolder(async (folder) => measureRuns(await saveRoster(folder, users), 1));

/** The second run, which compares a directory with itself a day before, in a process of its own. */
export const memory = async (): Promise<readonly Measure[]> => {
  const small = await secondRun(SMALL);
  const large = await secondRun(LARGE);
  const saved = await savedRun(LARGE);
  const growth = large.cpuSeconds / LARGE / (small.cpuSeconds / SMALL);
  return [
    { what: 'peak of 100,000 users', value: small.peakMemoryMb, unit: 'MB' },
    { what: 'peak of 1,000,000 users', value: large.peakMemoryMb, unit: 'MB', most: 512 },
    { what: 'peak of 1,000,000 users from a file', value: saved.peakMemoryMb, unit: 'MB', most: 512 },
    {
      what: 'peak of 1,000,000 / peak of 100,000 users',
      value: large.peakMemoryMb / small.peakMemoryMb,
      unit: '×',
      most: 1.5,
    },
    { what: 'CPU time a user of 1,000,000 / of 100,000', value: growth, unit: '×', most: 1.15 },
  ];
};
