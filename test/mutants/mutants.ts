import { globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { messageOf } from '../../core/text/error-message.ts';
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

const refuse = (message: string): never => {
  process.stderr.write(`mutants: ${message}\n`);
  process.exit(3);
};

const readArgs = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        budget: { type: 'string', default: '6' },
        near: { type: 'string', default: '12' },
        processes: { type: 'string', default: '1' },
      },
    });
  } catch (error) {
    return refuse(messageOf(error));
  }
};

const { values, positionals } = readArgs();

/** Without it, none would be tried, and each mutant be told to survive. */
const countOf = (name: keyof typeof values): number => {
  if (/^[1-9]\d{0,5}$/.test(values[name])) return Number(values[name]);
  return refuse(`--${name} must be a whole number from 1, got ${JSON.stringify(values[name])}`);
};
const near = countOf('near');
const processes = countOf('processes');
const budgetMs = countOf('budget') * 1000;

const filesAt = (path: string): readonly string[] => {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  if (found === undefined) return refuse(`PATH must be a folder or a file of the project, got ${JSON.stringify(path)}`);
  return found.isDirectory()
    ? globSync(`${path}/**/*.ts`, { cwd: root, exclude: ['**/*.test.ts'] }).toSorted()
    : [path];
};

if (positionals.length === 0) refuse('PATH must be a folder, a file or FILE:LINE[:COLUMN], got nothing');

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
const fates = mutated
  .flatMap(({ mutants }) => mutants)
  .map((mutant): Fate => ({ mutant, end: 'alive', isReached: false, survived: 0, spentMs: 0 }))
  .filter(isAsked);
if (fates.length === 0) refuse(`PATH must be of code that can be changed, got ${positionals.join(' ')}`);
const tests = [...nearestTests(root, files, near)];
const known = new Map<string, Loaded>();
const work = async (): Promise<void> => {
  for (let next = tests.shift(); next !== undefined; next = tests.shift()) {
    const left = fates.filter(
      ({ end, spentMs, mutant: { file } }) => end === 'alive' && spentMs < budgetMs && next.files.has(file),
    );
    if (left.length === 0) continue;
    process.stderr.write(`${await runTestFile(next.test, left, { root, folder, codes, budgetMs, known })}\n`);
  }
};
await Promise.all(Array.from({ length: processes }, work));
for (const { mutant, end, isReached, survived } of fates) {
  const { file, line, column, original, replacement } = mutant;
  if (end !== 'alive') continue;
  const why = isReached ? `survived ${plural(survived, 'test')}` : 'not reached';
  process.stdout.write(`${file}:${line}:${column}  ${original} → ${replacement}  (${why})\n`);
}
for (const [file, those] of Map.groupBy(fates, ({ mutant }) => mutant.file))
  process.stdout.write(countsOf(file, those));
