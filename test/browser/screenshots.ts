/** Writes the pictures of the README: the pages that ten nights of the demo leave. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, serve, visit } from './browser.ts';

const root = join(import.meta.dirname, '../..');
const folder = await mkdtemp(join(tmpdir(), 'finspace-audit-pictures-'));
execFileSync(process.execPath, [join(root, 'bin/finspace-audit.js'), ...['demo', '--nights', '10', '--out', folder]]);

const pages = 'reports/environment=finspaceauditdemo';
const report = `${pages}/dt=2026-11-20/20261120T070000Z/report.html`;
const PICTURES = [
  { name: 'report-light', path: report, colorScheme: 'light', height: 1100 },
  { name: 'report-dark', path: report, colorScheme: 'dark', height: 1100 },
  { name: 'index', path: `${pages}/index.html`, colorScheme: 'light', height: 1340 },
] as const;

const shelf = await serve(folder);
const browser = await launch();
try {
  for (const { name, path, colorScheme, height } of PICTURES) {
    const { page } = await visit(browser, 'about:blank', { colorScheme, viewport: { width: 1280, height } });
    // The demo's nights are those of a fixed week: its history is looked at in the morning after.
    await page.clock.setFixedTime('2026-11-25T09:00:00Z');
    await page.goto(`${shelf.url}/${path}`);
    await page.screenshot({ path: join(root, 'docs', `${name}.png`) });
  }
} finally {
  await browser.close();
  await shelf.close();
  await rm(folder, { recursive: true, force: true });
}
