import { globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { plural } from '../../core/text/plain-text.ts';
import { mutate } from './mutate.ts';
import { nearestTests } from './nearest-tests.ts';
import { type Fate, runTestFile } from './test-file.ts';
import type { Loaded } from './worker.ts';

/*
 * Changes the code in small ways and looks whether a test notices: `npm run mutants -- core/verify core/text/person.ts:18`.
 *
 * All mutants of the chosen files are written into their code at once, each behind a question whether it is the chosen one.
 * A test file is loaded once, by Node and without jest, and its tests run: that tells which tests reach which mutants. Then, one
 * mutant after the other is chosen, and the tests that reach it run until one is red. What is reached while modules load is
 * tried on modules loaded anew.
 *
 * A mutant is tried on the nearest test files (`--near`), the nearest first, and for no longer than its budget (`--budget`, in
 * seconds), so that one which survives may still die by a test that is slow or far. Processes that tests start run the code as
 * it is.
 */

const root = join(import.meta.dirname, '../..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    budget: { type: 'string', default: '6' },
    near: { type: 'string', default: '12' },
    processes: { type: 'string', default: '1' },
  },
});

const filesAt = (path: string): readonly string[] =>
  statSync(join(root, path)).isDirectory()
    ? globSync(`${path}/**/*.ts`, { cwd: root, exclude: ['**/*.test.ts'] }).toSorted()
    : [path];

if (positionals.length === 0) {
  process.stderr.write('mutants: PATH must be a folder, a file or FILE:LINE[:COLUMN], got nothing\n');
  process.exit(3);
}

/** The mutants asked for: folders, files, lines and places, as `core/text/person.ts:18:7`. */
const asked = positionals.map((argument) => {
  const [path = '', line, column] = argument.split(':');
  return { files: filesAt(path.replace(/\/$/, '')), line, column };
});

const isAsked = ({ mutant: { file, line, column } }: Fate): boolean =>
  asked.some(
    (one) =>
      one.files.includes(file) &&
      [undefined, `${line}`].includes(one.line) &&
      [undefined, `${column}`].includes(one.column),
  );

const countsOf = (file: string, fates: readonly Fate[]): string => {
  const count = (is: (fate: Fate) => boolean): number => fates.filter(is).length;
  const counts = {
    mutants: fates.length,
    killed: count(({ end }) => end === 'killed'),
    'timed out': count(({ end }) => end === 'timed out'),
    'not reached': count(({ end, isReached }) => end === 'alive' && !isReached),
    survived: count(({ end, isReached }) => end === 'alive' && isReached),
  };
  const shown = Object.entries(counts).map(([name, number]) => `${number} ${name}`);
  return `${file}: ${shown.join(', ')}\n`;
};

const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const files = [...new Set(asked.flatMap((one) => one.files))];
const mutated = mutate(root, files);
const codes = Object.fromEntries(
  mutated.map(({ file, code }, number) => {
    const path = join(folder, `${number}.js`);
    writeFileSync(path, stripTypeScriptTypes(code));
    return [pathToFileURL(join(root, file)).href, path];
  }),
);
const budgetMs = Number(values.budget) * 1000;
const fates = mutated
  .flatMap(({ mutants }) => mutants)
  .map((mutant): Fate => ({ mutant, end: 'alive', isReached: false, survived: 0, spentMs: 0 }))
  .filter(isAsked);
const tests = [...nearestTests(root, files, Number(values.near))];
const known = new Map<string, Loaded>();
const work = async (): Promise<void> => {
  for (let next = tests.shift(); next !== undefined; next = tests.shift()) {
    const near = next.files;
    const left = fates.filter(
      ({ end, spentMs, mutant: { file } }) => end === 'alive' && spentMs < budgetMs && near.has(file),
    );
    if (left.length === 0) continue;
    process.stderr.write(`${await runTestFile(next.test, left, { root, folder, codes, budgetMs, known })}\n`);
  }
};
await Promise.all(Array.from({ length: Number(values.processes) }, work));
for (const { mutant, end, isReached, survived } of fates) {
  const { file, line, column, original, replacement } = mutant;
  if (end !== 'alive') continue;
  const why = isReached ? `survived ${plural(survived, 'test')}` : 'not reached';
  process.stdout.write(`${file}:${line}:${column}  ${original} → ${replacement}  (${why})\n`);
}
for (const [file, those] of Map.groupBy(fates, ({ mutant }) => mutant.file))
  process.stdout.write(countsOf(file, those));
