import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { EXIT, UsageError } from '../../cli/terminal/exit-codes.ts';
import { type Cell, table } from '../../cli/terminal/table.ts';
import { type Io, processIo } from '../../cli/terminal/terminal.ts';
import { messageOf } from '../../core/text/error-message.ts';
import { fuzz } from './fuzz.ts';
import { FUZZ_KINDS, type FuzzKind } from './fuzzed.ts';
import { faultCases } from './matrix.ts';
import type { CaseOutcome, FaultCase } from './run-case.ts';
import { showTamperings } from './tampering-table.ts';

/** Cases that a thread has under way at once: while one waits for an answer that never comes, others work. */
const AT_ONCE = 4;

interface Ran {
  readonly one: FaultCase;
  readonly outcome: CaseOutcome;
}

/** Runs cases on as many threads as there are cores and work for; the outcomes come in the order of the cases. */
const runAll = async (cases: readonly FaultCase[], onDone: (done: number) => void): Promise<readonly Ran[]> => {
  const ran = new Map<number, Ran>();
  const left = cases.map((one, number) => ({ number, one }));
  const work = (): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(new URL('fault-worker.ts', import.meta.url));
    let underWay = 0;
    const give = (): void => {
      const next = left.shift();
      if (next !== undefined) {
        underWay += 1;
        worker.postMessage(next);
      } else if (underWay === 0) resolve();
    };
    worker.once('error', reject);
    worker.on('message', ({ number, outcome }: { readonly number: number; readonly outcome: CaseOutcome }) => {
      underWay -= 1;
      const one = cases[number];
      if (one !== undefined) ran.set(number, { one, outcome });
      onDone(ran.size);
      give();
    });
    for (let n = 0; n < AT_ONCE; n += 1) give();
    return promise.finally(() => worker.terminate());
  };
  const threads = Math.min(availableParallelism(), Math.ceil(cases.length / AT_ONCE));
  await Promise.all(Array.from({ length: threads }, work));
  return cases.flatMap((_, number) => ran.get(number) ?? []);
};

const sum = (ran: readonly Ran[], count: (outcome: CaseOutcome) => number): number =>
  ran.reduce((total, { outcome }) => total + count(outcome), 0);

/** `COMPLETE 6, INCOMPLETE 2` */
const verdictsIn = (ran: readonly Ran[]): string =>
  [...Map.groupBy(ran, ({ outcome }) => outcome.verdicts[0] ?? 'none')]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([verdict, those]) => `${verdict} ${those.length}`)
    .join(', ');

const usersIn = (ran: readonly Ran[]): string => {
  const users = ran.map(({ outcome }) => outcome.users);
  const [least, most] = [Math.min(...users), Math.max(...users)];
  return least === most ? `${least}` : `${least}-${most}`;
};

const HEADINGS = [
  'fault',
  'how often',
  'cases',
  'attempts',
  'resolved wrongly',
  'notified twice',
  'notified again*',
  'lost',
  'verify',
  'users',
  'first attempt',
];

/** Wide enough for the table to stay one line a row. */
const WIDTH = 160;

/** A count that must be 0: shown in red where it is not. */
const zero = (count: number): Cell => (count === 0 ? '0' : { text: String(count), format: ['bold', 'red'] });

const rowOf = (ran: readonly Ran[]): readonly Cell[] => {
  const [first] = ran;
  const unverified = ran.filter(({ outcome }) => !outcome.isVerified).length;
  return [
    first?.one.row ?? '',
    first?.one.often ?? '',
    String(ran.length),
    String(sum(ran, ({ verdicts }) => verdicts.length + 1)),
    zero(sum(ran, ({ resolvedWrongly }) => resolvedWrongly)),
    zero(sum(ran, ({ notifiedTwice }) => notifiedTwice)),
    String(sum(ran, ({ notifiedAgain }) => notifiedAgain)),
    zero(sum(ran, ({ lost }) => lost)),
    unverified === 0 ? 'green' : { text: `${unverified} red`, format: ['bold', 'red'] },
    usersIn(ran),
    verdictsIn(ran),
  ];
};

/** `--NAME N`; throws where it is no whole number. */
const wholeOf = (name: string, text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError([`--${name} must be a whole number of 0 or more, got ${JSON.stringify(text)}`]);
};

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n + 1);

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string', default: '200' },
        fuzz: { type: 'string', default: '10000' },
        seed: { type: 'string' },
        only: { type: 'string', default: '' },
      },
    });
  } catch (error) {
    throw new UsageError([messageOf(error)]);
  }
};

const readFlags = (args: readonly string[]) => {
  const { values } = parsed(args);
  const { seed, only } = values;
  return {
    only,
    seeds: seed === undefined ? upTo(wholeOf('seeds', values.seeds)) : [wholeOf('seed', seed)],
    fuzzed: seed === undefined ? upTo(wholeOf('fuzz', values.fuzz)) : [wholeOf('seed', seed)],
  };
};

/** Every so many fuzzed listings one goes through a whole audit. */
const AUDIT_EVERY = 50;

/** Runs the matrix and the fuzzing, prints what came of them, and gives whether nothing was that must not be. */
export const runFaults = async (args: readonly string[], { out, err }: Pick<Io, 'out' | 'err'>): Promise<boolean> => {
  const { only, seeds, fuzzed } = readFlags(args);
  const began = performance.now();
  const cases = faultCases(seeds).filter(({ row, where }) => `${row} ${where}`.includes(only));
  const ran = await runAll(cases, (done) => err.redraw(`${done} of ${cases.length} cases`));
  err.redraw('');

  const rows = [...Map.groupBy(ran, ({ one }) => `${one.row} ${one.often}`).values()].map(rowOf);
  if (rows.length > 0) {
    out.write(table({ ...out, width: WIDTH }, HEADINGS, rows));
    out.line('* notified once more since it could not be known, or written down, that the alert was accepted');
  }
  const broken = ran.filter(({ outcome }) => outcome.problems.length > 0);
  for (const { one, outcome } of broken) {
    out.line(`\n${one.row} ${one.often} at ${one.where}, ${one.store}, seed ${one.seed}:`);
    for (const problem of outcome.problems) out.line(`  ${problem}`);
  }

  const inputsOf = (kind: FuzzKind): readonly number[] =>
    kind === 'audits' ? fuzzed.filter((_, n) => n % AUDIT_EVERY === 0) : fuzzed;
  const kinds = FUZZ_KINDS.filter((kind) => `fuzzed ${kind}`.includes(only) && fuzzed.length > 0);
  const results = await Promise.all(kinds.map((kind) => fuzz(kind, inputsOf(kind))));
  for (const { kind, cases: count, outcomes, problems } of results) {
    const words = [...outcomes].toSorted(([, a], [, b]) => b - a).map(([outcome, times]) => `${outcome} ${times}`);
    out.line(`\n${count} mutated ${kind}: ${words.join(', ')}`);
    for (const problem of problems) out.line(`  ${problem}`);
  }

  const tampered = await showTamperings(only, { out, err });
  const wrong = results.reduce((total, { problems }) => total + problems.length, broken.length + tampered.wrong);
  const seconds = Math.round((performance.now() - began) / 1000);
  const inputs = results.reduce((total, result) => total + result.cases, 0);
  if (ran.length + tampered.tamperings + inputs === 0)
    throw new UsageError([`--only must be part of what is played, got ${JSON.stringify(only)}`]);
  const all = `${ran.length} cases, ${tampered.tamperings} tamperings and ${inputs} mutated inputs`;
  out.line(`\n${all}, ${wrong} broken, ${seconds} s`);
  return wrong === 0;
};

if (import.meta.main) {
  const io = processIo();
  try {
    process.exitCode = (await runFaults(process.argv.slice(2), io)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.err.line(error.message);
    process.exitCode = EXIT.usage;
  }
}
