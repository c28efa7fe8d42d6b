import { Worker } from 'node:worker_threads';
import { type Cell, table } from '../../cli/terminal/table.ts';
import type { Io } from '../../cli/terminal/terminal.ts';
import { type Tally, type Tried, WAYS } from './tampering.ts';
import { REASONS } from './tamperings.ts';

/** Histories that are tampered with, each on a thread of its own. */
const HISTORIES = [
  { name: 'tampering, unsigned', isSigned: false },
  { name: 'tampering, signed', isSigned: true },
] as const;

const tally = (workerData: Tally, onDone: (done: number) => void): Promise<readonly Tried[]> => {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Tried[]>();
  const worker = new Worker(new URL('tampering-worker.ts', import.meta.url), { workerData });
  worker.once('error', reject);
  worker.on('message', (message: number | readonly Tried[]) => {
    if (typeof message === 'number') onDone(message);
    else resolve(message);
  });
  return promise.finally(() => worker.terminate());
};

const rowOf = (name: string, tried: readonly Tried[]): readonly Cell[] => [
  name,
  String(tried.length),
  ...WAYS.map((way) => String(tried.filter(({ seenBy }) => seenBy.includes(way)).length)),
];

/** Lists what is not seen by `verify` alone, by the reason. */
const unseenLines = (tried: readonly Tried[]): readonly string[] => {
  const byReason = Map.groupBy(
    tried.filter(({ seenBy }) => !seenBy.includes('verify')),
    ({ reason = 'nobody knows why' }) => reason,
  );
  return [...byReason].flatMap(([reason, those]) => {
    const never = those.filter(({ seenBy }) => seenBy.length === 0).length;
    const counts = never === those.length ? 'by nothing' : `${never} of them by nothing`;
    return [
      `  ${those.length} not seen by verify alone, ${counts}: ${reason}`,
      ...[...Map.groupBy(those, ({ kind }) => kind)].map(([kind, ones]) => `    ${ones.length} ${kind}`),
    ];
  });
};

/** Tampers with histories as far as `only` says, prints what is seen of it, and gives how much is wrong, and how much was done. */
export const showTamperings = async (only: string, { out, err }: Pick<Io, 'out' | 'err'>) => {
  const histories = HISTORIES.filter(({ name }) => only.startsWith(name) || name.includes(only));
  const done = new Map<string, number>();
  const all = await Promise.all(
    histories.map(async (history) => {
      const tried = await tally({ ...history, only }, (count) => {
        done.set(history.name, count);
        err.redraw([...done].map((one) => one.join(' ')).join(', '));
      });
      return [history.name, tried] as const;
    }),
  );
  err.redraw('');
  let wrong = 0;
  for (const [name, tried] of all) {
    const kinds = Map.groupBy(tried, ({ kind }) => kind);
    const rows = [...kinds].map(([kind, those]) => rowOf(kind, those));
    out.line(`\n${name}: ${tried.length} of ${kinds.size} kinds, each in a folder and in a bucket, seen by`);
    out.write(table({ ...out, width: 160 }, ['kind', 'done', ...WAYS], [...rows, rowOf('all', tried)]));
    for (const line of unseenLines(tried)) out.line(line);
    for (const { kind, what, problems } of tried.filter((one) => one.problems.length > 0)) {
      wrong += 1;
      out.line(`${kind} ${what}: ${problems.join('; ')}`);
    }
  }
  const known = new Set(all.flatMap(([, tried]) => tried.flatMap(({ reason }) => reason ?? [])));
  for (const [, , reason] of 'tampering'.includes(only) ? REASONS : [])
    if (!known.has(reason)) {
      wrong += 1;
      out.line(`all is seen that was not, since ${reason}`);
    }
  return { wrong, tamperings: all.reduce((sum, [, { length }]) => sum + length, 0) };
};
