import { randomUUID } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { errorCode } from '../text/error-code.ts';
import { messageOf } from '../text/error-message.ts';
import type { Archive, Content } from './archive.ts';
import { ArchiveError } from './errors.ts';
import { environmentOfKey } from './keys.ts';
import { isLeftBehind, removeLeftBehind, WRITER } from './left-behind.ts';

/** The longest that a process of another machine may hold the lock of one object: far longer than writing a pointer takes. */
const STALE_LOCK_MS = 60_000;

/** Far longer than a process of another machine takes to write the largest object aside. */
const STALE_PART_MS = 86_400_000;

const PART = /^\..*\.part$/;

/** The size of the largest object that is read at once, in bytes; what is larger is streamed. */
const READ_AT_ONCE = 256 * 1024;

/** Names the content of a file. None is written in place: another content is another file, with a time of its own. */
const versionOf = ({ ino, size, mtimeNs }: BigIntStats): string => `${ino}-${size}-${mtimeNs}`;

/**
 * Opens an archive in a folder, with the promises of a bucket: an object appears whole (written aside, flushed, then
 * linked into place), `create` has one winner, `replace` compares before it swaps.
 */
export const folderArchive = (folder: string): Archive => {
  const root = resolve(folder);
  const pathOf = (key: string): string => join(root, ...key.split('/'));

  /**
   * Removes what dead attempts left of objects that they had begun to write: they lie in one place, but those of versions
   * before beside where the object was to go.
   */
  const tidy = async (environmentId: string | undefined): Promise<void> => {
    await removeLeftBehind(root, PART, STALE_PART_MS);
    for (const area of environmentId === undefined ? [] : await readdir(root).catch(() => [])) {
      await removeLeftBehind(join(root, area), PART, STALE_PART_MS);
      await removeLeftBehind(join(root, area, `environment=${environmentId}`), PART, STALE_PART_MS, true);
    }
  };

  const tidied = new Map<string | undefined, Promise<void>>();
  const writeAside = async (key: string, content: Content): Promise<string> => {
    // Before the first write for an environment: an archive may hold years of many.
    const environmentId = environmentOfKey(key);
    const tidying = tidied.get(environmentId) ?? tidy(environmentId);
    tidied.set(environmentId, tidying);
    await tidying;
    await mkdir(dirname(pathOf(key)), { recursive: true });
    const aside = join(root, `.${WRITER}-${randomUUID()}.part`);
    await ('bytes' in content ? writeFile(aside, content.bytes) : copyFile(content.path, aside));
    const file = await open(aside, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    return aside;
  };

  /** Gives what `find` does; undefined where it looks for a file that is not there. */
  const ifThere = async <T>(find: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await find();
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      // A file where a folder of its path would be; where the archive is one, there is none.
      if (errorCode(error) === 'ENOTDIR' && (await stat(root)).isDirectory()) return undefined;
      throw error;
    }
  };

  /** Opens what a link leads to only within the folder, and waits for nobody who may write to a pipe. */
  const openWithin = async (key: string) => {
    const path = await realpath(pathOf(key));
    if (!path.startsWith(`${await realpath(root)}${sep}`)) throw new ArchiveError(`${key} leads out of the archive`);
    return open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  };

  const versionAt = async (path: string): Promise<string | undefined> => {
    const found = await ifThere(() => lstat(path, { bigint: true }));
    // What is no file is no object, and gives way to one.
    return found?.isFile() ? versionOf(found) : undefined;
  };

  const isStale = async (lockPath: string): Promise<boolean> => {
    const { mtimeMs } = await stat(lockPath).catch(() => ({ mtimeMs: Date.now() }));
    const writer = await readFile(lockPath, 'utf8').catch(() => '');
    return isLeftBehind(writer, Date.now() - mtimeMs, STALE_LOCK_MS);
  };

  /** Takes the lock of an object, or of another lock; undefined where somebody has it. */
  const lock = async (path: string): Promise<(() => Promise<void>) | undefined> => {
    const lockPath = join(dirname(path), `.${basename(path)}.lock`);
    const unlock = (): Promise<void> => rm(lockPath, { force: true });
    const take = async (): Promise<boolean> => {
      try {
        await writeFile(lockPath, WRITER, { flag: 'wx' });
        return true;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
        return false;
      }
    };
    if (await take()) return unlock;
    if (!(await isStale(lockPath))) return undefined;
    // Others see it stale, too: without a lock of its own they would remove the one that is taken next.
    const release = await lock(lockPath);
    if (release === undefined) return undefined;
    try {
      if (await isStale(lockPath)) await unlock();
      return (await take()) ? unlock : undefined;
    } finally {
      await release();
    }
  };

  /** Lists keys as it walks: it enters no folder without any that are asked for, and none before its turn. */
  async function* listFrom(start: string, prefix: string, after: string): AsyncGenerator<string> {
    const entries = await ifThere(() => readdir(pathOf(start), { withFileTypes: true }));
    const keys = (entries ?? []).flatMap((entry) => {
      if (entry.isDirectory()) return [`${start}${entry.name}/`];
      // A link or a pipe too: what stands in an object's place is told of.
      return entry.name.startsWith('.') ? [] : [`${start}${entry.name}`];
    });
    for (const key of keys.toSorted()) {
      const isFolder = key.endsWith('/');
      if (isFolder && (key.startsWith(prefix) || prefix.startsWith(key)) && (key > after || after.startsWith(key)))
        yield* listFrom(key, prefix, after);
      if (!isFolder && key.startsWith(prefix) && key > after) yield key;
    }
  }

  return {
    location: root,

    async read(key) {
      const file = await ifThere(() => openWithin(key)).catch((cause: unknown) => {
        throw cause instanceof ArchiveError
          ? cause
          : new ArchiveError(`${key} can't be opened: ${messageOf(cause)}`, { cause });
      });
      if (file === undefined) return undefined;
      let isHandedOn = false;
      try {
        // Of the open file, so that the version is that of the very bytes that are given, whatever takes their place.
        const found = await file.stat({ bigint: true });
        if (!found.isFile()) throw new ArchiveError(`${key} is no file`);
        const version = versionOf(found);
        isHandedOn = found.size > READ_AT_ONCE;
        if (isHandedOn) return { key, version, body: file.createReadStream({ highWaterMark: READ_AT_ONCE }) };
        return { key, version, body: Readable.from([await file.readFile()]) };
      } finally {
        if (!isHandedOn) await file.close();
      }
    },

    async has(key) {
      return (await ifThere(() => stat(pathOf(key)))) !== undefined;
    },

    async create(key, content) {
      const path = pathOf(key);
      const aside = await writeAside(key, content);
      try {
        await link(aside, path);
        return 'created';
      } catch (error) {
        if (errorCode(error) === 'EEXIST') return 'exists';
        throw error;
      } finally {
        await rm(aside, { force: true });
      }
    },

    async replace(key, content, _contentType, version) {
      const path = pathOf(key);
      const aside = await writeAside(key, content);
      const unlock = await lock(path);
      try {
        if (unlock === undefined || (await versionAt(path)) !== version) return 'conflict';
        await rename(aside, path);
        return 'replaced';
      } finally {
        await unlock?.();
        await rm(aside, { force: true });
      }
    },

    list: (prefix, after = '') => listFrom(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix, after),
  };
};
