import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../../core/config/errors.ts';
import { CODE_VERSION } from '../../core/model/version.ts';
import { errorCode } from '../../core/text/error-code.ts';
import { messageOf, nameAndMessageOf } from '../../core/text/error-message.ts';
import { oneLine, plainLine } from '../../core/text/plain-text.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

/** As many callers as tell the way to a fault. */
const MOST_FRAMES = 4;

const KINDS = [TypeError, RangeError, ReferenceError, SyntaxError] as const;

/**
 * Tells an error that only a mistake in the program makes from one that the world outside made: what systems and
 * services refuse has a code, and so has an address of theirs that is none.
 */
export const isFault = (error: unknown): boolean => {
  const code = errorCode(error) ?? 'ERR_';
  return KINDS.some((Kind) => error instanceof Kind) && code.startsWith('ERR_') && code !== 'ERR_INVALID_URL';
};

/** `core/verify/verify.ts:12:3`, the innermost first; no path of the machine, and nothing of its packages. */
const framesOf = (error: unknown): readonly string[] => {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return [...stack.matchAll(/(file:\/\/\S+?):(\d+:\d+)/g)]
    .map(([, url = '', place]) => `${relative(PROJECT, fileURLToPath(url))}:${place}`)
    .filter((frame) => !frame.startsWith('..') && !frame.startsWith('node_modules'))
    .slice(0, MOST_FRAMES);
};

/** The one line about a fault of the program's own: what it was, where, and what to send to whom. */
export const faultText = (error: unknown): string => {
  const frames = framesOf(error);
  const where = frames.length === 0 ? '' : ` at ${frames.join(' < ')}`;
  return `a fault of the program's own: ${plainLine(nameAndMessageOf(error), 400)}${where}; version ${CODE_VERSION}, Node ${process.version}, ${process.platform} ${process.arch}. Send this line and the command, without names and secrets, to those who maintain it`;
};

/** Tells how an error ends a command: its exit code, and what is told of it. */
export const failureOf = (error: unknown): { readonly code: ExitCode; readonly lines: readonly string[] } => {
  if (isFault(error)) return { code: EXIT.fault, lines: [faultText(error)] };
  const code = error instanceof UsageError || error instanceof ConfigError ? EXIT.usage : EXIT.notComplete;
  return { code, lines: messageOf(error).split('\n').map(oneLine) };
};
