import { randomUUID } from 'node:crypto';
import {
  type BigIntStats,
  close,
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  lstatSync,
  openSync,
  type ReadStream,
  read as readAt,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
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

/** The time after which an archive is looked through again. */
const LOOK_THROUGH_MS = 30 * STALE_PART_MS;

const PART = /^\..*\.part$/;

/** The size of the largest object that is read at once, in bytes; what is larger is streamed. */
const READ_AT_ONCE = 1024 * 1024;

/** Bytes that are read of a larger one at a time. */
const STREAMED_AT_ONCE = 256 * 1024;

/** Folders that are known to be no links at a time: those of some nights. */
const MOST_KNOWN_FOLDERS = 1024;

/** Opens no link; Windows does not know it. */
const NO_LINK: number | undefined = constants.O_NOFOLLOW;

async function* bodyOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Tells of an object that the disk does not give: it will not on the next day. */
const unreadable = (key: string, doing: 'opened' | 'read', cause: unknown): ArchiveError =>
  cause instanceof ArchiveError ? cause : new ArchiveError(`${key} can't be ${doing}: ${messageOf(cause)}`, { cause });

/** Streams an open file, which is closed with the stream. */
const streamOf = (key: string, descriptor: number): ReadStream => {
  const readOrTell = ((fd, bytes, offset, length, position, done) =>
    readAt(fd, bytes, offset, length, position, (error, count, filled) =>
      done(error && unreadable(key, 'read', error), count, filled),
    )) as typeof readAt;
  return createReadStream('', { fd: descriptor, highWaterMark: STREAMED_AT_ONCE, fs: { read: readOrTell, close } });
};

/** Removes a file that may be gone. */
const remove = (path: string): Promise<void> => rm(path, { force: true });

/** Names the content of a file. None is written in place: another content is another file, with a time of its own. */
const versionOf = ({ ino, size, mtimeNs }: BigIntStats): string => `${ino}-${size}-${mtimeNs}`;

/**
 * Opens an archive in a folder, with the promises of a bucket: an object appears whole (written aside, flushed, then
 * linked into place), `create` has one winner, `replace` compares before it swaps. It is read step by step, as `sha256sum`
 * reads: to hand each step of a small file to the thread pool takes several times as long as the step.
 */
export const folderArchive = (folder: string): Archive => {
  const root = resolve(folder);
  const pathOf = (key: string): string => join(root, ...key.split('/'));

  /**
   * Removes what dead attempts left of objects that they had begun to write: they lie in one place, but those of versions
   * before beside where the object was to go, anywhere. To look everywhere takes the longer the more nights there are, so that
   * is done now and then, and a mark tells when.
   */
  const tidy = async (environmentId: string | undefined): Promise<void> => {
    await removeLeftBehind(root, PART, STALE_PART_MS);
    if (environmentId === undefined) return;
    const areas = await readdir(root).catch(() => []);
    for (const area of areas) await removeLeftBehind(join(root, area), PART, STALE_PART_MS);
    const mark = join(root, `.looked-through-${environmentId}`);
    const lookedAt = await stat(mark).catch(() => undefined);
    if (lookedAt !== undefined && Math.abs(Date.now() - lookedAt.mtimeMs) < LOOK_THROUGH_MS) return;
    for (const area of areas)
      await removeLeftBehind(join(root, area, `environment=${environmentId}`), PART, STALE_PART_MS, true);
    // Where it can't be written the next one looks again.
    await remove(mark)
      .then(() => writeFile(mark, '', { flag: 'wx' }))
      .catch(() => {});
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

  /**
   * Whether somebody looked for what is not there. A file where a folder of its path would be says so, but where the archive
   * is one there is none.
   */
  const isOfNone = (error: unknown): boolean =>
    errorCode(error) === 'ENOENT' || (errorCode(error) === 'ENOTDIR' && statSync(root).isDirectory());

  /** Gives what `find` does; undefined where it looks for a file that is not there. */
  const ifThere = async <T>(find: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await find();
    } catch (error) {
      if (isOfNone(error)) return undefined;
      throw error;
    }
  };

  /** Folders within the archive that are no links, nor within one. */
  const plainFolders = new Set<string>();
  const isPlainFolder = (path: string): boolean => {
    if (path === root || plainFolders.has(path)) return true;
    if (!path.startsWith(`${root}${sep}`) || !isPlainFolder(dirname(path)) || lstatSync(path).isSymbolicLink())
      return false;
    if (plainFolders.size >= MOST_KNOWN_FOLDERS) plainFolders.clear();
    plainFolders.add(path);
    return true;
  };

  const openPath = (path: string, flags = 0): number =>
    openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | flags);

  /** Opens what a link leads to only within the folder, and waits for nobody who may write to a pipe. */
  const openWithin = async (key: string): Promise<number> => {
    const path = pathOf(key);
    try {
      if (NO_LINK !== undefined && isPlainFolder(dirname(path))) return openPath(path, NO_LINK);
    } catch {
      // It is a link, or what is wrong shows again on the way that links take.
    }
    const target = await realpath(path);
    if (!target.startsWith(`${await realpath(root)}${sep}`)) throw new ArchiveError(`${key} leads out of the archive`);
    return openPath(target);
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
    const unlock = (): Promise<void> => remove(lockPath);
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

  const inFolder = <T>(read: () => readonly T[]): readonly T[] => {
    try {
      return read();
    } catch (error) {
      if (isOfNone(error)) return [];
      throw error;
    }
  };

  /** The key of an entry, with a slash where it is a folder; none of what is hidden. A link or a pipe too is told of. */
  const keyOf = (start: string, name: string, isFolder: boolean): readonly string[] => {
    if (isFolder) return [`${start}${name}/`];
    return name.startsWith('.') ? [] : [`${start}${name}`];
  };

  /** Of a folder of many nights only those that may be wanted are looked at. */
  const wantedIn = (start: string, isWanted: (path: string) => boolean): readonly string[] =>
    inFolder(() => readdirSync(pathOf(start)))
      .filter((name) => isWanted(`${start}${name}`))
      .flatMap((name) => {
        const found = lstatSync(pathOf(`${start}${name}`), { throwIfNoEntry: false });
        return found === undefined ? [] : keyOf(start, name, found.isDirectory());
      });

  const allIn = (start: string): readonly string[] =>
    inFolder(() => readdirSync(pathOf(start), { withFileTypes: true })).flatMap((entry) =>
      keyOf(start, entry.name, entry.isDirectory()),
    );

  /** Lists keys as it walks: it enters no folder without any that are asked for, and none before its turn. */
  function* listFrom(start: string, prefix: string, after: string): Generator<string> {
    const isAsked = (key: string): boolean => key.startsWith(prefix) && key > after;
    const mayHold = (path: string): boolean => path.startsWith(prefix) && (path > after || after.startsWith(path));
    const keys = after.startsWith(start)
      ? wantedIn(start, (path) => isAsked(path) || mayHold(`${path}/`))
      : allIn(start);
    for (const key of keys.toSorted()) {
      if (!key.endsWith('/')) {
        if (isAsked(key)) yield key;
      } else if (mayHold(key)) yield* listFrom(key, prefix, after);
    }
  }

  return {
    location: root,

    async read(key) {
      const descriptor = await ifThere(() => openWithin(key)).catch((cause: unknown) => {
        throw unreadable(key, 'opened', cause);
      });
      if (descriptor === undefined) return undefined;
      let isHandedOn = false;
      try {
        // Of the open file, so that the version is that of the very bytes that are given, whatever takes their place.
        const found = fstatSync(descriptor, { bigint: true });
        if (!found.isFile()) throw new ArchiveError(`${key} is no file`);
        const version = versionOf(found);
        isHandedOn = found.size > READ_AT_ONCE;
        if (isHandedOn) return { key, version, body: streamOf(key, descriptor) };
        return { key, version, body: bodyOf(readFileSync(descriptor)) };
      } catch (cause) {
        throw unreadable(key, 'read', cause);
      } finally {
        if (!isHandedOn) closeSync(descriptor);
      }
    },

    async has(key) {
      // A folder is none, here as in a bucket.
      return (await ifThere(() => stat(pathOf(key))))?.isFile() ?? false;
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
        await remove(aside);
      }
    },

    async replace(key, content, _contentType, version) {
      const path = pathOf(key);
      const aside = await writeAside(key, content);
      let unlock: Awaited<ReturnType<typeof lock>>;
      try {
        unlock = await lock(path);
        if (unlock === undefined || (await versionAt(path)) !== version) return 'conflict';
        await rename(aside, path);
        return 'replaced';
      } finally {
        await unlock?.();
        await remove(aside);
      }
    },

    async *list(prefix, after = '') {
      yield* listFrom(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix, after);
    },
  };
};
