import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { temporaryFolders } from './support/temporary-folder.ts';

const PROJECT = resolve(import.meta.dirname, '..');
const newFolder = temporaryFolders();

const wallSchema = z.object({
  includes: z.array(z.string()),
  linter: z.object({
    rules: z.object({
      style: z.object({
        noRestrictedImports: z.object({
          options: z.object({ patterns: z.array(z.object({ group: z.array(z.string()), message: z.string() })) }),
        }),
      }),
    }),
  }),
});
const configSchema = z.object({ overrides: z.array(wallSchema) });

const config: Readonly<Record<string, unknown>> = JSON.parse(await readFile(join(PROJECT, 'biome.json'), 'utf8'));
const walls = configSchema
  .parse(config)
  .overrides.flatMap(({ includes, linter }) =>
    includes.flatMap((folder) =>
      linter.rules.style.noRestrictedImports.options.patterns.map((pattern) => ({ folder, ...pattern })),
    ),
  );

const fileIn = (folder: string, name: string): string => folder.replace(/\*\*?/, name);

/** A module that a pattern forbids: `../audit/**` forbids `../audit/some/module.ts`. */
const forbidden = (pattern: string): string =>
  pattern
    .replace(/^\*\*\//, '../')
    .replace(/\*\*$/, 'some/module.ts')
    .replaceAll('*', 'some');

const importing = (modules: readonly string[]): string =>
  modules.map((module, index) => `import * as m${index} from '${module}';\nexport { m${index} };\n`).join('');

const writeFiles = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await newFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
};

/** Lints a folder by a linter of the project; gives all that it says. */
const lint = (folder: string, linter: string, ...flags: readonly string[]): Promise<string> =>
  new Promise((done) => {
    const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024 };
    execFile(join(PROJECT, 'node_modules/.bin', linter), flags, options, (_error, stdout, stderr) =>
      done(stdout + stderr),
    );
  });

describe('a wall between folders', () => {
  let said: readonly string[] = [];
  beforeAll(async () => {
    const ofWalls = walls.flatMap(({ folder, group }) => [
      [fileIn(folder, 'crosses.ts'), importing(group.map(forbidden))],
      [fileIn(folder, 'stays.ts'), importing(['./neighbour.ts'])],
    ]);
    const folder = await writeFiles({
      ...Object.fromEntries(ofWalls),
      'biome.json': JSON.stringify({ ...config, $schema: undefined, vcs: { enabled: false } }),
    });
    const report = await lint(folder, 'biome', 'lint', '--colors=off', '--max-diagnostics=2000');
    said = report.split(/\n(?=\S+ lint\/)/);
  });
  const restrictions = (path: string) =>
    said.filter((one) => one.startsWith(`${path}:`) && one.includes('noRestrictedImports'));

  test.each(walls)('keeps $folder from what it must not import, and says why', ({ folder, group, message }) => {
    const found = restrictions(fileIn(folder, 'crosses.ts'));
    expect(found).toHaveLength(group.length);
    for (const one of found) expect(one).toContain(message);
  });

  test.each(walls)('lets $folder import its neighbours', ({ folder }) => {
    expect(restrictions(fileIn(folder, 'stays.ts'))).toEqual([]);
  });
});

test('every folder of the core has a wall', async () => {
  const entries = await readdir(join(PROJECT, 'core'), { withFileTypes: true });
  const folders = entries.map(({ name }) => `core/${name}/**`);
  expect(walls.map(({ folder }) => folder)).toEqual(expect.arrayContaining(folders));
});

test.each([
  { name: 'values', first: `import { b } from './b.ts';\nexport const a = (): unknown => b;\n` },
  { name: 'types', first: `import type { B } from './b.ts';\nexport type A = B | undefined;\n` },
])('a circle of $name between files turns the linter red', async ({ first }) => {
  const folder = await writeFiles({
    'core/a.ts': first,
    'core/b.ts': `import type * as a from './a.ts';\nexport const b = 1;\nexport type B = typeof a;\n`,
  });
  const said = await lint(folder, 'oxlint', '-c', join(PROJECT, '.oxlintrc.json'), '--deny-warnings', '.');
  expect(said).toContain('import(no-cycle)');
});
