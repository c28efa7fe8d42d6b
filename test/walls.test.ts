import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { productFilesWith } from './support/product-code.ts';
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
    includes
      .filter((folder) => !folder.startsWith('!'))
      .flatMap((folder) =>
        linter.rules.style.noRestrictedImports.options.patterns.map((pattern) => ({ folder, ...pattern })),
      ),
  );

const fileIn = (folder: string): string => folder.replace(/\*\*?(?:\.ts)?$/, 'some.ts');

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
  /** Gives a file to each wall and lints them; tells what is said of the imports of one. */
  const lintImports = async (modulesOf: (wall: (typeof walls)[number]) => readonly string[]) => {
    const folder = await writeFiles({
      ...Object.fromEntries(walls.map((wall) => [fileIn(wall.folder), importing(modulesOf(wall))])),
      'biome.json': JSON.stringify({ ...config, $schema: undefined, vcs: { enabled: false } }),
    });
    const report = await lint(folder, 'biome', 'lint', '--colors=off', '--max-diagnostics=2000');
    const said = report.split(/\n(?=\S+ lint\/)/).filter((one) => one.includes('noRestrictedImports'));
    return (path: string) => said.filter((one) => one.startsWith(`${path}:`));
  };
  let crossing: (path: string) => readonly string[];
  let staying: (path: string) => readonly string[];
  beforeAll(async () => {
    crossing = await lintImports(({ group }) => group.map(forbidden));
    // Rules don't know each other.
    staying = await lintImports(({ group }) => [group.includes('./*.ts') ? './inside/one.ts' : './neighbour.ts']);
  });

  test.each(walls)('keeps $folder from what it must not import, and says why', ({ folder, group, message }) => {
    const found = crossing(fileIn(folder));
    expect(found).toHaveLength(group.length);
    for (const one of found) expect(one).toContain(message);
  });

  test.each(walls)('lets $folder import its neighbours', ({ folder }) => {
    expect(staying(fileIn(folder))).toEqual([]);
  });
});

test('every folder of the core and of the rules has a wall', async () => {
  const rules = await readdir(join(PROJECT, 'rules'), { recursive: true, withFileTypes: true });
  const folders = [
    ...(await readdir(join(PROJECT, 'core'))).map((name) => `core/${name}`),
    ...rules
      .filter((entry) => entry.isDirectory())
      .map(({ parentPath, name }) => relative(PROJECT, join(parentPath, name))),
  ];
  expect(walls.map(({ folder }) => dirname(folder))).toEqual(expect.arrayContaining(folders));
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

test('no file of the product comes back to itself, by an import that waits until it is needed either', async () => {
  const imports = new Map<string, readonly string[]>();
  for (const path of await productFilesWith(/./)) {
    const text = await readFile(join(PROJECT, path), 'utf8');
    const found = [...text.matchAll(/\b(?:from|import\() ?'(\.[^'$]+)'/g)];
    imports.set(
      path,
      found.map(([, module = '']) => join(dirname(path), module)),
    );
  }
  expect([...imports.values()].flat().filter((path) => path.endsWith('.ts') && !imports.has(path))).toEqual([]);
  // What imports nothing that is left, or is imported by nothing that is left, is in no circle.
  for (let before = -1; before !== imports.size; ) {
    before = imports.size;
    for (const [path, modules] of imports) if (!modules.some((module) => imports.has(module))) imports.delete(path);
    const imported = new Set([...imports.values()].flat());
    for (const path of [...imports.keys()]) if (!imported.has(path)) imports.delete(path);
  }
  expect([...imports.keys()]).toEqual([]);
});
