import { randomUUID } from 'node:crypto';
import {
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { Archive, Content } from '../ports.ts';
import { sha256Of } from './spool.ts';

/** Whether the system gave this code, such as `ENOENT`. */
export const isCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

/** How long another process may hold the lock of one object: far longer than a write of a pointer takes. */
const STALE_LOCK_MS = 60_000;

/**
 * An archive in a folder, with the promises of a bucket: an object appears whole (written aside, flushed, then
 * linked into place), `create` has one winner, `replace` compares before it swaps.
 */
export const folderArchive = (folder: string): Archive => {
  const root = resolve(folder);
  const pathOf = (key: string): string => join(root, ...key.split('/'));

  const writeAside = async (path: string, content: Content): Promise<string> => {
    await mkdir(dirname(path), { recursive: true });
    const aside = join(dirname(path), `.${randomUUID()}.part`);
    await ('bytes' in content ? writeFile(aside, content.bytes) : copyFile(content.path, aside));
    const file = await open(aside, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    return aside;
  };

  const bytesOf = async (path: string): Promise<Uint8Array | undefined> => {
    try {
      return await readFile(path);
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  };

  const versionOf = (bytes: Uint8Array | undefined): string | undefined => bytes && sha256Of(bytes);

  const lock = async (path: string): Promise<(() => Promise<void>) | undefined> => {
    const lockPath = join(dirname(path), `.${basename(path)}.lock`);
    try {
      await writeFile(lockPath, '', { flag: 'wx' });
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
      const { mtimeMs } = await stat(lockPath).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs < STALE_LOCK_MS) return undefined;
      await rm(lockPath, { force: true });
      return undefined;
    }
    return () => rm(lockPath, { force: true });
  };

  return {
    location: root,

    async read(key) {
      const bytes = await bytesOf(pathOf(key));
      // One read for both: the version is that of the very bytes that are given.
      return bytes && { version: sha256Of(bytes), body: Readable.from([bytes]) };
    },

    async has(key) {
      try {
        await stat(pathOf(key));
        return true;
      } catch (error) {
        if (isCode(error, 'ENOENT')) return false;
        throw error;
      }
    },

    async create(key, content) {
      const path = pathOf(key);
      const aside = await writeAside(path, content);
      try {
        await link(aside, path);
        return 'created';
      } catch (error) {
        if (isCode(error, 'EEXIST')) return 'exists';
        throw error;
      } finally {
        await rm(aside, { force: true });
      }
    },

    async replace(key, content, _contentType, version) {
      const path = pathOf(key);
      const aside = await writeAside(path, content);
      const unlock = await lock(path);
      try {
        if (unlock === undefined || versionOf(await bytesOf(path)) !== version) return 'conflict';
        await rename(aside, path);
        return 'replaced';
      } finally {
        await unlock?.();
        await rm(aside, { force: true });
      }
    },

    async *list(prefix, after = '') {
      const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      const entries = await readdir(pathOf(start), { recursive: true, withFileTypes: true }).catch(
        (error: unknown) => {
          if (isCode(error, 'ENOENT')) return [];
          throw error;
        },
      );
      const keys = entries
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(root.length + 1)
            .replaceAll('\\', '/'),
        )
        .filter((key) => key.startsWith(prefix) && key > after);
      yield* keys.toSorted();
    },
  };
};
