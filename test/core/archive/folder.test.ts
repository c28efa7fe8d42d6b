import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { readBytes } from '../../../core/archive/lines.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

/** An archive with `area/dt=1/object`, beside a folder with the same that is not of it. */
const twoFolders = async () => {
  const [folder, elsewhere] = [join(await newFolder(), 'archive'), join(await newFolder(), 'elsewhere')];
  for (const [root, text] of [
    [folder, 'own'],
    [elsewhere, 'secret'],
  ] as const) {
    await mkdir(join(root, 'area/dt=1'), { recursive: true });
    await writeFile(join(root, 'area/dt=1/object'), text);
  }
  const archive = folderArchive(folder);
  const read = async (key: string) => {
    const stored = await archive.read(key);
    return stored && Buffer.from(await readBytes(stored)).toString();
  };
  return { folder, elsewhere, read };
};

const readThere = async (archive: Archive, key: string) => {
  const stored = await archive.read(key);
  if (stored === undefined) throw new Error(`${key} is not there`);
  return stored;
};

test.each([
  ['an object', 'area/dt=1', 'object'],
  ['the folder of a night', 'area', 'dt=1'],
  ['the folder of an area', '', 'area'],
])('%s that leads out of the archive is not read', async (_, within, name) => {
  const { folder, elsewhere, read } = await twoFolders();
  await rm(join(folder, within, name), { recursive: true });
  await symlink(join(elsewhere, within, name), join(folder, within, name));
  const told = new ArchiveError('area/dt=1/object leads out of the archive');
  await expect(read('area/dt=1/object')).rejects.toThrow(told);
  await expect(read('area/dt=1/object')).rejects.toThrow(told);
});

test.each(['../elsewhere', 'area/../../elsewhere'])(
  'a key that climbs out of the archive is not read: %s',
  async (key) => {
    const { folder, read } = await twoFolders();
    await writeFile(join(folder, '../elsewhere'), 'secret');
    expect(await read(key).catch(({ message }) => message)).toMatch(/^undefined$|leads out of the archive/);
  },
);

test('what leads to another place of the archive is read, an archive that is reached by a link too', async () => {
  const { folder, read } = await twoFolders();
  await symlink(join(folder, 'area/dt=1'), join(folder, 'area/dt=2'));
  await symlink('object', join(folder, 'area/dt=1/same'));
  expect([await read('area/dt=2/object'), await read('area/dt=1/same')]).toEqual(['own', 'own']);
  const linked = join(await newFolder(), 'link');
  await symlink(folder, linked);
  const stored = await folderArchive(linked).read('area/dt=1/object');
  expect(stored && Buffer.from(await readBytes(stored)).toString()).toBe('own');
});

test.each([0, 1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])('an object of %d bytes is read whole', async (size) => {
  const { folder, read } = await twoFolders();
  await writeFile(join(folder, 'area/dt=1/object'), 'x'.repeat(size));
  expect(await read('area/dt=1/object')).toHaveLength(size);
});

test('what is not there, or is under a file, is no object', async () => {
  const { read } = await twoFolders();
  expect(await Promise.all(['area/dt=2/object', 'area/dt=1/object/more', 'none'].map(read))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe('keys', () => {
  const listed = async (folder: string, prefix: string, after?: string) => {
    const keys: string[] = [];
    for await (const key of folderArchive(folder).list(prefix, after)) keys.push(key);
    return keys;
  };

  test('are none in a folder that is not there, and under what is a file', async () => {
    const { folder } = await twoFolders();
    expect(await listed(join(folder, 'none'), '')).toStrictEqual([]);
    expect(await listed(folder, 'area/dt=1/object/')).toStrictEqual([]);
    expect(await listed(folder, 'none/')).toStrictEqual([]);
  });

  test('are refused where the archive is a file: it is no empty one', async () => {
    const { folder, read } = await twoFolders();
    const file = join(folder, 'area/dt=1/object');
    await expect(listed(file, '')).rejects.toThrow('ENOTDIR');
    await expect(folderArchive(file).has('area')).rejects.toThrow('ENOTDIR');
    expect(await read('area/dt=1/object')).toBe('own');
  });

  test.each([undefined, 'area/dt=1/'])(
    'of links and pipes are told, and none of what is hidden: after %s',
    async (after) => {
      const { folder } = await twoFolders();
      await writeFile(join(folder, 'area/dt=1/.object.lock'), '');
      await symlink('nowhere', join(folder, 'area/dt=1/link'));
      expect(await listed(folder, '', after)).toEqual(['area/dt=1/link', 'area/dt=1/object']);
    },
  );
});

test('a folder in the place of an object is none to be read, and one that is nowhere is not there', async () => {
  const { folder, read } = await twoFolders();
  await expect(read('area/dt=1')).rejects.toThrow('area/dt=1 is no file');
  await symlink('nowhere', join(folder, 'area/link'));
  expect(await read('area/link')).toBeUndefined();
});

test('what can not be opened is told of by its key', async () => {
  const { read } = await twoFolders();
  const key = `area/dt=1/${'n'.repeat(256)}`;
  await expect(read(key)).rejects.toThrow(ArchiveError);
  await expect(read(key)).rejects.toThrow(new RegExp(`^${key} can't be opened: (Error: )?ENAMETOOLONG: name too long`));
});

test('what the disk does not give is told of by its key', async () => {
  // Of this file Linux gives no byte.
  const broken = folderArchive('/proc/self').read('mem');
  await expect(broken).rejects.toThrow(ArchiveError);
  await expect(broken).rejects.toThrow(/^mem can't be read: (Error: )?EIO: i\/o error/);
});

test('what the disk does not give of a large object is told of by its key', async () => {
  const folder = await newFolder();
  const archive = folderArchive(folder);
  await archive.create('large', { bytes: Buffer.alloc(1024 * 1024 + 1) }, 'text/plain');
  const { body } = (await archive.read('large')) ?? {};
  const descriptor: unknown = Reflect.get(body ?? {}, 'fd');
  // The descriptor of a folder takes the place of the file's: no byte can be read of it.
  closeSync(Number(descriptor));
  expect(openSync(folder, 'r')).toBe(descriptor);
  const read = async () => {
    for await (const _ of body ?? []);
  };
  const broken = read();
  await expect(broken).rejects.toThrow(ArchiveError);
  await expect(broken).rejects.toThrow(/^large can't be read: (Error: )?EISDIR: illegal operation on a directory/);
});

describe('no file stays open', () => {
  const small = { bytes: Buffer.from('new') };
  const large = { bytes: Buffer.alloc(1024 * 1024 + 1) };

  test.each<{ name: string; work: (archive: Archive) => Promise<unknown> }>([
    { name: 'that is written', work: (archive) => archive.create('area/dt=1/object', small, 'text/plain') },
    { name: 'that is read at once', work: async (archive) => readBytes(await readThere(archive, 'area/dt=1/object')) },
    { name: 'that is streamed', work: async (archive) => readBytes(await readThere(archive, 'large')) },
    { name: 'that is none', work: (archive) => expect(archive.read('area')).rejects.toThrow('no file') },
  ])('$name', async ({ work }) => {
    const { folder } = await twoFolders();
    const archive = folderArchive(folder);
    await archive.create('large', large, 'text/plain');
    /** The least number that no open file has. */
    const next = () => {
      const descriptor = openSync(folder, 'r');
      closeSync(descriptor);
      return descriptor;
    };
    const before = next();
    for (let time = 0; time < 20; time += 1) await work(archive);
    expect(next() - before).toBeLessThan(10);
  });
});

test('what is no file gives way to an object, and a lock that can not be had is told of', async () => {
  const { folder, read } = await twoFolders();
  await symlink('object', join(folder, 'area/dt=1/pointer'));
  const archive = folderArchive(folder);
  const content = { bytes: Buffer.from('new') };
  expect(await archive.replace('area/dt=1/pointer', content, 'text/plain', undefined)).toBe('replaced');
  expect([await read('area/dt=1/pointer'), await read('area/dt=1/object')]).toEqual(['new', 'own']);
  expect(await archive.create('area/dt=1/object', content, 'text/plain')).toBe('exists');
  await expect(archive.create('area/dt=1/object/more', content, 'text/plain')).rejects.toThrow(/EEXIST|ENOTDIR/);
  expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/\.part$/));
});

test('what the disk refuses is refused, no conflict and no object that is there already, and leaves nothing behind', async () => {
  const { folder } = await twoFolders();
  const archive = folderArchive(folder);
  const content = { bytes: Buffer.from('new') };
  const tooLong = { code: 'ENAMETOOLONG' };
  await expect(archive.create(`area/dt=1/${'n'.repeat(256)}`, content, 'text/plain')).rejects.toMatchObject(tooLong);
  // Its lock has a longer name.
  await expect(archive.replace(`area/dt=1/${'n'.repeat(255)}`, content, 'text/plain', undefined)).rejects.toMatchObject(
    tooLong,
  );
  expect(await archive.replace('area/dt=1/object', content, 'text/plain', 'another version')).toBe('conflict');
  expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/\.part$/));
  expect(await readdir(join(folder, 'area/dt=1'))).toStrictEqual(['object']);
});
