import { execFile } from 'node:child_process';
import { cp, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolders } from '../support/temporary-folder.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const newFolder = temporaryFolders();

interface Exit {
  readonly code: number;
  readonly said: string;
}

const run = (cwd: string, ...words: readonly string[]): Promise<Exit> =>
  new Promise((done) => {
    execFile(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], { cwd }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
    );
  });

/** A copy of whatever a new rule touches or is checked by. */
const copyOfProject = async (): Promise<string> => {
  const folder = await newFolder();
  const copied = ['bin', 'rules', 'test/rules', 'test/support', 'package.json', 'tsconfig.json', 'biome.json'];
  for (const path of [...copied, 'jest.config.mjs', '.gitignore'])
    await cp(join(PROJECT, path), join(folder, path), { recursive: true });
  await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
};

const KINDS = ['user', 'directory', 'change', 'principal'] as const;

describe('a new rule', () => {
  let folder = '';
  const written: Exit[] = [];
  beforeAll(async () => {
    folder = await copyOfProject();
    for (const kind of KINDS) written.push(await run(folder, 'bin/new-rule.ts', `zz-new-${kind}`, '--kind', kind));
  });

  test('is written with its test, a line in the list, and the page', async () => {
    expect(written.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const page = await readFile(join(folder, 'rules/README.md'), 'utf8');
    for (const kind of KINDS) expect(page).toContain(`zz-new-${kind}`);
    const list = await readFile(join(folder, 'rules/index.ts'), 'utf8');
    for (const kind of ['User', 'Directory', 'Change', 'Principal'])
      expect(list).toMatch(new RegExp(`^  zzNew${kind},$`, 'm'));
  });

  test('of each kind passes as it is written, and so does the catalogue', async () => {
    const { code, said } = await run(
      folder,
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      'test/rules/zz-new',
      'test/rules/catalogue',
      'test/rules/contract',
    );
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('Test Suites: 6 passed, 6 total') });
  });

  test('is typed and formatted as the project is', async () => {
    const tsc = await run(folder, 'node_modules/typescript/bin/tsc', '--noEmit', '-p', '.');
    expect(tsc.said.split('\n').filter((line) => line.includes('zz-new') || line.includes('rules/index'))).toEqual([]);
    const files = KINDS.flatMap((kind) => [`rules/zz-new-${kind}.ts`, `test/rules/zz-new-${kind}.test.ts`]);
    const biome = await run(
      folder,
      'node_modules/@biomejs/biome/bin/biome',
      'check',
      '--vcs-enabled=false',
      'rules/index.ts',
      ...files,
    );
    expect(biome).toMatchObject({ code: 0 });
  });
});

test.each([
  { words: [], said: 'ID must be one id of lower-case words with - between, got ""' },
  { words: ['Bad_Id'], said: 'ID must be one id of lower-case words with - between, got "Bad_Id"' },
  { words: ['one', 'two'], said: 'ID must be one id of lower-case words with - between, got "one two"' },
  { words: ['stale-login'], said: 'ID must be new, got stale-login: rules/stale-login.ts exists' },
  { words: ['an-id', '--kind'], said: "Option '--kind <value>' argument missing" },
  {
    words: ['an-id', '--kind', 'group'],
    said: '--kind must be one of user, directory, change, principal, got "group"',
  },
])('new-rule $words writes nothing and says why', async ({ words, said }) => {
  const list = await readFile(join(PROJECT, 'rules/index.ts'), 'utf8');
  expect(await run(PROJECT, 'bin/new-rule.ts', ...words)).toEqual({ code: 3, said: `new-rule: ${said}\n` });
  expect(await readFile(join(PROJECT, 'rules/index.ts'), 'utf8')).toBe(list);
});
