import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { allCode } from '../../lib/bundling.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

const newFolder = temporaryFolders();

const FRAME = /^ *at (?:async )?(?<name>\S+) \(.*?\/(?<file>(?:lambda|core|rules)\/\S+\.ts):(?<line>\d+):\d+\)$/;

const sourceLine = async (file = '', line = ''): Promise<string | undefined> =>
  (await readFile(join(PROJECT, file), 'utf8')).split('\n')[Number(line) - 1];

test('a trace of bundled code names the lines of the sources', async () => {
  const folder = await newFolder();
  await Promise.all([...allCode()].map(([name, text]) => writeFile(join(folder, name), text)));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--enable-source-maps', '--eval', "import('./durable-handler.mjs').catch(({ stack }) => console.log(stack))"],
    { cwd: folder },
  );
  const [, ...frames] = stdout.split('\n');
  const own = frames.map((frame) => FRAME.exec(frame)?.groups).filter((groups) => groups !== undefined);
  const lines = await Promise.all(own.map(({ file, line }) => sourceLine(file, line)));
  // A function whose files are not there: what reads them, and what asked for that.
  expect(own[0]).toMatchObject({ name: 'read', file: 'lambda/bundled-config.ts' });
  expect(lines[0]).toContain('readFileSync(');
  expect(lines[1]).toContain('read(');
  expect(own[2]?.file).toBe('lambda/composition.ts');
  expect(lines[2]).toContain('readBundled');
});
