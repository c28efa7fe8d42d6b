import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { type Block, collect, globals, type Test } from './globals.ts';

/** The doings of one test while no mutant is chosen. */
export interface Baseline {
  readonly ms: number;
  /** Time of processors: on a busy machine it says more of what a test costs. */
  readonly costMs: number;
  readonly reached: readonly number[];
  /** The number of times that it came by a mutant: far more of that is a loop without end. */
  readonly passed: number;
  readonly isGreen: boolean;
}

export interface Attempt {
  readonly kind: 'try';
  readonly id: number;
  /** Which tests, by their numbers, in the order in which they are to be run. */
  readonly tests: readonly number[];
  readonly limitMs: number;
  readonly mostPassed: number;
  /** Whether modules are loaded anew, for what is decided while they are. */
  readonly isFresh: boolean;
}

export type Ask = { readonly kind: 'load'; readonly isRun: boolean } | Attempt;

export interface Loaded {
  readonly tests: readonly Baseline[];
  readonly reachedAtLoad: readonly number[];
}

export interface Tried {
  readonly end: 'survived' | 'killed' | 'timed out';
  /** The number of the test that killed it, where one did. */
  readonly red?: number;
  readonly costMs: number;
  /** Whether the process is of no more use, since something goes on in it. */
  readonly isSpoilt: boolean;
}

/** The timers that tests with a faked clock must not stop. */
const { setTimeout, clearTimeout } = globalThis;

const [testFile = '', mutated = '{}'] = process.argv.slice(2);
const codes = new Map(Object.entries(JSON.parse(mutated) as Readonly<Record<string, string>>));
const root = new URL('../../', import.meta.url).href;

/** The address of `@jest/globals` while a test file is run here. */
const GLOBALS = 'mutants:globals';

/** Counts how often the project's modules were loaded: with another number they are others. */
let generation = 0;
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: GLOBALS, shortCircuit: true };
    const resolved = next(specifier, context);
    const isOurs = resolved.url.startsWith(root) && !resolved.url.includes('/node_modules/');
    return generation > 0 && isOurs ? { ...resolved, url: `${resolved.url}?${generation}` } : resolved;
  },
  load(url, context, next) {
    const path = codes.get(url.replace(/\?\d+$/, ''));
    const source =
      url === GLOBALS
        ? `export const { ${Object.keys(globals).join(', ')} } = globalThis.__globals;`
        : path && readFileSync(path, 'utf8');
    return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
  },
});

let chosen = 0;
let reached = new Set<number>();
let passed = 0;
let mostPassed = Number.POSITIVE_INFINITY;

Object.assign(globalThis, {
  __globals: globals,
  __mutant: (id: number): boolean => {
    if (id === chosen) return true;
    if (chosen === 0) reached.add(id);
    passed += 1;
    if (passed > mostPassed) throw new Error('this mutant makes a loop without end');
    return false;
  },
});

const isBlock = (one: Test | Block): one is Block => 'children' in one;

const testsOf = (block: Block): readonly Test[] =>
  block.children.flatMap((child) => (isBlock(child) ? testsOf(child) : [child]));

interface Around {
  readonly before: Block['hooks']['beforeEach'];
  readonly after: Block['hooks']['afterEach'];
}

/** Runs those tests of a block that have a rank, by rank, within all hooks that are theirs; `each` may stop it. */
const runBlock = async (
  block: Block,
  ranks: ReadonlyMap<Test, number>,
  each: (test: Test, run: () => Promise<void>) => Promise<void>,
  whole: (tests: readonly Test[], run: () => Promise<void>) => Promise<void>,
  around: Around = { before: [], after: [] },
): Promise<void> => {
  const rankOf = (child: Test | Block): number =>
    Math.min(...(isBlock(child) ? testsOf(child) : [child]).map((test) => ranks.get(test) ?? Number.POSITIVE_INFINITY));
  const wanted = block.children
    .filter((child) => rankOf(child) < Number.POSITIVE_INFINITY)
    .toSorted((a, b) => rankOf(a) - rankOf(b));
  if (wanted.length === 0) return;
  const { beforeAll, beforeEach, afterEach, afterAll } = block.hooks;
  const inner = { before: [...around.before, ...beforeEach], after: [...afterEach, ...around.after] };
  try {
    await whole(testsOf(block), async () => {
      for (const hook of beforeAll) await hook();
    });
    for (const child of wanted) {
      if (isBlock(child)) await runBlock(child, ranks, each, whole, inner);
      else {
        await each(child, async () => {
          try {
            for (const hook of inner.before) await hook();
            await child.run();
          } finally {
            for (const hook of inner.after) await hook();
          }
        });
      }
    }
  } finally {
    for (const hook of afterAll) await hook();
  }
};

const load = (): Promise<Block> =>
  collect(() => import(pathToFileURL(testFile).href + (generation > 0 ? `?${generation}` : '')));

let loaded: Block | undefined;

const msSince = (start: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};

const measured = async (): Promise<Loaded> => {
  reached = new Set();
  loaded = await load();
  const reachedAtLoad = [...reached];
  const tests = testsOf(loaded);
  const baselines = new Map(
    tests.map((test) => [test, { ms: 0, costMs: 0, reached: new Set<number>(), passed: 0, isGreen: true }]),
  );
  const watch = async (watched: readonly Test[], run: () => Promise<void>): Promise<void> => {
    reached = new Set();
    passed = 0;
    const start = performance.now();
    const cpuStart = process.cpuUsage();
    const error = await run().then(
      () => undefined,
      (cause: unknown) => cause ?? 'red',
    );
    for (const test of watched) {
      const baseline = baselines.get(test);
      if (baseline === undefined) continue;
      baseline.ms += performance.now() - start;
      baseline.costMs += msSince(cpuStart);
      baseline.passed += passed;
      baseline.isGreen &&= error === undefined;
      for (const id of reached) baseline.reached.add(id);
    }
    if (error !== undefined) process.stderr.write(`red without a mutant: ${inspect(error).slice(0, 400)}\n`);
  };
  const all = new Map(tests.map((test, number) => [test, number]));
  await runBlock(loaded, all, (test, run) => watch([test], run), watch).catch(() => {});
  return { tests: [...baselines.values()].map((one) => ({ ...one, reached: [...one.reached] })), reachedAtLoad };
};

/** Runs tests, given by number, and gives the number of the first that is red. */
const firstRed = async (block: Block, numbers: readonly number[]): Promise<number | undefined> => {
  const tests = testsOf(block);
  const ranks = new Map(
    numbers.flatMap((number, rank) => (tests[number] === undefined ? [] : [[tests[number], rank]])),
  );
  let last = numbers[0];
  try {
    const each = (test: Test, run: () => Promise<void>): Promise<void> => {
      last = tests.indexOf(test);
      return run();
    };
    await runBlock(block, ranks, each, (_, run) => run());
    return undefined;
  } catch {
    return last;
  }
};

/** The number of the first test that a mutant turns red; where nothing can even be loaded, it is that of the first. */
const firstKilling = async (tests: readonly number[], isFresh: boolean): Promise<number | undefined> => {
  if (!isFresh) return loaded && firstRed(loaded, tests);
  generation += 1;
  return load().then(
    (block) => firstRed(block, tests),
    () => tests[0],
  );
};

/** The outcome of an error that nobody waits for; without a mutant it has none. */
let onUncaught = (): void => {};

const tryMutant = async ({ id, tests, limitMs, mostPassed: most, isFresh }: Attempt): Promise<Tried> => {
  const { promise: late, resolve: endLate } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => endLate('late'), limitMs);
  let isThrown = false;
  onUncaught = () => {
    isThrown = true;
  };
  passed = 0;
  mostPassed = most;
  chosen = id;
  const cpuStart = process.cpuUsage();
  const ended = await Promise.race([firstKilling(tests, isFresh), late]);
  clearTimeout(timer);
  onUncaught = () => {};
  chosen = 0;
  mostPassed = Number.POSITIVE_INFINITY;
  const costMs = msSince(cpuStart);
  if (passed > most || (ended === 'late' && !isThrown)) return { end: 'timed out', costMs, isSpoilt: true };
  if (ended === 'late') return { end: 'killed', costMs, isSpoilt: true };
  const red = ended ?? (isThrown ? tests[0] : undefined);
  return red === undefined
    ? { end: 'survived', costMs, isSpoilt: false }
    : { end: 'killed', red, costMs, isSpoilt: false };
};

const answer = async (ask: Ask): Promise<Loaded | Tried> => {
  if (ask.kind === 'try') return tryMutant(ask);
  if (ask.isRun) return measured();
  loaded = await load();
  return { tests: [], reachedAtLoad: [] };
};

process.on('uncaughtException', () => onUncaught());
process.on('disconnect', () => process.exit());
process.on('message', async (ask: Ask) => {
  try {
    process.send?.(await answer(ask));
  } catch (error) {
    process.stderr.write(`${testFile} does not load: ${inspect(error)}\n`);
    process.exit(1);
  }
});
