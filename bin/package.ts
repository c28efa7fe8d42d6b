import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { judgingCodeHash } from '../core/model/judging-code.ts';
import { allCode } from '../lib/bundling.ts';
import { compile, compileDeclarations } from './declarations.ts';

// npm runs this before it packs (`build`) and after (`restore`): the clone goes on without a build.
const PROJECT = resolve(import.meta.dirname, '..');
const MANIFEST = 'package.json';
/** The clone's own manifest, while that of the package stands in its place. */
const SET_ASIDE = 'node_modules/.cache/package.json';

const at = (path: string): string => join(PROJECT, path);

const write = (path: string, text: string): void => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
};

/** Copies a file into the package, changed. */
const carry = (from: string, to: string, change: (text: string) => string): void =>
  write(to, change(readFileSync(at(from), 'utf8')));

interface Manifest extends Readonly<Record<string, unknown>> {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
}

const built = (source: string): string => source.replace(/^(?:\.\/)?/, './dist/');

const exported = (source: string): unknown =>
  source.endsWith('.ts')
    ? { types: built(source).replace(/\.ts$/, '.d.ts'), default: built(source).replace(/\.ts$/, '.js') }
    : source;

const mapValues = <T>(values: Readonly<Record<string, string>>, change: (value: string) => T) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));

/** Gives the manifest of the package by that of the clone: the clone is private, so that only what was packed is published. */
const packedManifest = (text: string): string => {
  const { bin, exports, ...manifest }: Manifest = JSON.parse(text);
  const ofClone = ['private', 'scripts', 'allowScripts', 'optionalDependencies', 'devDependencies'];
  const kept = Object.entries(manifest).filter(([name]) => !ofClone.includes(name));
  const paths = { bin: mapValues(bin, (file) => built(file).slice(2)), exports: mapValues(exports, exported) };
  return `${JSON.stringify({ ...Object.fromEntries(kept), ...paths }, undefined, 2)}\n`;
};

const build = (): void => {
  rmSync(at('dist'), { recursive: true, force: true });
  compile('tsconfig.package.json');
  compileDeclarations(at('dist'));
  for (const [name, text] of allCode()) write(`dist/asset/${name}`, text);
  carry('bin/finspace-audit.js', 'dist/bin/finspace-audit.js', (text) => text.replaceAll(".ts'", ".js'"));
  // As the bundler does: the sources by which it would be computed stay in the clone.
  const hash = JSON.stringify(judgingCodeHash(PROJECT));
  const judging = 'dist/core/model/judging-code.js';
  carry(judging, judging, (text) => text.replaceAll('JUDGING_CODE_SHA256', hash));
  // Last, so that nothing is to be restored where something failed.
  mkdirSync(dirname(at(SET_ASIDE)), { recursive: true });
  cpSync(at(MANIFEST), at(SET_ASIDE));
  carry(MANIFEST, MANIFEST, packedManifest);
};

const restore = (): void => {
  renameSync(at(SET_ASIDE), at(MANIFEST));
  rmSync(at('dist'), { recursive: true });
};

const STEPS: Readonly<Record<string, () => void>> = { build, restore };
const [asked = ''] = process.argv.slice(2);
const step = STEPS[asked];
if (step === undefined) {
  process.stderr.write(`package: must be one of ${Object.keys(STEPS).join(', ')}, got ${JSON.stringify(asked)}\n`);
  process.exitCode = 3;
} else step();
