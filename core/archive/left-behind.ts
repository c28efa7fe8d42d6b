import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { errorCode } from '../text/error-code.ts';

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const STARTED = Math.trunc(performance.timeOrigin).toString(36);

/** Names this process in what it writes for a while, so that others can tell what a dead one left behind. */
export const WRITER = `${HOST}-${process.pid}-${STARTED}`;

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process must not be asked, but it is there.
    return errorCode(error) !== 'ESRCH';
  }
};

/**
 * Tells whether nobody will go on with what a process wrote for a while.
 * @param name holds the `WRITER` of that process, where it is of this version
 * @param age since it was written; of another machine's only that tells. A time to come is as good as long ago.
 * @param mostAge that it can have while somebody still writes, in milliseconds
 */
export const isLeftBehind = (name: string, age: number, mostAge: number): boolean => {
  const [, host, pid, started] = /([0-9a-f]{8})-(\d+)-([0-9a-z]+)/.exec(name) ?? [];
  if (host !== HOST) return Math.abs(age) > mostAge;
  return Number(pid) === process.pid ? started !== STARTED : !isRunning(Number(pid));
};

/**
 * Removes from a folder what dead processes left there, as far as it may.
 * @param pattern of names
 * @param recursive the folders within are looked through, too
 */
export const removeLeftBehind = async (
  folder: string,
  pattern: RegExp,
  mostAge: number,
  recursive = false,
): Promise<void> => {
  const paths = await readdir(folder, { recursive }).catch(() => []);
  for (const path of paths.filter((one) => pattern.test(basename(one))).map((one) => join(folder, one))) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || !isLeftBehind(basename(path), Date.now() - found.mtimeMs, mostAge)) continue;
    await rm(path, { recursive: true }).catch(() => {});
  }
};

const DAY_MS = 86_400_000;

/** Other versions named no process. */
const TEMPORARY = /^finspace-audit-(?:[0-9a-f]{8}-\d+-[0-9a-z]+-|replay-)?[A-Za-z0-9]{6}$/;

/** A folder in the system's folder for temporary files. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Makes a temporary folder. What is kept there names people: it goes with the process, and where that was killed, with
 * the next one.
 */
export const temporaryFolder = async (parent = tmpdir()): Promise<TemporaryFolder> => {
  await removeLeftBehind(parent, TEMPORARY, DAY_MS);
  const path = await mkdtemp(join(parent, `finspace-audit-${WRITER}-`));
  const discard = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', discard);
  return {
    path,
    async remove() {
      process.off('exit', discard);
      await rm(path, { recursive: true, force: true });
    },
  };
};
