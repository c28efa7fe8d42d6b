import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PROJECT = resolve(import.meta.dirname, '..');

/** Compiles by a project file, into the folder that it names or another. */
export const compile = (project: string, outDir?: string): void => {
  const words = ['-p', join(PROJECT, project), ...(outDir === undefined ? [] : ['--outDir', outDir])];
  execFileSync(join(PROJECT, 'node_modules/.bin/tsc'), words, { stdio: ['ignore', 2, 2] });
};

/** Compiles the declarations of what the package exports into a folder. */
export const compileDeclarations = (folder: string): void => {
  compile('tsconfig.declarations.json', folder);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const file = join(folder, name);
    // What the compiler does in code, it leaves in declarations.
    const text = readFileSync(file, 'utf8').replaceAll(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/g, '$1$2.js$1');
    writeFileSync(file, text);
  }
};
