import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { folderArchive } from '../../core/archive/folder.ts';
import { completeAudit } from '../complete-audit.ts';
import type { Measure } from '../measure.ts';
import { ASOF, servePages } from '../pages.ts';
import { inFolder } from '../processes.ts';

const USERS = 100_000;
const TIMES = 5;
const SHOWN = ['html', 'users', 'controls'] as const;

/** Debian's; another machine names its own. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Opens a page anew, until it is drawn and its scripts have run, in milliseconds. */
const openingTime = async (browser: Browser, url: string): Promise<number> => {
  const page = await browser.newPage();
  try {
    const before = performance.now();
    await page.goto(url);
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
    return performance.now() - before;
  } finally {
    await page.close();
  }
};

/** The pages of a run of many users, opened in a browser. */
export const opening = async (): Promise<readonly Measure[]> => {
  const pages = await servePages({ users: USERS });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    return await inFolder(async (folder) => {
      const { objects } = await completeAudit(folderArchive(folder), {
        endpoint: pages.url,
        environmentId: 'bench',
        asOf: ASOF,
      });
      const measures: Measure[] = [];
      for (const name of SHOWN) {
        const { key = '', size = 0 } = objects[name] ?? {};
        const taken: number[] = [];
        for (let time = 0; time < TIMES; time += 1)
          taken.push(await openingTime(browser, pathToFileURL(join(folder, key)).href));
        const what = `${key.split('/').at(-1)} of ${USERS.toLocaleString('en')} users, ${(size / 1e6).toFixed(1)} MB, slowest of five`;
        measures.push({ what, value: Math.max(...taken), unit: 'ms', most: 2000 });
      }
      return measures;
    });
  } finally {
    await browser.close();
    pages.close();
  }
};
