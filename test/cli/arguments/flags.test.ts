import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { flagReader } from '../../../cli/arguments/flags.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

const readWhole = (value: string, most?: number): number | undefined => {
  const read = flagReader();
  const number = read.whole('--n', value, 1, most ?? Number.MAX_SAFE_INTEGER);
  read.done();
  return number;
};

test.each([
  ['1', 1],
  ['999999999999999', 999_999_999_999_999],
])('%s is a whole number', (value, number) => {
  expect(readWhole(value)).toBe(number);
});

test.each([
  ['0', '--n must be a whole number of 1 or more, got "0"'],
  ['1e3', '--n must be a whole number of 1 or more, got "1e3"'],
  ['1000000000000000', '--n must be a whole number of 1 or more, of 15 digits at most, got "1000000000000000"'],
])('%s is refused by what is wrong with it', (value, problem) => {
  expect(() => readWhole(value)).toThrow(problem);
});

const PERIOD = ['--from', '2026-11-16', '--to', '2026-11-20'];
const AUDITED = ['--environment', 'abc', '--account', '111122223333', '--region', 'us-east-1'];

test.each([
  { flag: '--out', words: ['history'] },
  { flag: '--out', words: ['verify'] },
  { flag: '--out', words: ['run', ...AUDITED] },
  { flag: '--out', words: ['doctor', ...AUDITED] },
  { flag: '--out', words: ['demo'] },
  { flag: '--out', words: ['close', '--reason', 'over'] },
  { flag: '--to', words: ['export', 'ocsf', '--out', '.'] },
  { flag: '--pack', words: ['review', '--out', '.', ...PERIOD] },
  { flag: '--pack', words: ['review', '--ingest', 'filled.csv', '--reviewer', 'A'] },
  { flag: '--pack', words: ['review', '--follow-up', '--out', '.'] },
])('a file for the folder of $flag is refused before anything is done: $words', async ({ flag, words }) => {
  const file = join(await newFolder(), 'a.txt');
  await writeFile(file, '');
  expect(await invoke([...words, flag, file])).toEqual({
    code: 3,
    stdout: '',
    stderr: `finspace-audit: ${flag} must be the path of a folder, got "${file}", which is none\n`,
  });
});

test.each([
  ['a folder', (at: string) => at],
  ['a folder that is to be made', (at: string) => join(at, 'new/er')],
  ['a link to a folder', (at: string) => join(at, 'link')],
])('%s is the path of a folder', async (_, pathIn) => {
  const at = await newFolder();
  await symlink(at, join(at, 'link'));
  const read = flagReader();
  expect(read.path('--out', pathIn(at), 'folder')).toBe(pathIn(at));
  expect(read.done).not.toThrow();
});
