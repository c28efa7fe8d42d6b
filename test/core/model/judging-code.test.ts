import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { judgingCode, judgingCodeHash, judgingSources } from '../../../core/model/judging-code.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

/** The modules that a bundler reaches from all that judges; of the rooms that tell it is shown nothing. */
const bundled = async (entryPoints: readonly string[]): Promise<readonly string[]> => {
  const { metafile } = await build({
    entryPoints: [...entryPoints],
    bundle: true,
    write: false,
    outdir: 'nowhere',
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    plugins: [
      {
        name: 'what tells',
        setup: ({ onResolve }) => onResolve({ filter: /\/(?:outputs|notify)\// }, () => ({ external: true })),
      },
    ],
  });
  return Object.keys(metafile.inputs).filter((path) => /^(?:rules|core\/(?:audit|model))\//.test(path));
};

test('the sources that judge are those that a bundler reaches, by their paths', async () => {
  const paths = [...judgingSources('.').keys()];
  expect(paths).toEqual(paths.toSorted());
  expect(paths).toEqual(
    expect.arrayContaining([
      'core/audit/judging.ts',
      'rules/conditions/age.ts',
      'rules/engine/configure.ts',
      'rules/engine/memory/roster.ts',
      'rules/stale-login.ts',
    ]),
  );
  expect((await bundled(paths)).toSorted()).toEqual(paths);
});

test('the code of a checkout is the version of the package and the hash of these sources', async () => {
  const { version }: { readonly version: string } = JSON.parse(await readFile('package.json', 'utf8'));
  expect(judgingCode()).toEqual({ version, sha256: judgingCodeHash('.') });
});

describe('the hash of another checkout', () => {
  let original: string;
  beforeAll(async () => {
    original = await newFolder();
    for (const name of ['core', 'rules', 'audit.yaml']) await cp(name, join(original, name), { recursive: true });
  });

  test('is the same, wherever it is', () => {
    expect(judgingCodeHash(original)).toBe(judgingCodeHash('.'));
  });

  const emptied = (text: string): string =>
    text.replace(/ {2}when: \[[^\]]*\],/, '  when: [{ text: () => "", holds: () => false }],');
  test.each([
    { name: 'the check of a rule is emptied', file: 'rules/super-user-api-access.ts', change: emptied, isOther: true },
    {
      name: 'what the engine makes of it is',
      file: 'rules/engine/lifecycle.ts',
      change: (text: string) => `${text} `,
      isOther: true,
    },
    {
      name: 'the config is',
      file: 'audit.yaml',
      change: (text: string) => `${text}\nmaxDropPercent: 30\n`,
      isOther: false,
    },
    { name: 'a page is', file: 'core/outputs/html/html.ts', change: (text: string) => `${text} `, isOther: false },
    {
      name: 'an explanation is',
      file: 'rules/explain/explain.ts',
      change: (text: string) => `${text} `,
      isOther: false,
    },
    { name: 'the archive is', file: 'core/archive/read-run.ts', change: (text: string) => `${text} `, isOther: false },
  ])('where $name changed, is another: $isOther', async ({ file, change, isOther }) => {
    const path = join(original, file);
    const text = await readFile(path, 'utf8');
    expect(change(text)).not.toBe(text);
    await writeFile(path, change(text));
    expect(judgingCodeHash(original) !== judgingCodeHash('.')).toBe(isOther);
    await writeFile(path, text);
  });

  test('is another where a file only has another name', async () => {
    const folder = await newFolder();
    await cp(original, folder, { recursive: true });
    await cp(join(folder, 'rules/stale-login.ts'), join(folder, 'rules/idle-login.ts'));
    const index = join(folder, 'rules/index.ts');
    await writeFile(index, (await readFile(index, 'utf8')).replace('./stale-login.ts', './idle-login.ts'));
    expect(judgingCodeHash(folder)).not.toBe(judgingCodeHash('.'));
  });
});
