import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { launch, type Page, type Shelf, serve, visit } from './browser.ts';

const newFolder = temporaryFolders();

const ROOT = join(import.meta.dirname, '../..');
const RUN = 'reports/environment=finspaceauditdemo/dt=2026-11-17/20261117T070000Z';
const FILES = ['report.html', 'users.html', 'controls.html'] as const;

let browser: Browser;
let shelf: Shelf;

beforeAll(async () => {
  browser = await launch();
  const folder = await newFolder();
  // The demo has a finding of almost every rule, by real-looking records.
  execFileSync(process.execPath, [join(ROOT, 'bin/finspace-audit.js'), 'demo', '--nights', '2', '--out', folder]);
  shelf = await serve(folder);
});

afterAll(async () => {
  await browser.close();
  await shelf.close();
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

const open = async (file: string): Promise<Page> => (await visit(browser, `${shelf.url}/${RUN}/${file}`)).page;

const printed = async (page: Page): Promise<string> => (await page.pdf({ preferCSSPageSize: true })).toString('latin1');

const sheetsOf = (pdf: string): number => pdf.match(/\/Type \/Page\b/g)?.length ?? 0;

/** The sheet that each place of a printed page is on, by its id; of those that a link of the page leads to. */
const sheetsById = (pdf: string): ReadonlyMap<string, string> =>
  new Map([...pdf.matchAll(/\/([\w-]+) \[(\d+) 0 R \/XYZ /g)].map(([, id = '', sheet = '']) => [id, sheet]));

/** Gives each heading an id, and what has to stand with it on its sheet another; links to all of them end the page. */
const MARK = `
const links = document.createElement('p');
[...document.querySelectorAll('main h2, main h3')].forEach((heading, index) => {
  const box = heading.closest('details, section, .card');
  const after = [...box.querySelectorAll('tbody tr, dl, li, .card, p:not(.lead, .required)')].find((element) =>
    heading.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING && element.getClientRects().length > 0);
  for (const [name, element] of [['heading', heading], ['after', after]]) {
    if (element === undefined) continue;
    const place = document.createElement('span');
    place.id = name + '-' + index;
    (element.querySelector('td, dd') ?? element).prepend(place);
    const link = document.createElement('a');
    link.href = '#' + place.id;
    link.textContent = '.';
    links.append(link);
  }
});
document.querySelector('footer').append(links);`;

describe('on paper', () => {
  test('68 findings take under ten sheets', async () => {
    const page = await open('report.html');
    expect(await page.locator('.findings tbody tr').count()).toBeGreaterThanOrEqual(68);
    expect(sheetsOf(await printed(page))).toBeLessThan(10);
  });

  test.each(FILES)('no heading of %s ends a sheet, parted from what it is over', async (file) => {
    const page = await open(file);
    await page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true");
    await page.emulateMedia({ media: 'print' });
    await page.evaluate(MARK);
    const sheets = sheetsById(await printed(page));
    const headings = [...sheets.keys()].filter((id) => id.startsWith('heading-'));
    expect(headings.filter((id) => sheets.has(id.replace('heading', 'after'))).length).toBeGreaterThan(5);
    const parted = headings.filter((id) => {
      const after = sheets.get(id.replace('heading', 'after'));
      return after !== undefined && after !== sheets.get(id);
    });
    expect(parted).toEqual([]);
  });

  test.each(FILES)('%s has its sheets numbered', async (file) => {
    const page = await open(file);
    const rules = await page.evaluate(
      "[...document.styleSheets[0].cssRules].filter((rule) => rule.conditionText === 'print').flatMap((rule) => [...rule.cssRules]).map(({ cssText }) => cssText).filter((text) => text.startsWith('@page')).join()",
    );
    expect(rules).toContain('counter(page)');
    expect(rules).toContain('counter(pages)');
  });

  test('the thresholds and trusted accounts that judged are there, and everything that is folded', async () => {
    const page = await open('report.html');
    await page.emulateMedia({ media: 'print' });
    for (const text of ['maxDays: 90; privilegedMaxDays: 45', 'Accounts whose roles are trusted', 'Why it matters'])
      expect(await page.getByText(text).first().isVisible()).toBe(true);
  });
});
