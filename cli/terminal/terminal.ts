import { setImmediate } from 'node:timers/promises';
import { styleText } from 'node:util';
import { errorCode } from '../../core/text/error-code.ts';
import { messageOf } from '../../core/text/error-message.ts';
import { harmless, harmlessJson, oneLine } from '../../core/text/plain-text.ts';
import { asGiven, serialiseRecord } from '../../rules/engine/record.ts';
import type { Severity } from '../../rules/engine/severity.ts';

export type Format = Parameters<typeof styleText>[0];

/**
 * The output of a command: a terminal, or a file or pipe that takes neither colour nor motion. Whatever is written comes
 * out without controls, wherever it is from, all but line ends and the colours of `paint`.
 */
export interface Terminal {
  write(text: string): void;
  /** A line, and its end. */
  line(text?: string): void;
  paint(format: Format, text: string): string;
  /** Draws a line over the one that was drawn last, on a terminal that somebody watches. */
  redraw(text: string): void;
  /** In columns. */
  readonly width: number;
}

/** Narrower, and tables fall apart; wider, and lines are hard to follow. */
const MIN_WIDTH = 80;
const MAX_WIDTH = 120;

const isDumb = (env: NodeJS.ProcessEnv): boolean => env.TERM === 'dumb' || (env.CI ?? '') !== '';

const CLEAR_LINE = '\r\u001b[2K';

const COLOUR = /(\p{Cc}\[[\d;]*m)/u;

/** Colours follow the stream, and NO_COLOR and FORCE_COLOR of the environment. */
export const terminalOn = (stream: NodeJS.WriteStream): Terminal => {
  /** The colours that were painted with: no others get through. */
  const painted = new Set<string>();
  const clean = (text: string): string =>
    text
      .split(COLOUR)
      .map((part) => (painted.has(part) ? part : harmless(part)))
      .join('');
  const width = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, stream.isTTY ? stream.columns : MAX_WIDTH));
  const isWatched = stream.isTTY && !isDumb(process.env);
  return {
    write: (text) => {
      stream.write(clean(text));
    },
    line: (text = '') => {
      stream.write(`${clean(text)}\n`);
    },
    paint: (format, text) => {
      const parts = styleText(format, harmless(text), { stream }).split(COLOUR);
      for (const colour of parts.filter((_, index) => index % 2 === 1)) painted.add(colour);
      return parts.join('');
    },
    redraw: (text) => {
      if (isWatched) stream.write(`${CLEAR_LINE}${oneLine(text).slice(0, width - 1)}`);
    },
    width,
  };
};

export const SEVERITY_FORMATS: Readonly<Record<Severity, Format>> = {
  CRITICAL: ['bold', 'white', 'bgRed'],
  HIGH: ['bold', 'red'],
  MEDIUM: 'yellow',
  LOW: 'cyan',
  INFORMATIONAL: 'gray',
};

/** Writes a value as JSON, as programs read it; records in it as they were given, however deep they go. */
export const writeJson = (out: Pick<Terminal, 'line'>, value: unknown, indent = 2): void => {
  try {
    out.line(harmlessJson(JSON.stringify(value, asGiven, indent)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    out.line(harmlessJson(serialiseRecord(value)));
  }
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
