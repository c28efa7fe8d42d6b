import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Mutant } from './mutate.ts';
import type { Ask, Baseline, Loaded, Tried } from './worker.ts';

/** Loads of all modules that a process bears before it is slow. */
const MOST_FRESH = 60;

/** Into how many the time of a mutant is parted, that no test file takes all of it. */
const SHARES = 4;

const CONFIRMED_AT_ONCE = 20;

/** The fate of a mutant so far. */
export interface Fate {
  readonly mutant: Mutant;
  end: 'alive' | 'killed' | 'timed out';
  isReached: boolean;
  /** Tests that stayed green. */
  survived: number;
  spentMs: number;
}

export interface Workplace {
  readonly root: string;
  /** The folder of what tests leave behind: it is gone with the run, even if their process was ended. */
  readonly folder: string;
  /** Paths of mutated code by the address of the module. */
  readonly codes: Readonly<Record<string, string>>;
  /** The time for which the tests that are run of one mutant may keep processors busy, all in all. */
  readonly budgetMs: number;
  /** The doings of test files without a mutant, as far as they have been run. */
  readonly known: Map<string, Loaded>;
}

/** Begins a process for one test file; what it does not answer in time, it will not answer. */
const startWorker = (test: string, { root, folder, codes }: Workplace) => {
  const child = fork(new URL('worker.ts', import.meta.url), [join(root, test), JSON.stringify(codes)], {
    cwd: root,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/code'), TMPDIR: folder },
    stdio: ['ignore', 'ignore', process.env.MUTANTS_DEBUG === undefined ? 'ignore' : 'inherit', 'ipc'],
  });
  const ask = <T>(question: Ask, limitMs: number): Promise<T | 'late' | 'gone'> => {
    const { promise, resolve } = Promise.withResolvers<T | 'late' | 'gone'>();
    const timer = setTimeout(() => resolve('late'), limitMs);
    const onGone = (): void => resolve('gone');
    child.once('message', (answer) => resolve(answer as T)).once('exit', onGone);
    child.send(question, (error) => error !== null && onGone());
    return promise.finally(() => {
      clearTimeout(timer);
      child.removeAllListeners('message').off('exit', onGone);
    });
  };
  return { ask, stop: () => child.kill('SIGKILL') };
};

interface Numbered extends Baseline {
  readonly number: number;
}

interface Attempted {
  readonly fate: Fate;
  readonly tests: readonly Numbered[];
  readonly end: Tried['end'];
  /** The test that was red, if one was. */
  readonly killing: readonly Numbered[];
}

/** The tests that reach each mutant, in their order. */
const byMutant = (green: readonly Numbered[]): ReadonlyMap<number, readonly Numbered[]> => {
  const reaching = new Map<number, Numbered[]>();
  for (const one of green) {
    for (const id of one.reached) {
      const those = reaching.get(id);
      if (those === undefined) reaching.set(id, [one]);
      else those.push(one);
    }
  }
  return reaching;
};

/** As many as there is time for. */
const within = (tests: readonly Numbered[], leftMs: number): readonly Numbered[] => {
  let ms = 0;
  return tests.filter((one) => {
    ms += one.costMs;
    return ms <= leftMs;
  });
};

/** Tries mutants on the tests of one file that reach them, and says in a line what came of it. */
export const runTestFile = async (test: string, fates: readonly Fate[], workplace: Workplace): Promise<string> => {
  const { budgetMs, known } = workplace;
  const start = performance.now();
  let worker = startWorker(test, workplace);
  let green: readonly Numbered[] = [];
  let fresh = 0;
  const beginAnew = async (): Promise<void> => {
    worker.stop();
    worker = startWorker(test, workplace);
    fresh = 0;
    await worker.ask({ kind: 'load', isRun: false }, 120_000);
  };
  const tryOn = async (id: number, tests: readonly Numbered[], isFresh: boolean): Promise<Tried> => {
    const sum = (of: (one: Numbered) => number): number => tests.reduce((total, one) => total + of(one), 0);
    const limitMs = 5000 + 10 * sum(({ ms }) => ms) + (isFresh ? 20_000 : 0);
    const numbers = tests.map(({ number }) => number);
    const mostPassed = 1_000_000 + 20 * sum(({ passed }) => passed);
    const question: Ask = { kind: 'try', id, tests: numbers, limitMs, mostPassed, isFresh };
    const tried = await worker.ask<Tried>(question, limitMs + 5000);
    fresh += isFresh ? 1 : 0;
    if (typeof tried === 'string' || tried.isSpoilt || fresh >= MOST_FRESH) await beginAnew();
    if (typeof tried !== 'string') return tried;
    return { end: tried === 'late' ? 'timed out' : 'killed', costMs: limitMs, isSpoilt: true };
  };
  const staysGreen = async (tests: readonly Numbered[], isFresh: boolean): Promise<boolean> =>
    (await tryOn(0, tests, isFresh)).end === 'survived';
  let unconfirmed: readonly Attempted[] = [];
  const attempt = async ({ fate, tests }: Pick<Attempted, 'fate' | 'tests'>, isFresh: boolean): Promise<Attempted> => {
    const { end, red, costMs } = await tryOn(fate.mutant.id, tests, isFresh);
    fate.spentMs += costMs;
    if (end === 'survived') fate.survived += tests.length;
    else fate.end = end;
    return { fate, tests, end, killing: green.filter(({ number }) => number === red) };
  };
  // What killed a mutant must be green without one; if it is not, something was left behind, and each is tried with care.
  const confirm = async (): Promise<void> => {
    const those = unconfirmed;
    unconfirmed = [];
    const killing = [...new Set(those.flatMap((one) => one.killing))];
    if (killing.length === 0 || (await staysGreen(killing, false))) return;
    await beginAnew();
    for (const one of those) {
      one.fate.end = 'alive';
      if (one.end === 'survived') one.fate.survived -= one.tests.length;
      const again = await attempt(one, false);
      if (again.killing.length > 0 && !(await staysGreen(again.killing, false))) await beginAnew();
    }
  };
  const tryWithin = async (fate: Fate, those: readonly Numbered[], isFresh: boolean): Promise<void> => {
    // The rest of its time is for other files; a mutant that no test was run of yet has one, however slow.
    const soon = within(those, Math.min(budgetMs / SHARES, budgetMs - fate.spentMs));
    const tests = soon.length > 0 || fate.survived > 0 ? soon : those.slice(0, 1);
    if (fate.end !== 'alive' || tests.length === 0) return;
    const attempted = await attempt({ fate, tests }, isFresh);
    if (isFresh) return;
    unconfirmed = [...unconfirmed, attempted];
    if (unconfirmed.length >= CONFIRMED_AT_ONCE) await confirm();
  };
  try {
    const before = known.get(test);
    const answered = await worker.ask<Loaded>({ kind: 'load', isRun: before === undefined }, 600_000);
    const loaded = typeof answered === 'string' ? answered : (before ?? answered);
    if (typeof loaded === 'string')
      return `${test}: ${loaded === 'late' ? 'takes too long' : 'does not load'}, left out`;
    known.set(test, loaded);
    green = loaded.tests
      .map((one, number) => ({ ...one, number }))
      .filter(({ isGreen }) => isGreen)
      .toSorted((a, b) => a.costMs - b.costMs);
    const reaching = byMutant(green);
    const atLoad = new Set(green.length > 0 ? loaded.reachedAtLoad : []);
    const reached = fates.filter(({ mutant: { id } }) => reaching.has(id) || atLoad.has(id));
    for (const fate of reached) {
      fate.isReached = true;
      const tests = reaching.get(fate.mutant.id);
      if (tests !== undefined) await tryWithin(fate, tests, false);
    }
    await confirm();
    const onlyAtLoad = reached.filter(({ end, mutant: { id } }) => end === 'alive' && atLoad.has(id));
    // Not every test bears modules that are there twice: without a mutant it has to.
    if (onlyAtLoad.length > 0 && (await staysGreen(within(green, budgetMs / SHARES), true))) {
      for (const fate of onlyAtLoad) await tryWithin(fate, green, true);
    }
    const red = loaded.tests.length - green.length;
    const seconds = Math.round((performance.now() - start) / 1000);
    const ended = reached.filter(({ end }) => end !== 'alive').length;
    const leftOut = red === 0 ? '' : ` (${red} more are red without a mutant)`;
    return `${test}: ${green.length} tests${leftOut}, ${reached.length} mutants reached, ${ended} killed, ${seconds} s`;
  } finally {
    worker.stop();
  }
};
