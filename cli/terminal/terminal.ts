import { styleText } from 'node:util';
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

/** Takes the streams and the environment of this process, which ends quietly when nobody reads its output any more. */
export const processIo = (): Io => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  return { out: terminalOn(process.stdout), err: terminalOn(process.stderr), env: process.env };
};
