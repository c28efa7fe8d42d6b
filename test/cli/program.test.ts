import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { invoke } from './in-process.ts';

const CLI = resolve(import.meta.dirname, '../../cli');

test('every command that a command.ts declares is listed by help', async () => {
  const { stdout } = await invoke(['help']);
  const listed = stdout.slice(stdout.indexOf('\nCommands:\n')).matchAll(/^ {2}([a-z-]+) /gm);
  const folders = (await readdir(CLI)).filter((name) => existsSync(join(CLI, name, 'command.ts')));
  const texts = await Promise.all(folders.map((name) => readFile(join(CLI, name, 'command.ts'), 'utf8')));
  const declared = texts.flatMap((text) =>
    [...text.matchAll(/export const ([A-Za-z]+)Command\b/g)].map(([, name = '']) =>
      name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    ),
  );
  expect(declared).toEqual(expect.arrayContaining(folders));
  expect([...listed].map(([, name = '']) => name).toSorted()).toEqual([...declared, 'help'].toSorted());
});

test('the help of each command fits a terminal of 120 columns', async () => {
  const { stdout } = await invoke(['help']);
  const listed = stdout.slice(stdout.indexOf('\nCommands:\n')).matchAll(/^ {2}([a-z-]+) /gm);
  const names = [...listed].map(([, name = '']) => name).filter((name) => name !== 'help');
  expect(names).toContain('verify');
  for (const words of [[], ...names.map((name) => [name]), ['rules', 'test'], ['rules', 'new']]) {
    const help = await invoke([...words, '--help']);
    const wide = help.stdout.split('\n').filter((line) => line.length > 120);
    expect({ words, code: help.code, wide }).toEqual({ words, code: 0, wide: [] });
  }
});

/** The imports of a file that come before anything runs: types are erased, and `import()` waits until it is called. */
const staticImports = async (file: string): Promise<readonly string[]> => {
  const text = await readFile(file, 'utf8');
  return [...text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)'/gm)].map(([, from]) => from ?? '');
};

const loadedFrom = async (entry: string): Promise<ReadonlySet<string>> => {
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const file of files) {
    for (const from of await staticImports(file)) {
      if (from.startsWith('.')) files.add(join(dirname(file), from));
      else packages.add(from);
    }
  }
  return new Set([...files, ...packages]);
};

test('a command line loads commander and the declarations, and the code of no command', async () => {
  const loaded = [...(await loadedFrom(join(CLI, 'main.ts')))];
  expect(loaded.filter((from) => !/^(?:\/|node:)/.test(from))).toEqual(['commander']);
  expect(loaded.filter((from) => /\/(?:action|options|view)\.ts$/.test(from))).toEqual([]);
  expect(loaded).toContain(join(CLI, 'run/command.ts'));
});
