import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
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

test.each([
  ['an object', 'area/dt=1', 'object'],
  ['the folder of a night', 'area', 'dt=1'],
  ['the folder of an area', '', 'area'],
])('%s that leads out of the archive is not read', async (_, within, name) => {
  const { folder, elsewhere, read } = await twoFolders();
  await rm(join(folder, within, name), { recursive: true });
  await symlink(join(elsewhere, within, name), join(folder, within, name));
  await expect(read('area/dt=1/object')).rejects.toThrow('area/dt=1/object leads out of the archive');
  await expect(read('area/dt=1/object')).rejects.toThrow('area/dt=1/object leads out of the archive');
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
