import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import axe from 'axe-core';
import { type Page as AnyPage, type Browser, type BrowserContextOptions, chromium } from 'playwright-core';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.csv': 'text/csv' };

/** Debian's; another machine names its own. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });

export interface Shelf {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a folder on this machine. */
export const serve = async (folder: string): Promise<Shelf> => {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    readFile(join(folder, path)).then(
      (bytes) => response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** A page as we make it: its policy forbids the script by which `waitForFunction` asks a second time. */
export type Page = Omit<AnyPage, 'waitForFunction'>;

export interface Visit {
  readonly page: Page;
  /** The texts that the page wrote to the console, threw, or asked in a dialog. */
  readonly noises: readonly string[];
  /** Every address that it asked for. */
  readonly requests: readonly string[];
}

/** Opens a page as a reader of its own, and records all that it does besides being read. */
export const visit = async (browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const noises: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => noises.push(message.text()));
  page.on('pageerror', (error) => noises.push(error.message));
  page.on('dialog', (dialog) => {
    noises.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, noises, requests };
};

/** The faults, in words, that axe finds and that keep people from using a page with ease. */
export const barriersIn = async (page: Page): Promise<readonly string[]> => {
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>(
    "axe.run({ resultTypes: ['violations'], preload: false })",
  );
  return violations
    .filter(({ impact }) => impact === 'moderate' || impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
};
