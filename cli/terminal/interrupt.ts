import { EXIT } from './exit-codes.ts';
import type { Io } from './terminal.ts';

/** A terminal that is closed or quit, and a machine that stops, end the work as Ctrl-C does. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** The running steps, the innermost last: a signal stops that alone, the next one the step around it. */
const stops: (() => void)[] = [];

const stopInnermost = (): void => stops.pop()?.();

/** Does work during which `stop` is called when somebody ends the process. */
const whileStoppedBy = async <T>(stop: () => void, work: () => Promise<T>): Promise<T> => {
  if (stops.length === 0) for (const signal of SIGNALS) process.on(signal, stopInnermost);
  stops.push(stop);
  try {
    return await work();
  } finally {
    const index = stops.indexOf(stop);
    if (index >= 0) stops.splice(index, 1);
    if (stops.length === 0) for (const signal of SIGNALS) process.off(signal, stopInnermost);
  }
};

/** Resolves when somebody ends the process, by Ctrl-C or by a signal. */
export const interrupted = (): Promise<void> =>
  new Promise((resolve) => void whileStoppedBy(resolve, () => new Promise<never>(() => {})));

/**
 * Does work that may be interrupted at any time: a run exists only once its manifest is written, which is the last
 * thing that is. The process then ends at once, as a run that is not complete.
 */
export const interruptible = <T>(io: Io, work: () => Promise<T>): Promise<T> =>
  whileStoppedBy(() => {
    io.err.line();
    io.err.line('interrupted: this is not complete, and says nothing of what it has not seen');
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
