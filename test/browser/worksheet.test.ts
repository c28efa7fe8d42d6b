import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { folderArchive } from '../../core/archive/folder.ts';
import { createSpoolFolder } from '../../core/archive/staging.ts';
import { openReviewPages } from '../../core/review/page.ts';
import { IDENTITY_COLUMNS, type Identity } from '../../core/review/worksheet.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { launch, type Page, type Shelf, serve, visit } from './browser.ts';

const newFolder = temporaryFolders();

interface Shown extends Partial<Identity> {
  readonly rules?: readonly string[];
}

const PLAIN: Shown = { userId: 'u-plain', name: 'Ann Plain', emailAddress: 'ann@example.com' };
const SUPER: Shown = {
  userId: 'u-super',
  name: 'Sue "Boss" Super',
  emailAddress: 'sue@example.com',
  type: 'SUPER_USER',
  apiAccess: 'ENABLED',
  apiAccessPrincipalArn: 'arn:aws:iam::111122223333:role/sue',
  role: 'does not exist, as of 2026-11-24',
  openFindings: '2',
  worstSeverity: 'HIGH',
  justificationToKeep: 'required: SUPER_USER',
  rules: ['super-user-api-access', 'principal-missing'],
};
const NAMELESS: Shown = {
  userId: 'u-group',
  emailAddress: 'group@example.com',
  permissionGroups: 'exporters: GetTemporaryCredentials',
  lastLogin: 'unusable',
};
const DORMANT: Shown = {
  userId: 'u-dormant',
  name: 'Bea Dormant',
  status: 'DISABLED',
  apiAccess: '',
  lastLogin: 'never',
};
const FEW = [PLAIN, SUPER, NAMELESS, DORMANT];

const identityOf = ({ rules: _rules, ...differs }: Shown): Identity => ({
  ...(Object.fromEntries(IDENTITY_COLUMNS.map((column) => [column, ''])) as Identity),
  type: 'APP_USER',
  status: 'ENABLED',
  apiAccess: 'DISABLED',
  lastLogin: '2026-11-20T10:00:00.000Z',
  openFindings: '0',
  ...differs,
});

let browser: Browser;
let shelf: Shelf;
let folder: string;

/** Writes the page of these users. */
const write = async (name: string, users: readonly Shown[], reviewer = ''): Promise<void> => {
  const spools = await createSpoolFolder();
  const of = { environmentId: 'alpha', period: { from: '2026-09-01', to: '2026-11-24' }, run: name, reservations: [] };
  const pages = openReviewPages(spools, of, reviewer === '' ? [] : [reviewer]);
  for (const user of users) await pages.add(identityOf(user), user.rules ?? [], reviewer);
  await mkdir(join(folder, name));
  const archive = folderArchive(join(folder, name));
  for (const { content } of Object.values(await pages.finish()))
    await archive.create('review.html', content, 'text/html; charset=utf-8');
  await spools.remove();
};

beforeAll(async () => {
  browser = await launch();
  folder = await newFolder();
  await write('few', FEW);
  await write('own', FEW, 'Rita');
  await write(
    'many',
    Array.from({ length: 60 }, (_, n) => ({ userId: `u${n}`, name: `User ${n}.` })),
  );
  shelf = await serve(folder);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await shelf.close();
});

let page: Page;
let noises: readonly string[];

const open = async (name: string) => {
  ({ page, noises } = await visit(browser, `${shelf.url}/${name}/review.html`));
};

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

const textOf = (id: string) => page.locator(`#${id}`).textContent();
const rowOf = ({ userId = '' }: Shown) =>
  page.locator('[role=row]').filter({ has: page.locator('code', { hasText: new RegExp(`^${userId}$`) }) });
const inputOf = (user: Shown) => rowOf(user).locator('input');
const stateOf = (user: Shown) => rowOf(user).locator('.state').textContent();
const press = async (...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};
/** The ids of those that are shown, of few. */
const shown = () => page.locator('[role=row] code').allTextContents();
/** The user on whose row, or on a part of it, the keyboard is. */
const at = () =>
  page.evaluate<string>("document.activeElement.closest('[role=row]')?.querySelector('code').textContent ?? 'nobody'");
const isFocused = (selector: string) => page.evaluate<boolean>(`document.activeElement.matches('${selector}')`);
/** Waits until what was scrolled is drawn. */
const drawn = () =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(undefined))))');
const scrollTo = async (top: number): Promise<void> => {
  await page.evaluate(`document.querySelector('#list').scrollTop = ${top}`);
  await drawn();
};
const isSaved = () => page.locator('#saved', { hasText: /^Saved in this browser\.$/ }).waitFor();
/** Waits until what the browser keeps of the page holds the text. */
const kept = (text: string) =>
  page.evaluate(`new Promise((done) => {
    const look = () =>
      Object.values(localStorage).some((answers) => answers.includes('${text}')) ? done() : setTimeout(look, 20);
    look();
  })`);
const decideTogether = async (decision: string, reason: string): Promise<void> => {
  await page.locator('#bulk-decision').selectOption(decision);
  await page.locator('#bulk-reason').fill(reason);
  await page.locator('#bulk-go').click();
};

const exported = async () => {
  const download = page.waitForEvent('download');
  await page.locator('#export').click();
  const file = await download;
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
};

describe('each user', () => {
  beforeEach(() => open('few'));

  test('is shown with all that the worksheet has of it, in the row and under the list', async () => {
    const lines: readonly (readonly [Shown, readonly string[]])[] = [
      [
        PLAIN,
        [
          'Ann Plain ann@example.com u-plain',
          'APP_USER · ENABLED · API access DISABLED · last login 2026-11-20 · no open findings',
          '',
        ],
      ],
      [
        SUPER,
        [
          'Sue "Boss" Super sue@example.com u-super',
          'SUPER_USER · ENABLED · API access ENABLED · last login 2026-11-20 · 2 open, worst HIGH: super-user-api-access, principal-missing',
          'arn:aws:iam::111122223333:role/sue · role does not exist, as of 2026-11-24',
          'To keep, a justification is required: SUPER_USER',
        ],
      ],
      [
        NAMELESS,
        [
          'u-group group@example.com u-group',
          'APP_USER · ENABLED · API access DISABLED · last login unusable · no open findings',
          'groups exporters: GetTemporaryCredentials',
        ],
      ],
      [
        DORMANT,
        [
          'Bea Dormant  u-dormant',
          'APP_USER · DISABLED · API access not given · last login never · no open findings',
          '',
        ],
      ],
    ];
    for (const [index, [user, texts]] of lines.entries()) {
      expect(await rowOf(user).locator('p').allTextContents()).toEqual(texts);
      expect(await rowOf(user).getAttribute('aria-rowindex')).toBe(String(index + 1));
      const name = user.name ?? user.userId;
      await page.getByRole('button', { name: `Keep ${name}`, exact: true }).click();
      expect(await page.locator('#whole p').allTextContents()).toEqual(texts);
      await page.getByRole('textbox', { name: `Why, for ${name}`, exact: true }).fill('known');
    }
    expect(await textOf('count')).toBe('4 of 4 decided, 0 unfinished, 0 to revoke');
    expect(await page.evaluate("(({ value, max }) => [value, max])(document.querySelector('#progress'))")).toEqual([
      4, 4,
    ]);
  });

  test.each([
    { evidence: 'all', ids: ['u-plain', 'u-super', 'u-group', 'u-dormant'] },
    { evidence: 'required', ids: ['u-super'] },
    { evidence: 'api', ids: ['u-super', 'u-group', 'u-dormant'] },
    { evidence: 'findings', ids: ['u-super'] },
    { evidence: 'never', ids: ['u-group', 'u-dormant'] },
    { evidence: 'disabled', ids: ['u-dormant'] },
  ])('is found by what is known of it: $evidence', async ({ evidence, ids }) => {
    await page.locator('#evidence').selectOption(evidence);
    expect(await shown()).toEqual(ids);
    expect(await textOf('bulk-go')).toBe(`Decide the ${ids.length} unfinished of the ${ids.length} shown`);
  });

  test.each([
    { words: ' PRINCIPAL-missing ', ids: ['u-super'] },
    { words: 'ann PLAIN', ids: ['u-plain'] },
    { words: 'exporters', ids: ['u-group'] },
    { words: 'of nobody', ids: [] },
  ])('is found by words of its line and by its rules: $words', async ({ words, ids }) => {
    await page.locator('#search').fill(words);
    expect(await shown()).toEqual(ids);
    expect(await page.locator('#none').isVisible()).toBe(ids.length === 0);
    // A key moves to nobody where nobody is.
    await page.locator('#list').focus();
    await press('ArrowDown');
    expect(await at()).toBe(ids[0] ?? 'nobody');
    expect(noises).toEqual([]);
  });

  test('is found by what was decided, by all that is asked for at once', async () => {
    await rowOf(PLAIN).focus();
    await press('k', 'ArrowDown', 'k', 'Escape', 'ArrowDown', 'r', 'ArrowDown', 'j');
    await page.keyboard.type('until March');
    const found: Record<string, readonly string[]> = {};
    for (const state of ['all', 'unfinished', 'keep', 'revoke', 'justify']) {
      await page.locator('#state').selectOption(state);
      found[state] = await shown();
    }
    expect(found).toEqual({
      all: ['u-plain', 'u-super', 'u-group', 'u-dormant'],
      unfinished: ['u-super'],
      keep: ['u-plain', 'u-super'],
      revoke: ['u-group'],
      justify: ['u-dormant'],
    });
    await page.locator('#state').selectOption('keep');
    await page.locator('#evidence').selectOption('api');
    expect(await shown()).toEqual(['u-super']);
  });
});

describe('a decision', () => {
  beforeEach(() => open('few'));

  test('is taken by a click, and taken back by another', async () => {
    const keep = rowOf(PLAIN).locator('button[value=keep]');
    expect(await stateOf(PLAIN)).toBe('Unfinished');
    await keep.click();
    expect([await keep.getAttribute('aria-pressed'), await stateOf(PLAIN)]).toEqual(['true', '']);
    expect(await rowOf(PLAIN).locator('button[aria-pressed=true]').count()).toBe(1);
    await keep.click();
    expect([await keep.getAttribute('aria-pressed'), await stateOf(PLAIN)]).toEqual(['false', 'Unfinished']);
    expect(await textOf('count')).toBe('0 of 4 decided, 4 unfinished, 0 to revoke');
  });

  test.each([
    { name: 'to justify anybody', user: PLAIN, key: 'j' },
    { name: 'to keep somebody who is kept for a reason only', user: SUPER, key: 'k' },
  ])('$name asks why, and is none without an answer', async ({ user, key }) => {
    await rowOf(user).focus();
    await press(key);
    expect(await isFocused('input')).toBe(true);
    expect(await inputOf(user).getAttribute('required')).toBe('');
    expect(await stateOf(user)).toBe('Unfinished: why?');
    await page.keyboard.type('  ');
    expect(await textOf('count')).toMatch(/^0 of 4 decided/);
    await page.keyboard.type('known');
    expect(await stateOf(user)).toBe('');
    expect(await textOf('count')).toMatch(/^1 of 4 decided/);
    // Why is known by now: nothing leads there again.
    await press('Escape', key, key);
    expect(await isFocused('[role=row]')).toBe(true);
  });

  test.each([
    { user: PLAIN, key: 'k' },
    { user: PLAIN, key: 'r' },
    { user: SUPER, key: 'r' },
  ])('that needs no reason asks for none: $key', async ({ user, key }) => {
    await rowOf(user).focus();
    await press(key);
    expect(await isFocused('[role=row]')).toBe(true);
    expect(await inputOf(user).getAttribute('required')).toBeNull();
    expect(await textOf('count')).toMatch(/^1 of 4 decided/);
  });

  test.each([
    { name: 'in a search', selector: '#search' },
    { name: 'on a button', selector: '#export' },
  ])('is none by a key $name', async ({ selector }) => {
    await page.locator(selector).focus();
    await press('k', 'r', 'ArrowDown', 'Escape');
    expect(await textOf('count')).toBe('0 of 4 decided, 4 unfinished, 0 to revoke');
    expect(await isFocused(selector)).toBe(true);
  });

  test.each(['Control', 'Meta', 'Alt'])('is none by a key together with %s', async (key) => {
    await rowOf(PLAIN).focus();
    await press(`${key}+r`);
    await page.waitForLoadState();
    expect(await textOf('count')).toBe('0 of 4 decided, 4 unfinished, 0 to revoke');
  });
});

describe('the keyboard', () => {
  beforeEach(() => open('many'));

  test.each([
    { keys: ['ArrowDown'], from: 30, to: 31 },
    { keys: ['ArrowUp'], from: 30, to: 29 },
    { keys: ['PageDown'], from: 30, to: 34 },
    { keys: ['PageUp'], from: 30, to: 26 },
    { keys: ['Home'], from: 30, to: 0 },
    { keys: ['End'], from: 30, to: 59 },
    { keys: ['ArrowUp'], from: 0, to: 0 },
    { keys: ['ArrowDown'], from: 59, to: 59 },
    { keys: ['w'], from: 5, to: 5 },
    { keys: ['w', 'Enter'], from: 5, to: 6 },
    { keys: ['w', 'Escape'], from: 5, to: 5 },
    { keys: ['n'], from: 5, to: 6 },
    { keys: ['n'], from: 59, to: 0 },
  ])('goes by $keys from $from to $to, which is in sight', async ({ keys, from, to }) => {
    await rowOf({ userId: 'u0' }).focus();
    await press('Home', ...Array.from({ length: from }, () => 'ArrowDown'), ...keys);
    await drawn();
    expect(await at()).toBe(`u${to}`);
    expect(await isFocused('input')).toBe(keys.at(-1) === 'w');
    expect(await page.locator('#whole p').first().textContent()).toContain(`u${to}`);
    const [list, row] = [await page.locator('#list').boundingBox(), await rowOf({ userId: `u${to}` }).boundingBox()];
    if (list === null || row === null) throw new Error('nothing is there');
    expect(row.y).toBeGreaterThanOrEqual(list.y);
    expect(row.y + row.height).toBeLessThanOrEqual(list.y + list.height);
    // One row alone is a stop of the tabulator, with its parts.
    expect(await page.locator('#list [tabindex="0"]').count()).toBe(5);
    expect(await rowOf({ userId: `u${to}` }).getAttribute('tabindex')).toBe('0');
    expect(await inputOf({ userId: `u${to}` }).inputValue()).toBe('');
  });

  test('leads to the search, and types there what is typed there alone', async () => {
    await rowOf({ userId: 'u0' }).focus();
    await press('/');
    expect(await isFocused('#search')).toBe(true);
    expect(await page.locator('#search').inputValue()).toBe('');
    await press('/', 'k');
    expect(await page.locator('#search').inputValue()).toBe('/k');
  });

  test('goes on to who is unfinished, past who is decided, and nowhere where nobody is', async () => {
    await page.locator('#search').fill('User 1');
    await rowOf({ userId: 'u1' }).focus();
    await press('ArrowDown', 'k', 'Home', 'n');
    expect(await at()).toBe('u11');
    await press('End', 'n');
    expect(await at()).toBe('u1');
    await decideTogether('revoke', 'gone');
    await rowOf({ userId: 'u11' }).focus();
    await press('n');
    expect(await at()).toBe('u11');
    await press('ArrowUp');
    expect(await at()).toBe('u10');
  });

  test('is where a click was', async () => {
    await inputOf({ userId: 'u3' }).click();
    expect(await page.locator('#whole p').first().textContent()).toContain('u3');
    expect(await page.locator('#list [tabindex="0"]').count()).toBe(5);
    await press('Enter');
    expect(await at()).toBe('u4');
  });

  test('stays where it was while others are looked at', async () => {
    await rowOf({ userId: 'u1' }).focus();
    await scrollTo(100_000);
    expect(await rowOf({ userId: 'u59' }).isVisible()).toBe(true);
    await press('ArrowDown');
    expect(await at()).toBe('u2');
  });
});

test('rows stand in their order, wherever one scrolls, and high enough for what is in them', async () => {
  await open('many');
  const rows = () =>
    page.evaluate<readonly (readonly [number, number])[]>(
      "[...document.querySelectorAll('[role=row]')].map((row) => [Number(row.ariaRowIndex), row.getBoundingClientRect().top])",
    );
  for (const top of [0, 3000, 2600, 100_000, 5000, 0]) {
    await scrollTo(top);
    const [first, ...others] = await rows();
    for (const [step, [index, y]] of others.entries())
      expect([index, y]).toEqual([(first?.[0] ?? 0) + step + 1, (first?.[1] ?? 0) + 118 * (step + 1)]);
  }
  expect(await page.evaluate("document.querySelector('#list').scrollHeight")).toBe(60 * 118);
  await page.setViewportSize({ width: 390, height: 844 });
  await drawn();
  const [first, second] = await rows();
  expect((second?.[1] ?? 0) - (first?.[1] ?? 0)).toBe(218);
});

test('a search begins at the first that it finds', async () => {
  await open('many');
  await rowOf({ userId: 'u0' }).focus();
  await press('End');
  await page.locator('#search').fill('User');
  await drawn();
  expect(await rowOf({ userId: 'u0' }).isVisible()).toBe(true);
  expect(await rowOf({ userId: 'u0' }).getAttribute('tabindex')).toBe('0');
});

describe('whoever decides', () => {
  beforeEach(() => open('few'));
  const disabled = () => page.locator('[role=row]:has(button:disabled) code').allTextContents();

  test.each([
    { name: '', ids: [] },
    { name: '  ', ids: [] },
    { name: 'Rita', ids: [] },
    { name: ' U-Plain', ids: ['u-plain'] },
    { name: 'ANN@example.com ', ids: ['u-plain'] },
    { name: 'ann \u3000 plain', ids: ['u-plain'] },
    { name: 'Ａｎｎ Ｐｌａｉｎ', ids: ['u-plain'] },
    { name: 'sue "boss" super', ids: ['u-super'] },
  ])('decides on everybody else: "$name"', async ({ name, ids }) => {
    await page.locator('#reviewer').fill(name);
    expect(await disabled()).toEqual(ids);
    const [id] = ids;
    if (id === undefined) return;
    expect(await stateOf({ userId: id })).toBe('This is you: somebody else decides.');
    expect(await inputOf({ userId: id }).isDisabled()).toBe(true);
    expect(await textOf('bulk-go')).toBe('Decide the 3 unfinished of the 4 shown');
    await decideTogether('keep', 'known');
    expect(await textOf('said')).toBe('3 users: keep.');
    expect(await textOf('count')).toBe('3 of 4 decided, 1 unfinished, 0 to revoke');
    await rowOf({ userId: id }).focus();
    await press('r');
    expect(await textOf('count')).toBe('3 of 4 decided, 1 unfinished, 0 to revoke');
    await rowOf(DORMANT).focus();
    await press('n');
    expect(await at()).toBe('u-dormant');
  });

  test('is to be named, and loses what was decided on oneself', async () => {
    await rowOf(PLAIN).focus();
    await press('k');
    for (const name of ['', '  ']) {
      await page.locator('#reviewer').fill(name);
      await page.locator('#export').click();
      expect(await textOf('said')).toBe('Who decides? Give your name first.');
      expect(await isFocused('#reviewer')).toBe(true);
    }
    await page.locator('#reviewer').fill('Ann Plain');
    expect(await textOf('count')).toBe('0 of 4 decided, 4 unfinished, 0 to revoke');
    const { text } = await exported();
    expect(text).not.toContain('keep');
  });
});

describe('users that are decided together', () => {
  beforeEach(() => open('few'));

  test('are those that are shown and unfinished; they are taken back to what they were', async () => {
    await rowOf(SUPER).focus();
    await press('k', 'Escape', 'End', 'r');
    await page.locator('#evidence').selectOption('api');
    expect(await page.locator('#undo').isVisible()).toBe(false);
    expect(await textOf('bulk-go')).toBe('Decide the 2 unfinished of the 3 shown');
    await decideTogether('justify', ' until March ');
    expect(await textOf('said')).toBe('2 users: justify.');
    expect(await textOf('count')).toBe('3 of 4 decided, 1 unfinished, 1 to revoke');
    expect(await inputOf(SUPER).inputValue()).toBe('until March');
    await kept('until March');
    await page.locator('#undo').click();
    expect(await textOf('said')).toBe('Taken back for 2 users.');
    expect(await page.locator('#undo').isVisible()).toBe(false);
    expect([await stateOf(SUPER), await stateOf(NAMELESS)]).toEqual(['Unfinished: why?', 'Unfinished']);
    expect(await inputOf(SUPER).inputValue()).toBe('');
    await page.reload();
    expect(await textOf('count')).toBe('1 of 4 decided, 3 unfinished, 1 to revoke');
  });

  test('are taken back no more once one was decided since', async () => {
    await decideTogether('keep', 'known');
    await rowOf(PLAIN).focus();
    await press('r');
    expect(await page.locator('#undo').isVisible()).toBe(false);
  });

  test.each([
    { name: 'without a decision', decision: '', reason: 'known' },
    { name: 'without a reason', decision: 'keep', reason: '' },
    { name: 'with a reason of spaces', decision: 'keep', reason: '   ' },
  ])('are none $name', async ({ decision, reason }) => {
    await decideTogether(decision, reason);
    // As a browser does that checks no fields.
    await page.evaluate("document.querySelector('#bulk').dispatchEvent(new Event('submit', { cancelable: true }))");
    expect(await textOf('said')).toBe('');
    expect(await textOf('count')).toBe('0 of 4 decided, 4 unfinished, 0 to revoke');
  });
});

describe('the exported worksheet', () => {
  test('has each user as it came, with what was decided', async () => {
    await open('few');
    await page.locator('#reviewer').fill('=Rita');
    await rowOf(PLAIN).focus();
    await press('k', 'w');
    await inputOf(PLAIN).fill(' a "known" one;\tof research ');
    await press('Enter', 'k', 'Escape', 'ArrowDown', 'r');
    expect(await exported()).toEqual({
      name: 'worksheet-alpha-2026-11-24-UNFINISHED.csv',
      text: [
        '\ufeffuserId,name,emailAddress,type,status,apiAccess,apiAccessPrincipalArn,permissionGroups,role,lastLogin,openFindings,worstSeverity,justificationToKeep,decision,justification,reviewer',
        `"u-plain","Ann Plain","ann@example.com","APP_USER","ENABLED","DISABLED","","","","2026-11-20T10:00:00.000Z","0","","","keep","a ""known"" one, of research","'=Rita"`,
        '"u-super","Sue ""Boss"" Super","sue@example.com","SUPER_USER","ENABLED","ENABLED","arn:aws:iam::111122223333:role/sue","","does not exist, as of 2026-11-24","2026-11-20T10:00:00.000Z","2","HIGH","required: SUPER_USER","","",""',
        `"u-group","","group@example.com","APP_USER","ENABLED","DISABLED","","exporters: GetTemporaryCredentials","","unusable","0","","","revoke","","'=Rita"`,
        '"u-dormant","Bea Dormant","","APP_USER","DISABLED","","","","","never","0","","","","",""',
        '',
      ].join('\r\n'),
    });
    expect(await textOf('said')).toBe(
      'Exported with 2 unfinished, which are left blank: a sign-off takes it only where another worksheet decides those.',
    );
    await decideTogether('revoke', 'gone');
    expect((await exported()).name).toBe('worksheet-alpha-2026-11-24.csv');
    expect(await textOf('said')).toBe('Exported, all decided: hand it in.');
  });
});

describe('what was decided', () => {
  test.each([
    { name: 'at once', waits: false },
    { name: 'after a while', waits: true },
  ])('is there again with the name and the reasons where the page is left $name', async ({ waits }) => {
    await open('few');
    // No timer ends before the page is left.
    if (!waits) await page.addInitScript('window.setTimeout = () => 1');
    await page.reload();
    await page.locator('#reviewer').fill('Rita');
    await rowOf(SUPER).focus();
    await press('r');
    await inputOf(PLAIN).fill('known');
    if (waits) await isSaved();
    await page.reload();
    expect(await page.locator('#reviewer').inputValue()).toBe('Rita');
    expect([await inputOf(PLAIN).inputValue(), await stateOf(PLAIN)]).toEqual(['known', 'Unfinished']);
    expect([await inputOf(SUPER).inputValue(), await stateOf(SUPER)]).toEqual(['', '']);
  });

  test.each(['reviewer', 'row', 'reason', 'together'])('is kept by and by, each for itself: %s', async (what) => {
    await open('few');
    await rowOf(PLAIN).focus();
    if (what === 'reviewer') await page.locator('#reviewer').fill('Rita');
    if (what === 'row') await press('k');
    if (what === 'reason') await inputOf(PLAIN).fill('known');
    if (what === 'together') await decideTogether('keep', 'known');
    await isSaved();
    expect(await page.evaluate('Object.keys(localStorage).length')).toBe(1);
  });

  test('on somebody who is not of this page is left out, and keeps nothing else from being there', async () => {
    await open('few');
    await press('Tab');
    await rowOf(PLAIN).focus();
    await press('k');
    await isSaved();
    await page.evaluate(`for (const [key, text] of Object.entries(localStorage)) {
      const kept = JSON.parse(text);
      localStorage.setItem(key, JSON.stringify({ ...kept, answers: [['who', 'keep', ''], ...kept.answers] }));
    }`);
    await page.reload();
    expect(await textOf('saved')).toBe('');
    expect(await textOf('count')).toBe('1 of 4 decided, 3 unfinished, 0 to revoke');
  });

  const NOT_SAVED = 'NOT SAVED: this browser keeps nothing for this page. Export before you close it.';

  test('and can not be kept is said not to be', async () => {
    await open('few');
    await page.evaluate("Storage.prototype.setItem = () => { throw new Error('it is full'); }");
    await rowOf(PLAIN).focus();
    await press('k');
    await page.locator('#saved', { hasText: /^NOT SAVED/ }).waitFor();
    expect(await textOf('saved')).toBe(NOT_SAVED);
  });

  test('before, and can not be read, is said not to be there', async () => {
    await open('few');
    await rowOf(PLAIN).focus();
    await press('k');
    await isSaved();
    await page.evaluate("for (const key of Object.keys(localStorage)) localStorage.setItem(key, 'nothing')");
    await page.reload();
    expect(await textOf('saved')).toBe(NOT_SAVED);
  });
});

test('a page of one reviewer is for nobody else', async () => {
  await open('own');
  const reviewer = page.locator('#reviewer');
  expect([await reviewer.inputValue(), await reviewer.isEditable()]).toEqual(['Rita', false]);
  await rowOf(PLAIN).focus();
  await press('k');
  await isSaved();
  await page.evaluate(`for (const [key, text] of Object.entries(localStorage))
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(text), reviewer: 'Somebody' }))`);
  await page.reload();
  expect(await reviewer.inputValue()).toBe('Rita');
  expect(await textOf('count')).toMatch(/^1 of 4 decided/);
});
