import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { folderArchive } from '../../core/archive/folder.ts';
import { OVERVIEW_PAGE } from '../../core/archive/keys.ts';
import { refreshPage } from '../../core/overview/collect.ts';
import { auditNights } from '../support/archived-nights.ts';
import { anApiUser, aUser, NOW } from '../support/builders.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { NASTY } from './archive.ts';
import { barriersIn, launch, type Shelf, serve, visit } from './browser.ts';

const newFolder = temporaryFolders();
let browser: Browser;
let shelf: Shelf;

beforeAll(async () => {
  browser = await launch();
  const folder = await newFolder();
  const archive = folderArchive(folder);
  const users = [aUser(), anApiUser({ userId: 'super', type: 'SUPER_USER' })];
  for (const environmentId of ['alpha', 'beta'])
    await auditNights(
      archive,
      [1, 2, 5].map((number) => ({
        number,
        users: users.slice(number === 2 ? 1 : 0),
        environmentId,
        config: { maxDropPercent: 100 },
      })),
    );
  const environments = [{ id: 'alpha', name: NASTY.tag }, { id: 'beta' }, { id: 'never' }];
  await refreshPage(archive, { environments, schedule: undefined, now: NOW + 100 * 3_600_000 });
  shelf = await serve(folder);
});

afterAll(async () => {
  await browser.close();
  await shelf.close();
});

test.each([
  { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const)('all environments, $colorScheme: asks for nothing, fits and can be read by everybody', async (options) => {
  const { page, noises, requests } = await visit(browser, `${shelf.url}/${OVERVIEW_PAGE}`, options);
  expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([page.url()]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport.width);
  expect(await barriersIn(page)).toEqual([]);
  expect(noises).toEqual([]);
  expect(await page.locator('main').textContent()).toContain(NASTY.tag);
});
