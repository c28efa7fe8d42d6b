import { readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App } from 'aws-cdk-lib';
import { build } from 'esbuild';
import { parseConfig } from '../../core/config/read-config.ts';
import { AuditorStack } from '../../lib/auditor-stack.ts';
import { rules } from '../../rules/index.ts';
import { interleaved, type Measure, median } from '../measure.ts';
import { inFolder, runJson } from '../processes.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const TIMES = 15;

/** The least that a function needs to write to a bucket and a topic. */
const EMPTY_HANDLER = `
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
const clients = [new S3Client({}), new SNSClient({})];
export const handler = async () => clients.length;
`;

/** The code that is deployed, with the project's own config. */
const synthesise = async (outdir: string): Promise<string> => {
  const configFile = join(PROJECT, 'audit.yaml');
  const config = parseConfig(readFileSync(configFile, 'utf8'), configFile, rules);
  const app = new App({ outdir, builtinCloudFormationValidation: false });
  const { stackName } = new AuditorStack(app, 'Bench', { config, configFile });
  for (const name of await readdir(app.synth().directory)) {
    const code = join(outdir, name, 'index.mjs');
    if ((await stat(code).catch(() => undefined)) !== undefined) return code;
  }
  throw new Error(`no asset of the function of ${stackName} in ${outdir}`);
};

const bundleEmptyHandler = async (folder: string): Promise<string> => {
  const outfile = join(folder, 'empty.mjs');
  await build({
    stdin: { contents: EMPTY_HANDLER, resolveDir: PROJECT },
    bundle: true,
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire as _cr}from'node:module';const require=_cr(import.meta.url);" },
    outfile,
  });
  return outfile;
};

/** The bytes of a file of code and of all that it imports at once from beside it. */
const sizeOf = async (code: string): Promise<number> => {
  const names = new Set([code]);
  let size = 0;
  for (const name of names) {
    const text = await readFile(name);
    size += text.length;
    for (const [, imported = ''] of text.toString().matchAll(/(?:\bfrom|^import|;import) ?"(\.\/[\w@./:-]+)"/gm))
      names.add(join(dirname(name), imported));
  }
  return size;
};

/** The time to import the code in a process of its own, in milliseconds. */
const importMs = (code: string): Promise<number> =>
  runJson<number>(process.execPath, [
    '--enable-source-maps',
    '--input-type=module',
    '--eval',
    `process.env.AWS_REGION = 'us-east-1';
    const before = performance.now();
    await import(${JSON.stringify(pathToFileURL(code).href)});
    process.stdout.write(String(performance.now() - before));`,
  ]);

/** The time until the function's code is there, beside that of one that does nothing with the same clients. */
export const coldStart = (): Promise<readonly Measure[]> =>
  inFolder(async (folder) => {
    const code = await synthesise(join(folder, 'cdk.out'));
    const empty = await bundleEmptyHandler(folder);
    const taken = await interleaved(TIMES, { ours: () => importMs(code), empty: () => importMs(empty) });
    const ours = median(taken.ours);
    const size = await sizeOf(code);
    return [
      { what: 'import of the deployed code', value: ours, unit: 'ms' },
      { what: 'import / import of an empty handler', value: ours / median(taken.empty), unit: '×', most: 1.3 },
      { what: 'size of the deployed code', value: size / 1000, unit: 'kB', most: 700 },
    ];
  });
