import { execFileSync } from 'node:child_process';
import { copyFile, cp, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { command } from './cli/command.ts';
import { temporaryFolders } from './support/temporary-folder.ts';

const PROJECT = resolve(import.meta.dirname, '..');

const newFolder = temporaryFolders();

/** The commands of the README's block that follows these words. */
const samplesAfter = async (words: string): Promise<readonly (readonly string[])[]> => {
  const readme = await readFile(join(PROJECT, 'README.md'), 'utf8');
  const [, block = ''] = /```sh\n(.*?)```/s.exec(readme.slice(readme.indexOf(words))) ?? [];
  const lines = block.trim().split('\n');
  return lines.map((line) => line.replace(/ +#.*/, '').split(' '));
};

/** Splits a command as a shell does, as far as samples need it. */
const wordsOf = (sample: string): readonly string[] =>
  [...sample.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');

let cwd: string;
beforeAll(async () => {
  cwd = await newFolder();
  for (const file of ['audit.yaml', 'waivers.yaml']) await copyFile(join(PROJECT, file), join(cwd, file));
  await cp(join(PROJECT, 'examples'), join(cwd, 'examples'), { recursive: true });
});

test('npm ci warns of no engines: the Node that npm runs on is not the one that runs the project', () => {
  // What npm was started with goes before the project's own settings.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name)));
  const level = execFileSync('npm', ['config', 'get', 'loglevel'], { cwd: PROJECT, env, encoding: 'utf8' });
  expect(level.trim()).toBe('error');
});

test('what the samples write stands where neither git nor the linter looks', async () => {
  const [readme, ignored] = await Promise.all(
    ['README.md', '.gitignore'].map((name) => readFile(join(PROJECT, name), 'utf8')),
  );
  const folders = [...(readme ?? '').matchAll(/ --(?:out|pack) ([\w-]+)/g)].map(([, folder = '']) => `${folder}/`);
  expect(new Set(folders).size).toBeGreaterThan(2);
  expect(ignored?.split('\n')).toEqual(expect.arrayContaining(folders));
});

test('after npm start, the samples of the README run as they stand', async () => {
  const { scripts }: { scripts: { start: string } } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'));
  expect(scripts.start).toBe('node bin/finspace-audit.js demo');
  const TMPDIR = await newFolder();
  expect(await command(['demo'], { TMPDIR }, cwd)).toMatchObject({ code: 0, stderr: '' });

  const samples = await samplesAfter('After `npm start`');
  expect(samples.map(([, , name]) => name)).toEqual(
    expect.arrayContaining(['history', 'verify', 'diff', 'explain', 'replay', 'review', 'rules']),
  );
  for (const [npx, program, ...words] of samples) {
    expect([npx, program]).toEqual(['npx', 'finspace-audit']);
    const { code, stdout, stderr } = await command(words, { TMPDIR }, cwd);
    // It prints the page's path, and tells people which page that is.
    const told =
      words[0] === 'open' ? expect.stringMatching(/^the page of run \w+, COMPLETE; nothing here opens it\n$/) : '';
    const leftBehind = await readdir(TMPDIR);
    expect({ words, code, stderr, leftBehind }).toEqual({ words, code: 0, stderr: told, leftBehind: [] });
    expect(stdout).not.toBe('');
    // It is to show what its comment says.
    if (words[0] === 'explain') expect(stdout).toMatch(/^Smallest change {2,}\S/m);
  }
});

test('the second example audits a saved roster as it stands', async () => {
  const readme = await readFile(join(PROJECT, 'README.md'), 'utf8');
  const [, second = ''] = [...readme.matchAll(/```sh\n(.*?)\n```/gs)].map(([, block = '']) => block);
  const [npx, program, ...words] = wordsOf(second);
  expect([npx, program, ...words.slice(0, 3)]).toEqual([
    'npx',
    'finspace-audit',
    'run',
    '--roster',
    'examples/users.json',
  ]);
  const { code, stdout, stderr } = await command([...words, '--json'], {}, cwd);
  expect({ code, stderr: stderr.includes('ATTESTED, NOT SEEN') }).toEqual({ code: 0, stderr: true });
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'COMPLETE', counts: { users: 40 }, source: { kind: 'roster' } });
});
