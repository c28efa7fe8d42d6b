import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { ArchiveError } from '../../core/archive/errors.ts';
import { lastCompleteRun } from '../../core/archive/head.ts';
import { removeLeftBehind } from '../../core/archive/left-behind.ts';
import { readBytes } from '../../core/archive/lines.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { readRunBytes } from '../../core/archive/read-run.ts';
import { walkAttempts } from '../../core/archive/runs.ts';
import { DAY_MS } from '../../rules/engine/time.ts';
import {
  type ArchiveFlags,
  type OpenedArchive,
  openedArchive,
  readArchiveFlags,
} from '../arguments/archive-options.ts';
import { flagReader } from '../arguments/flags.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';

/** The manifest of the last run that has a page: of an attempt that did not end complete where it came after. */
const lastWithPage = async ({ archive, environmentId }: OpenedArchive): Promise<Manifest> => {
  let last = (await lastCompleteRun(archive, environmentId))?.manifest;
  for await (const { run, manifest } of walkAttempts(archive, environmentId, last?.run))
    if (manifest?.objects.html !== undefined && run > (last?.run ?? '')) last = manifest;
  if (last?.objects.html === undefined)
    throw new ArchiveError(`${archive.location} has no page of a run of environment ${environmentId}`);
  return last;
};

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [program: string, ...words: string[]]>>> = {
  darwin: ['open'],
  // An empty title first, or the path would be taken for one.
  win32: ['cmd', '/c', 'start', ''],
  linux: ['xdg-open'],
};

/** The program that opens pages here; undefined where nothing shows them. */
const openerOf = ({ BROWSER, DISPLAY, WAYLAND_DISPLAY }: Io['env']): readonly string[] | undefined => {
  if (BROWSER !== undefined && BROWSER !== '') return [BROWSER];
  const hasScreen = process.platform !== 'linux' || (DISPLAY ?? WAYLAND_DISPLAY ?? '') !== '';
  return hasScreen ? OPENERS[process.platform] : undefined;
};

/** Begins a program that goes on by itself; tells whether that could be done. */
const begins = ([program = '', ...words]: readonly string[], path: string, env: Io['env']): Promise<boolean> =>
  new Promise((done) => {
    const child = spawn(program, [...words, path], { detached: true, stdio: 'ignore', env });
    child.once('error', () => done(false));
    child.once('spawn', () => {
      child.unref();
      done(true);
    });
  });

/** `open`: opens the page of the last run. Throws UsageError, and ArchiveError where the page is missing or altered. */
export const open = async (flags: ArchiveFlags, io: Io): Promise<ExitCode> => {
  const read = flagReader();
  const options = readArchiveFlags(read, flags, io.env);
  read.done();
  const opened = await openedArchive(options, io.env);
  const { archive } = opened;
  const manifest = await lastWithPage(opened);
  // Pages link to those beside them.
  const pages: [name: string, bytes: Uint8Array][] = [];
  for (const [name, { key }] of Object.entries(manifest.objects))
    if (key.endsWith('.html'))
      pages.push([basename(key), await readBytes({ key, body: readRunBytes(archive, manifest, name) })]);

  const key = manifest.objects.html?.key ?? '';
  let path = resolve(archive.location, key);
  if (options.location.kind === 'bucket') {
    // Only this user may read it, and it stays for a day: the browser reads on after this has ended.
    await removeLeftBehind(tmpdir(), /^finspace-page-/, DAY_MS);
    const folder = await mkdtemp(join(tmpdir(), 'finspace-page-'));
    for (const [name, bytes] of pages) await writeFile(join(folder, name), bytes, { mode: 0o600 });
    path = join(folder, basename(key));
  }
  const opener = openerOf(io.env);
  const isOpened = opener !== undefined && !flags.json && (await begins(opener, path, io.env));
  const { run, verdict } = manifest;
  if (flags.json) writeJson(io.out, { run, verdict, path });
  else io.out.line(path);
  if (!flags.json)
    io.err.line(`the page of run ${run}, ${verdict}${isOpened ? ', is opened' : '; nothing here opens it'}`);
  return EXIT.ok;
};
