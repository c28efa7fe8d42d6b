import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** The tests of what is built, bundled or started as a process of its own, where no mutant can be chosen. */
const APART = /^test\/(archives|bench|bin|browser|docs|examples|lib|moto|package)\//;

/** Imports of values; what a module merely names the types of cannot change what it does. */
const IMPORTED = /(?:^|\n)(?:import|export) (?!type\b)[^;]*?from '(\.[^']+)'|\bimport\('(\.[^']+)'\)/g;

const importsOf = (root: string): ((file: string) => readonly string[]) => {
  const known = new Map<string, readonly string[]>();
  return (file) => {
    const found =
      known.get(file) ??
      [...readFileSync(join(root, file), 'utf8').matchAll(IMPORTED)]
        .map(([, from, called]) => relative(root, join(root, dirname(file), from ?? called ?? '')))
        .filter((path) => path.endsWith('.ts') && existsSync(join(root, path)));
    known.set(file, found);
    return found;
  };
};

/** Counts the imports that lie between a test and every module that it loads. */
const distancesFrom = (test: string, imports: (file: string) => readonly string[]): ReadonlyMap<string, number> => {
  const distances = new Map([[test, 0]]);
  for (const [file, distance] of distances) {
    for (const next of imports(file)) if (!distances.has(next)) distances.set(next, distance + 1);
  }
  return distances;
};

const sharedFolders = (test: string, file: string): number => {
  const parts = file.split('/');
  const own = test.split('/').slice(1);
  const parting = parts.findIndex((part, at) => part.replace(/\.ts$/, '') !== own[at]?.replace(/\.test\.ts$/, ''));
  return parting === -1 ? parts.length : parting;
};

export interface NearTest {
  readonly test: string;
  /** The files that it is tried for. */
  readonly files: ReadonlySet<string>;
}

/**
 * Gives the tests that load a file and are among the nearest to it. A test may come twice: first for the files that it is the
 * nearest to, and after all nearest ones for the others, of which little is alive by then.
 */
export const nearestTests = (root: string, files: readonly string[], most: number): readonly NearTest[] => {
  const imports = importsOf(root);
  const tests = globSync('test/**/*.test.ts', { cwd: root })
    .filter((test) => !APART.test(test))
    .toSorted()
    .map((test) => ({ test, distances: distancesFrom(test, imports) }));
  const pairs = files.flatMap((file) =>
    tests
      .filter(({ distances }) => distances.has(file))
      .map(({ test, distances }) => ({
        test,
        file,
        // One that loads less is quicker.
        away: (distances.get(file) ?? 0) + distances.size / 1000 - 10 * sharedFolders(test, file),
      }))
      .toSorted((a, b) => a.away - b.away)
      .slice(0, most)
      .map((pair, rank) => ({ ...pair, rank })),
  );
  const byRank = pairs.toSorted((a, b) => a.rank - b.rank);
  return [byRank.filter(({ rank }) => rank === 0), byRank.filter(({ rank }) => rank > 0)].flatMap((round) =>
    [...Map.groupBy(round, ({ test }) => test)].map(([test, those]) => ({
      test,
      files: new Set(those.map(({ file }) => file)),
    })),
  );
};
