import { setImmediate } from 'node:timers/promises';
import { styleText } from 'node:util';
import { errorCode } from '../../core/text/error-code.ts';
import { messageOf } from '../../core/text/error-message.ts';
import type { Severity } from '../../rules/engine/severity.ts';

export type Format = Parameters<typeof styleText>[0];

/** The output of a command: a terminal, or a file or pipe that takes neither colour nor motion. */
export interface Terminal {
  write(text: string): void;
  /** A line, and its end. */
  line(text?: string): void;
  paint(format: Format, text: string): string;
  /** In columns. */
  readonly width: number;
  /** True where somebody is watching: lines may be drawn over. */
  readonly isWatched: boolean;
}

/** Narrower, and tables fall apart; wider, and lines are hard to follow. */
const MIN_WIDTH = 80;
const MAX_WIDTH = 120;

const isDumb = (env: NodeJS.ProcessEnv): boolean => env.TERM === 'dumb' || (env.CI ?? '') !== '';

/** Colours follow the stream, and NO_COLOR and FORCE_COLOR of the environment. */
export const terminalOn = (stream: NodeJS.WriteStream): Terminal => ({
  write: (text) => {
    stream.write(text);
  },
  line: (text = '') => {
    stream.write(`${text}\n`);
  },
  paint: (format, text) => styleText(format, text, { stream }),
  width: Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, stream.isTTY ? stream.columns : MAX_WIDTH)),
  isWatched: stream.isTTY && !isDumb(process.env),
});

export const SEVERITY_FORMATS: Readonly<Record<Severity, Format>> = {
  CRITICAL: ['bold', 'white', 'bgRed'],
  HIGH: ['bold', 'red'],
  MEDIUM: 'yellow',
  LOW: 'cyan',
  INFORMATIONAL: 'gray',
};

const CLEAR_LINE = '\r\u001b[2K';

/** Makes a line that is drawn over and over while something goes on; nothing at all where nobody watches. */
export const statusLine = ({ write, width, isWatched }: Terminal) => {
  const show = (text: string): void => {
    if (isWatched) write(`${CLEAR_LINE}${text.slice(0, width - 1)}`);
  };
  return { show, clear: () => show('') };
};

/** The streams and the environment that a command runs with. */
export interface Io {
  readonly out: Terminal;
  readonly err: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The streams of this process, and what became of them. */
export interface ProcessIo extends Io {
  /** Waits until all is written; gives the reason why stdout did not take it, but not that nobody reads it any more. */
  flushed(): Promise<string | undefined>;
}

/** Takes the streams and the environment of this process. One that takes nothing more ends no work. */
export const processIo = (): ProcessIo => {
  let failure: string | undefined;
  process.stdout.on('error', (error) => {
    failure ??= errorCode(error) ?? messageOf(error);
  });
  // Where it can't be said it can't be said.
  process.stderr.on('error', () => {});
  return {
    out: terminalOn(process.stdout),
    err: terminalOn(process.stderr),
    env: process.env,
    async flushed() {
      await new Promise<void>((resolve) => {
        process.stdout.write('', () => resolve());
      });
      // The event of a failure comes after the answer to the write.
      await setImmediate();
      return failure === 'EPIPE' ? undefined : failure;
    },
  };
};
