import { EXIT } from './exit-codes.ts';
import type { Io } from './terminal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Resolves when somebody ends the process, by Ctrl-C or by a signal. */
export const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve());
  });

/** Does work during which `stop` is called when somebody ends the process; a second time ends it at once. */
const whileStoppedBy = async <T>(stop: () => void, work: () => Promise<T>): Promise<T> => {
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    return await work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
};

/**
 * Does work that may be interrupted at any time: a run exists only once its manifest is written, which is the last
 * thing that is. The process then ends at once, as a run that is not complete.
 */
export const interruptible = <T>(io: Io, work: () => Promise<T>): Promise<T> =>
  whileStoppedBy(() => {
    io.err.line();
    io.err.line('interrupted: the audit is not complete, and says nothing of what it has not seen');
    process.exit(EXIT.notComplete);
  }, work);

/** Does work that has something to clear away: where it is interrupted its signal says so, and it is awaited. */
export const stoppable = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  return whileStoppedBy(
    () => controller.abort(),
    () => work(controller.signal),
  );
};
