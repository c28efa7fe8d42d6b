import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Locator } from 'playwright-core';
import { NOW } from '../support/builders.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { NASTY, type ReadersArchive, writeArchive } from './archive.ts';
import { barriersIn, launch, type Page, type Shelf, serve, type Visit, visit } from './browser.ts';

const newFolder = temporaryFolders();

let browser: Browser;
let shelf: Shelf;
let archive: ReadersArchive;

beforeAll(async () => {
  // First, so that where there is no browser nothing is left open.
  browser = await launch();
  const folder = await newFolder();
  archive = await writeArchive(folder);
  shelf = await serve(folder);
});

afterAll(async () => {
  await browser.close();
  await shelf.close();
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

const open = (name: keyof ReadersArchive, options?: BrowserContextOptions): Promise<Visit> =>
  visit(browser, `${shelf.url}/${archive[name]}`, options);

const rows = (page: Page) => page.locator('.findings tbody tr');
const shownRows = (page: Page) => page.locator('.findings tbody tr:visible');
const countShown = (page: Page): Promise<string | null> => page.locator('#shown').textContent();

/**
 * Opens the first of what is folded, and takes away all but the first rows: of thousands the others are alike. What is
 * left out while it is off the screen is drawn, since what is not drawn cannot be judged.
 */
const unfoldFirst = (page: Page): Promise<unknown> =>
  page.evaluate(`
    for (const row of [...document.querySelectorAll('.findings tbody tr')].slice(60)) row.remove();
    for (const [index, details] of document.querySelectorAll('main details').entries())
      if (index < 40) details.open = true; else details.remove();
    for (const person of document.querySelectorAll('.person')) person.style.contentVisibility = 'visible';
  `);

const SCREENS = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
] as const;
const SCHEMES = ['light', 'dark'] as const;

const PAGES = ['complete', 'incomplete', 'index', 'users', 'controls', 'further', 'furtherUsers'] as const;

describe('every page', () => {
  test.each(PAGES)(
    '%s, wide and narrow, light and dark: asks for nothing, says nothing, fits and can be read by everybody',
    async (name) => {
      const { page, noises, requests } = await open(name);
      // Whatever is folded has to fit and be read as well.
      await unfoldFirst(page);
      for (const screen of SCREENS) {
        await page.setViewportSize(screen);
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          const width = await page.evaluate('document.documentElement.scrollWidth');
          const barriers = await barriersIn(page);
          expect({ screen, colorScheme, width, barriers }).toMatchObject({ width: screen.width, barriers: [] });
        }
      }
      expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([page.url()]);
      expect(noises).toEqual([]);
    },
  );

  test.each(PAGES)('%s follows the scheme of the reader', async (name) => {
    const { page } = await open(name);
    const backs: unknown[] = [];
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      backs.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
    }
    expect(backs).toEqual(['rgb(245, 246, 248)', 'rgb(14, 17, 21)']);
  });
});

test('what is meant to harm is shown as text', async () => {
  const { page, noises } = await open('complete');
  const text = await page.locator('main').textContent();
  for (const nasty of [NASTY.tag, NASTY.script, NASTY.formula, NASTY.rightToLeft, NASTY.emoji, NASTY.wide])
    expect(text).toContain(nasty);
  expect(text).toContain('gpj⟨U+202E⟩gnp.exe');
  expect(text).toContain('line⟨U+2028⟩separator');
  expect(text).toContain('half\ufffd');
  expect(await page.locator('img').count()).toBe(0);
  expect(await page.locator('script').count()).toBe(1);
  expect(noises).toEqual([]);
});

describe('what a reader sees first', () => {
  const topOf = async (locator: Locator): Promise<number> => (await locator.boundingBox())?.y ?? Number.NaN;

  test('of a complete run is what stands, and then what was seen', async () => {
    const { page } = await open('complete');
    expect(await page.title()).toMatch(/^research/);
    const result = await topOf(page.getByRole('heading', { name: / findings stand: / }));
    expect(result).toBeLessThan(400);
    const coverage = await topOf(page.getByText('Complete: the whole directory was seen'));
    expect(coverage).toBeGreaterThan(result);
    expect(coverage).toBeLessThan(800);
  });

  test('of an incomplete run is that it is not, and then what stands', async () => {
    const { page } = await open('incomplete');
    expect(await page.title()).toMatch(/^INCOMPLETE - /);
    const coverage = await topOf(page.getByRole('heading', { name: 'INCOMPLETE: not everything was seen' }));
    expect(coverage).toBeLessThan(400);
    expect(await topOf(page.getByRole('list', { name: /^Findings that stand/ }))).toBeGreaterThan(coverage);
  });
});

describe('the filter', () => {
  test('by text, rule, state and severity, and back', async () => {
    const { page } = await open('complete');
    const all = await rows(page).count();
    expect(await countShown(page)).toMatch(
      new RegExp(
        `^${all} of ${all} findings on this page shown; \\d+ stand only in findings.csv and are not searched here$`,
      ),
    );

    await page.getByLabel('Search the findings').fill('OUTSIDER');
    expect(await shownRows(page).count()).toBe(1);
    expect(await shownRows(page).textContent()).toContain('outsider');
    expect(await countShown(page)).toMatch(/^1 of /);

    await page.getByRole('button', { name: 'Show all' }).click();
    expect(await page.locator('.findings tbody tr:not([hidden])').count()).toBe(all);

    await page.getByLabel('Rule', { exact: true }).selectOption('stale-login');
    expect(await page.locator('[data-group]:visible').count()).toBe(1);
    expect(await shownRows(page).count()).toBe(40);

    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByLabel('State', { exact: true }).selectOption('waived');
    expect(await shownRows(page).count()).toBe(1);
    expect(await shownRows(page).textContent()).toContain('Waived until 2027-01-31');

    await page.getByRole('button', { name: 'Show all' }).click();
    for (const severity of ['High', 'Medium', 'Low', 'Informational'])
      await page.getByRole('checkbox', { name: severity }).uncheck();
    const badges = await page.locator('[data-group]:visible summary .sev').allInnerTexts();
    expect(new Set(badges)).toEqual(new Set(['Critical']));
  });

  test('says when nothing matches', async () => {
    const { page } = await open('complete');
    await page.getByLabel('Search the findings').fill('nobody has this name');
    expect(await shownRows(page).count()).toBe(0);
    expect(await page.getByText('Nothing that is shown here matches.').isVisible()).toBe(true);
  });
});

test('a table is sorted by its headings, either way', async () => {
  const { page } = await open('complete');
  await page.getByRole('button', { name: 'Open all' }).click();
  const table = page.locator('[data-group="stale-login"] .findings').first();
  const subjects = () => table.locator('tbody .who').allInnerTexts();
  const heading = table.getByRole('columnheader', { name: 'Subject' });
  const button = heading.getByRole('button');
  const inOrder = (await subjects()).toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));

  await button.click();
  expect(await heading.getAttribute('aria-sort')).toBe('ascending');
  expect(await subjects()).toEqual(inOrder);
  await button.click();
  expect(await heading.getAttribute('aria-sort')).toBe('descending');
  expect(await subjects()).toEqual(inOrder.toReversed());

  const rules = page.locator('#rules table');
  await rules.getByRole('button', { name: 'Failed' }).click();
  const failed = (await rules.locator('tbody td:nth-child(5)').allInnerTexts()).map(Number);
  expect(failed).toEqual(failed.toSorted((a, b) => b - a));
  expect(failed[0]).toBeGreaterThan(0);
});

test('all of it can be done with the keyboard', async () => {
  const { page } = await open('complete');
  const focused = (): Promise<unknown> =>
    page.evaluate('document.activeElement.id || document.activeElement.textContent');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Skip to the findings');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('findings.csv');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('text');
  await page.keyboard.type('stale39');
  // Enter in the search field sends nothing anywhere.
  await page.keyboard.press('Enter');
  expect(await page.evaluate('location.href')).toBe(`${shelf.url}/${archive.complete}#find=stale39`);
  expect(await countShown(page)).toMatch(/^1 of /);
  const stops: unknown[] = [];
  for (let stop = 0; stop < 9; stop += 1) {
    await page.keyboard.press('Tab');
    stops.push(await focused());
  }
  expect(stops.slice(0, 2)).toEqual(['rule', 'state']);
  expect(stops.slice(-2)).toEqual(['unfold', 'Show all']);
  // The group that has what matches is open, and can be closed.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await shownRows(page).count()).toBe(0);
  await page.keyboard.press('Enter');
  expect(await shownRows(page).count()).toBe(1);
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('State');
  await page.keyboard.press('Enter');
  expect(await page.locator('th[aria-sort]').count()).toBe(1);
});

test('without scripts everything is there, and nothing that would not work', async () => {
  const { page } = await open('complete', { javaScriptEnabled: false });
  const closed = page.locator('[data-group]:not([open]) summary');
  while ((await closed.count()) > 0) await closed.first().click();
  expect(await shownRows(page).count()).toBe(await rows(page).count());
  expect(await page.locator('#filter').isVisible()).toBe(false);
  expect(await page.locator('th button').count()).toBe(0);
  for (const id of ['trend', 'findings', 'rules', 'controls', 'evidence'])
    expect(await page.locator(`#${id} h2`).isVisible()).toBe(true);
});

describe('the view by user', () => {
  test('leads to the report and back, and to the view by control', async () => {
    const { page } = await open('complete');
    for (const [name, view] of [
      ['By user', 'users'],
      ['By control', 'controls'],
      ['Report', 'complete'],
    ] as const) {
      const link = page.getByRole('navigation').getByRole('link', { name, exact: true });
      await link.click();
      await page.waitForURL(`${shelf.url}/${archive[view]}`);
      expect(await link.count()).toBe(0);
    }
  });

  test('finds a user by name, address, id and what was found', async () => {
    const { page } = await open('users');
    const person = page.locator('.person:visible');
    const all = await person.count();
    expect(all).toBeGreaterThan(40);
    for (const text of ['stale39', 'zebulon.stale39@quagmire', 'Quagmire stale39', 'last login 139 days']) {
      await page.getByLabel('Search the findings').fill(text);
      expect(await person.count()).toBe(1);
      expect(await person.first().locator('.what').first().isVisible()).toBe(true);
    }
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByLabel('Rule', { exact: true }).selectOption('super-user-api-access');
    expect(await person.count()).toBe(2);
    expect(await shownRows(page).count()).toBe(2);
    await page.getByLabel('State', { exact: true }).selectOption('waived');
    expect(await person.count()).toBe(1);
    expect(await shownRows(page).textContent()).toContain('approved by approver@example.com');
  });

  test('can be read without scripts', async () => {
    const { page } = await open('users', { javaScriptEnabled: false });
    expect(await page.locator('#filter').isVisible()).toBe(false);
    const first = page.locator('.person').first();
    await first.locator('summary').click();
    expect(await first.locator('.what').first().isVisible()).toBe(true);
  });

  test('shows what is meant to harm as text', async () => {
    const { page, noises } = await open('users');
    const text = await page.locator('main').textContent();
    for (const nasty of [NASTY.tag, NASTY.script, NASTY.formula, NASTY.rightToLeft]) expect(text).toContain(nasty);
    expect(await page.locator('img').count()).toBe(0);
    expect(noises).toEqual([]);
  });
});

describe('the view by control', () => {
  test('leads to the findings of a rule on the report, which are unfolded there', async () => {
    const { page } = await open('controls');
    await unfoldFirst(page);
    const link = page.locator('.control td a').first();
    const target = (await link.getAttribute('href'))?.split('#')[1] ?? '';
    await link.click();
    await page.waitForURL(`${shelf.url}/${archive.complete}#${target}`);
    const group = page.locator(`#${target}`);
    expect(await group.getAttribute('open')).not.toBeNull();
    expect(await group.locator('.findings').isVisible()).toBe(true);
  });

  test('can be used by keyboard, without scripts', async () => {
    const { page } = await open('controls', { javaScriptEnabled: false });
    const control = page.locator('.control').first();
    await control.locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await control.locator('table').isVisible()).toBe(true);
  });
});

describe('on paper', () => {
  test('the filter is gone and the numbers behind the chart are there', async () => {
    const { page } = await open('complete');
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByLabel('Search the findings').isVisible()).toBe(false);
    expect(await page.getByText('What stood at the end of each complete run').isVisible()).toBe(true);
    expect(await page.locator('#shown').isVisible()).toBe(true);
  });

  test.each(['complete', 'incomplete', 'index', 'users', 'controls'] as const)('%s becomes a PDF', async (name) => {
    const { page } = await open(name);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    expect(pdf.startsWith('%PDF-')).toBe(true);
    const sheets = pdf.match(/\/Type \/Page\b/g)?.length ?? 0;
    expect(sheets).toBeGreaterThanOrEqual(name === 'index' ? 1 : 3);
  });
});

describe('the page of all runs', () => {
  test('leads to every report, and each back to it', async () => {
    const { page } = await open('index');
    const links = page.locator('.runs tbody a');
    expect(await links.count()).toBe(4);
    for (let n = 0; n < 4; n += 1) {
      await links.nth(n).click();
      const coverage = page.locator('.verdict h2, .coverage strong').first();
      expect(await coverage.textContent()).toMatch(n === 2 ? /^INCOMPLETE/ : /^Complete/);
      await page.getByRole('link', { name: 'All runs' }).click();
      await page.waitForURL(`${shelf.url}/${archive.index}`);
    }
  });

  test.each([
    { name: 'a day after the last run', hours: 24, isShown: false },
    { name: 'two days after the last run', hours: 48, isShown: true },
  ])('$name the notice is shown: $isShown', async ({ hours, isShown }) => {
    const { page } = await visit(browser, 'about:blank');
    await page.clock.setFixedTime(NOW + hours * 3_600_000);
    await page.goto(`${shelf.url}/${archive.index}`);
    expect(await page.locator('#stale').isVisible()).toBe(isShown);
  });
});
