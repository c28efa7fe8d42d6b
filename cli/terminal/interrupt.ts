import { EXIT } from './exit-codes.ts';
import type { Io } from './terminal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Resolves when somebody ends the process, by Ctrl-C or by a signal. */
export const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve());
  });

/**
 * Does work that may be interrupted at any time: a run exists only once its manifest is written, which is the last
 * thing that is. The process then ends at once, as a run that is not complete.
 */
export const interruptible = async <T>(io: Io, work: () => Promise<T>): Promise<T> => {
  const end = (): never => {
    io.err.line();
    io.err.line('interrupted: the audit is not complete, and says nothing of what it has not seen');
    process.exit(EXIT.notComplete);
  };
  for (const signal of SIGNALS) process.once(signal, end);
  try {
    return await work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
  }
};

/**
 * Does work that has something to clear away: where it is interrupted its signal says so, and it is awaited. A second
 * interruption ends the process at once.
 */
export const stoppable = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
};
