import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { folderArchive } from '../../core/archive/folder.ts';
import { buildPack } from '../../core/review/pack.ts';
import { signOff } from '../../core/review/sign-off.ts';
import { rules } from '../../rules/index.ts';
import { archiveNights } from '../support/archived-nights.ts';
import { aUser, ENVIRONMENT, NOW } from '../support/builders.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { NASTY } from './archive.ts';
import { barriersIn, launch, type Page, type Shelf, serve, visit } from './browser.ts';

const newFolder = temporaryFolders();
const USERS = 10_000;
const DAY = new Date(NOW).toISOString().slice(0, 10);

let browser: Browser;
let shelf: Shelf;
let folder: string;

const packOf = async (name: string, users: readonly unknown[]): Promise<void> => {
  const out = await newFolder();
  await archiveNights(out, [{ number: 1, users }]);
  await mkdir(join(folder, name));
  await buildPack(folderArchive(out), folderArchive(join(folder, name)), {
    environmentId: ENVIRONMENT,
    period: { from: DAY, to: DAY },
    rules: new Map(rules.map((rule) => [rule.id, rule])),
    now: Date.now(),
  });
};

beforeAll(async () => {
  browser = await launch();
  folder = await newFolder();
  await packOf('small', [
    aUser({ userId: 'plain', firstName: 'Ann', lastName: 'Plain' }),
    aUser({ userId: 'super', type: 'SUPER_USER', firstName: 'Sue', lastName: 'Super' }),
    ...Object.values(NASTY).map((text, n) => aUser({ userId: `n${n}`, firstName: text, lastName: `${n}` })),
  ]);
  await packOf(
    'large',
    Array.from({ length: USERS }, (_, n) => aUser({ userId: `u${n}`, ...(n % 10 === 0 && { type: 'SUPER_USER' }) })),
  );
  shelf = await serve(folder);
}, 300_000);

afterAll(async () => {
  await browser.close();
  await shelf.close();
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

const open = (name: string, options = {}) => visit(browser, `${shelf.url}/${name}/review.html`, options);

const row = (page: Page, name: string) => page.locator('[role=row]').filter({ hasText: name });
const count = (page: Page) => page.locator('#count').textContent();

const exported = async (page: Page) => {
  const download = page.waitForEvent('download');
  await page.locator('#export').click();
  const file = await download;
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
};

describe('the page of a review', () => {
  test.each([
    { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
    { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
  ] as const)('asks for nothing, fits, and can be read by everybody: $colorScheme', async (options) => {
    const { page, noises, requests } = await open('small', options);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([page.url()]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport.width);
    expect(await barriersIn(page)).toEqual([]);
    expect(noises).toEqual([]);
    const text = await page.locator('#list').textContent();
    for (const nasty of [NASTY.tag, NASTY.script, NASTY.emoji]) expect(text).toContain(nasty);
  });

  test('is decided by the keyboard alone, kept in the browser, and exported as what a sign-off takes', async () => {
    const { page, noises } = await open('small');
    await page.locator('#reviewer').fill('Rita Reviewer');
    await row(page, 'Ann Plain').focus();
    await page.keyboard.press('k');
    expect(await count(page)).toMatch(/^1 of 11 decided, 10 unfinished/);
    await page.keyboard.press('n');
    expect(await page.locator('#whole').textContent()).toContain('To keep, a justification is required: SUPER_USER');
    // A super user is kept for a reason only: the key leads to where it is given.
    await page.keyboard.press('k');
    expect(await row(page, 'Sue Super').locator('.state').textContent()).toBe('Unfinished: why?');
    await page.keyboard.type('=runs; the platform');
    await page.keyboard.press('Enter');
    expect(await count(page)).toMatch(/^2 of 11 decided/);
    await page.keyboard.press('r');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('j');
    await page.keyboard.type('an exception');
    await page.keyboard.press('Escape');
    expect(await count(page)).toMatch(/^4 of 11 decided, 7 unfinished, 1 to revoke/);
    await page.locator('#saved', { hasText: /^Saved/ }).waitFor();

    await page.reload();
    expect(await count(page)).toMatch(/^4 of 11 decided/);
    expect((await exported(page)).name).toContain('-UNFINISHED.csv');
    expect(await page.locator('#said').textContent()).toContain('7 unfinished');

    await page.locator('#state').selectOption('unfinished');
    expect(await page.locator('#bulk-go').textContent()).toBe('Decide the 7 unfinished of the 7 shown');
    await page.locator('#bulk-decision').selectOption('keep');
    // Nothing is decided together without a reason.
    await page.locator('#bulk-go').click();
    expect(await count(page)).toMatch(/^4 of 11 decided/);
    await page.locator('#bulk-reason').fill('known to all');
    await page.locator('#bulk-go').click();
    expect(await count(page)).toMatch(/^11 of 11 decided, 0 unfinished/);
    await page.locator('#undo').click();
    expect(await count(page)).toMatch(/^4 of 11 decided/);
    await page.locator('#bulk-go').click();

    const { name, bytes } = await exported(page);
    expect(name).toBe(`worksheet-${ENVIRONMENT}-${DAY}.csv`);
    const { decisions, exceptions, keptWithJustification } = await signOff(folderArchive(join(folder, 'small')), {
      filled: [{ name, bytes }],
      reviewer: 'Rita Reviewer',
      signedOffAt: new Date(NOW + 1000),
    });
    expect(decisions).toEqual({ keep: 9, revoke: 1, justify: 1 });
    expect(exceptions.map(({ justification }) => justification)).toEqual(['an exception']);
    expect(keptWithJustification.find(({ userId }) => userId === 'super')?.justification).toBe('=runs, the platform');
    expect(noises).toEqual([]);
  });

  test('lets nobody decide on himself, by id, e-mail address or name', async () => {
    const { page } = await open('small');
    for (const name of ['PLAIN', 'zebulon.plain@quagmire.example', 'ann  plain']) {
      await page.locator('#reviewer').fill(name);
      expect(await row(page, 'Ann Plain').locator('button').first().isDisabled()).toBe(true);
    }
    await row(page, 'Ann Plain').focus();
    await page.keyboard.press('k');
    expect(await count(page)).toMatch(/^0 of 11 decided/);
  });

  test('says that it is not saved where the browser keeps nothing', async () => {
    const { page } = await open('small');
    await page.addInitScript("Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied') } })");
    await page.reload();
    expect(await page.locator('#saved').textContent()).toMatch(/^NOT SAVED/);
  });

  test('shows on paper nobody, and says where everybody is: it draws few of many', async () => {
    const { page } = await open('large');
    const paper = page.locator('#paper');
    await page.locator('.user').first().waitFor();
    expect(await paper.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.user:visible').count()).toBe(0);
    expect(await paper.textContent()).toContain('roster.csv');
    expect(await paper.isVisible()).toBe(true);
  });

  test('of 10 000 users draws only those that are looked at, and searches all', async () => {
    const { page } = await open('large');
    expect(await page.locator('[role=row]').count()).toBeLessThan(40);
    expect(await page.locator('#list').getAttribute('aria-rowcount')).toBe(String(USERS));
    await row(page, 'u0').first().focus();
    await page.keyboard.press('End');
    expect(await page.evaluate('document.activeElement.textContent')).toContain(`zebulon.u${USERS - 1}@`);
    await page.locator('#search').fill('zebulon.u9876@');
    expect(await page.locator('[role=row]').count()).toBe(1);
    await page.locator('#search').fill('');
    await page.locator('#evidence').selectOption('required');
    expect(await page.locator('#list').getAttribute('aria-rowcount')).toBe(String(USERS / 10));
    await page.locator('#bulk-decision').selectOption('revoke');
    await page.locator('#bulk-reason').fill('none of them is needed');
    await page.locator('#bulk-go').click();
    expect(await count(page)).toBe('1000 of 10000 decided, 9000 unfinished, 1000 to revoke');
    // At each stop of whoever scrolls what is looked at is there, and no more.
    const stops = await page.evaluate(`(async () => {
      const list = document.getElementById('list');
      const seen = [];
      for (let stop = 0; stop < 20; stop += 1) {
        list.scrollTop = stop * 5000;
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        const { left, top, height } = list.getBoundingClientRect();
        const middle = document.elementFromPoint(left + 40, top + height / 2);
        seen.push(middle.closest('[role=row]') !== null && list.querySelectorAll('[role=row]').length < 60);
      }
      return seen;
    })()`);
    expect(stops).toEqual(Array.from({ length: 20 }, () => true));
  });
});
