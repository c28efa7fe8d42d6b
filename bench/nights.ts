import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { access, link, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS } from '../rules/engine/time.ts';
import type { UserRecord } from '../simulator/accounts.ts';
import { lazyDirectory } from '../simulator/directory.ts';
import { ACCOUNT } from './complete-audit.ts';
import { ASOF } from './pages.ts';
import { runScript } from './processes.ts';

/** An archive that a history is read from. */
export interface NightsAsked {
  readonly nights: number;
  readonly users: number;
}

/** The argument, as JSON, of the script that makes one. */
export interface NightsJob extends NightsAsked {
  readonly folder: string;
  readonly environmentId: string;
}

/** The instant of one of the nights, from 1; the last is `ASOF`. */
export const nightAt = ({ nights }: NightsAsked, number: number): Date =>
  new Date(ASOF.getTime() - (nights - number) * DAY_MS);

/** The users of the first night. */
export const firstUsers = (asked: NightsAsked): readonly UserRecord[] => [
  ...lazyDirectory({ users: asked.users, seed: 1, asOf: nightAt(asked, 1), accountId: ACCOUNT }),
];

/** The id of a user who is there on all nights. */
export const userOf = (asked: NightsAsked): string => firstUsers(asked)[0]?.userId ?? '';

/** The environment that the archives are of. */
export const ENVIRONMENT = 'bench';

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, 'node_modules/.cache/nights');

/** Whatever decides what nights leave. */
const SOURCES = [
  'core/**/*.ts',
  'rules/**/*.ts',
  'simulator/**/*.ts',
  'bench/make-nights.ts',
  'bench/complete-audit.ts',
];

const hashOfSources = async (): Promise<string> => {
  const hash = createHash('sha256');
  for (const file of globSync(SOURCES, { cwd: ROOT }).toSorted()) hash.update(await readFile(join(ROOT, file)));
  return hash.digest('hex').slice(0, 12);
};

/**
 * Gives the folder of an archive of so many nights up to `ASOF`, which the audit itself has made. It is kept for the next
 * time, until the code changes: to be read, and never written to.
 */
export const archivedNights = async ({ nights, users }: NightsAsked): Promise<string> => {
  const name = `${nights}x${users}`;
  const folder = join(CACHE, `${name}-${await hashOfSources()}`);
  const isMade = await access(folder).then(
    () => true,
    () => false,
  );
  if (isMade) return folder;

  process.stderr.write(`making ${nights} nights of ${users} users\n`);
  await mkdir(CACHE, { recursive: true });
  for (const former of await readdir(CACHE))
    if (former.startsWith(`${name}-`)) await rm(join(CACHE, former), { recursive: true });
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  const job: NightsJob = { folder: part, environmentId: ENVIRONMENT, nights, users };
  await runScript('make-nights.ts', [JSON.stringify(job)]);
  await rename(part, folder);
  return folder;
};

/** Copies an archive by links: no object of one is written in place. */
export const linkArchive = async (from: string, to: string): Promise<void> => {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    await (entry.isDirectory() ? linkArchive(source, target) : link(source, target));
  }
};
