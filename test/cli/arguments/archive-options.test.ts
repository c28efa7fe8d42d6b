import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type ArchiveFlags, openedArchive, readArchiveFlags } from '../../../cli/arguments/archive-options.ts';
import { flagReader } from '../../../cli/arguments/flags.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const read = (flags: ArchiveFlags) => {
  const reader = flagReader();
  const options = readArchiveFlags(reader, flags, {});
  reader.done();
  return options;
};

/** Opens an archive that holds these objects, whatever is in them. */
const open = async (keys: readonly string[], environment?: string) => {
  const out = await newFolder();
  for (const key of keys) {
    const path = join(out, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '');
  }
  const { environmentId } = await openedArchive(read({ out, ...(environment !== undefined && { environment }) }), {});
  return environmentId;
};

const run = (environment: string) => `manifests/environment=${environment}/dt=2026-11-24/20261124T020000Z.json`;
const attempt = (environment: string) =>
  `incomplete/environment=${environment}/dt=2026-11-24/20261124T020000Z-a/report.json`;

describe('flags', () => {
  test.each([
    [{}, 'one of --out FOLDER and --bucket NAME must be given, got neither'],
    [{ out: 'a', bucket: 'bbb' }, 'one of --out FOLDER and --bucket NAME must be given, got both'],
    [{ bucket: 'B' }, '--bucket must be the name of an S3 bucket, got "B"'],
    [{ out: 'a', environment: 'a-b' }, '--environment must be 1 to 26 letters and digits, got "a-b"'],
  ])('%j is refused', (flags, problem) => {
    expect(() => read(flags)).toThrow(problem);
  });
});

describe('the environment', () => {
  test.each([
    ['the only one', [run('a')], undefined, 'a'],
    ['the only one, though nothing of it is complete', [attempt('a')], undefined, 'a'],
    ['the one that is asked for', [run('a'), run('b')], 'b', 'b'],
    ['one whose id begins with that of another', [run('a'), run('a0'), run('aa')], 'a0', 'a0'],
  ])('%s', async (_, keys, asked, environment) => {
    expect(await open(keys, asked)).toBe(environment);
  });

  test.each([
    ['several', [run('b'), run('a'), attempt('c')], undefined, '--environment must be one of a, b, c, got nothing'],
    ['another', [run('a')], 'b', '--environment must be one of a, got "b"'],
    ['none', [], undefined, /^--out must be an archive, got .*, where no run is$/],
  ])('%s is an error that tells what there is', async (_, keys, asked, problem) => {
    await expect(open(keys, asked)).rejects.toThrow(problem);
  });
});
