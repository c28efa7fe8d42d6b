import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { CODE_VERSION } from './version.ts';

/** The code that a run was judged by. */
export interface JudgingCode {
  readonly version: string;
  /** Of the sources that judge, hexadecimal; no config is in it. */
  readonly sha256: string;
}

/** The code from which all that judges is reached: the rules, what they are given, and what their answers make of a run. */
const ENTRIES = [
  ...['index', 'engine/configure', 'custom/custom-rule'].map((name) => `rules/${name}.ts`),
  ...['criteria', 'history', 'judging', 'listing', 'verdict'].map((name) => `core/audit/${name}.ts`),
];

/** The rooms that judge: what is imported from others reads or keeps, and judges nothing by itself. */
const JUDGING_ROOMS = /^(?:rules|core\/audit|core\/model)\//;

/** Rooms that tell what was judged: nothing that they import counts. */
const TELLING_ROOMS = /^core\/(?:outputs|notify)\//;

/** An import or export from a file beside this one. Of types alone nothing is left when the code runs. */
const IMPORT = /^(?:import|export) (?!type\b)[^'";=]*'(?<path>\.{1,2}\/[^']+)'/gm;

/** Lists the sources that judge by what they import, each by its path from the project's folder, with its SHA-256. */
export const judgingSources = (root: string): ReadonlyMap<string, string> => {
  const hashes = new Map<string, string>();
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path) || TELLING_ROOMS.test(path)) return;
    seen.add(path);
    const text = readFileSync(join(root, path), 'utf8');
    if (JUDGING_ROOMS.test(path)) hashes.set(path, createHash('sha256').update(text).digest('hex'));
    for (const { groups } of text.matchAll(IMPORT)) visit(posix.join(posix.dirname(path), groups?.path ?? ''));
  };
  for (const entry of ENTRIES) visit(entry);
  return new Map([...hashes].toSorted(([one], [other]) => (one < other ? -1 : 1)));
};

/** The SHA-256 over the paths and hashes of the sources that judge, in the order of the paths. */
export const judgingCodeHash = (root: string): string => {
  const hash = createHash('sha256');
  for (const [path, sha256] of judgingSources(root)) hash.update(`${path} ${sha256}\n`);
  return hash.digest('hex');
};

/** Put in by the bundler in the place of the sources, which a bundle has no longer; see lib/bundling.ts. */
declare const JUDGING_CODE_SHA256: string | undefined;

let own: JudgingCode | undefined;

/** The code of this process. */
export const judgingCode = (): JudgingCode => {
  own ??= {
    version: CODE_VERSION,
    sha256:
      typeof JUDGING_CODE_SHA256 === 'string'
        ? JUDGING_CODE_SHA256
        : judgingCodeHash(join(import.meta.dirname, '../..')),
  };
  return own;
};
